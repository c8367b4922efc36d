"""Who calls us: clients and their keys, signed requests, what was used before, and what production refuses.

It never logs, keeps or repeats a token, never trusts a key that a token brings along, and asks no network by itself:
whoever fetches key sets is handed in.
"""
