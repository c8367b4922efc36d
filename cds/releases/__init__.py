"""Releases of the rule book: proposed, compared, checked, signed off by three people, tried, put in force, rolled back.

Each is a folder; each step is a signed entry in it and in the journal. Nothing here decides anything about a patient,
and nothing that was not signed off, or was touched since, is ever put in force.
"""
