"""Journalled decisions made once more. It decides as the service does, and writes to nobody."""
