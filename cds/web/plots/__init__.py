"""Plots as SVG, drawn on the server: pure functions from numbers and dates to markup.

Every plot has a title and a description for those who do not see it; colours come from the style sheet, by class. This
room knows nothing of medicine: what a line or a band means is handed in.
"""
