"""The catalogue of everything the rules may ask about a patient, and how each is read from the chart.

A fact is known with the resources it was seen in, or unknown with a reason. This room reads; it never judges, orders,
asks a server or looks at a clock. Importing any part of it loads every subject, so that the catalogue is always whole.
"""

from cds.facts.subjects import CATALOGUE, Facts

__all__ = ["CATALOGUE", "Facts"]
