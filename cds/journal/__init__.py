"""What was shown and what became of it: the store behind repeats and overrides. It decides nothing."""
