"""``charts.md``: small charts as table rows, and what is read from them. The proof of every number that facts read.

Reads rows and holds what comes out against them; decides nothing, and knows no number and no code of its own.
"""
