"""What the prescriber reads: a decision as few, short, safe cards. Nothing is decided here."""
