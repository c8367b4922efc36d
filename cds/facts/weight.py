"""Body weight, for what is computed from it."""

from __future__ import annotations

from typing import Final

from cds.facts.result import Analyte, Latest, latest
from cds.facts.view import View

WEIGHT: Final = Analyte("body weight", ("weight",), "mass", "kg", "weight", "fresh.weight_days", "", "weight-stated")


def weight(view: View) -> Latest:
    """The latest body weight in kg; a measured one before one that the patient stated on the same day."""
    return latest(view, WEIGHT)
