"""Laboratory values that stand alone: vitamin D, albumin, parathyroid hormone."""

from __future__ import annotations

from typing import Final

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.calcium import albumin_of
from cds.facts.catalogue import Type, fact
from cds.facts.reference_range import Side, side_told
from cds.facts.result import Analyte, latest
from cds.facts.view import View

READS: Final = ("labs",)
VITAMIN_D: Final = Analyte(
    "25-OH vitamin D", ("vitamin-d-25oh",), "vitamin-d", "ng/mL", "vitamin_d", "fresh.vitamin_d_days", "low",
    rather_not="vitamin-d3-25oh",
)  # fmt: skip
PTH: Final = Analyte("parathyroid hormone", ("pth",), "pth", "pg/mL", "pth", "fresh.pth_days", "high")


@fact(
    "lab.vitamin_d", Type.NUMBER, words="25-OH vitamin D", unit="ng/mL",
    look_back="fresh.vitamin_d_days", reads=READS,
)  # fmt: skip
def vitamin_d(view: View) -> Fact:
    """The latest 25-hydroxyvitamin D, total before D3 alone."""
    return latest(view, VITAMIN_D).fact


@fact("lab.albumin", Type.NUMBER, words="albumin", unit="g/dL", look_back="fresh.calcium_days", reads=READS)
def albumin(view: View) -> Fact:
    """The albumin that calcium is corrected for."""
    return albumin_of(view).fact


@fact("lab.pth_high", Type.BOOL, words="parathyroid hormone above its laboratory's range",
      look_back="fresh.pth_days", reads=READS)  # fmt: skip
def pth_high(view: View) -> Fact:
    """True if the latest parathyroid hormone is above the range of its laboratory."""
    return above_own_range(view, PTH)


def above_own_range(view: View, analyte: Analyte) -> Fact:
    """True if the latest result is above its own laboratory's range; unknown where that sent neither range nor flag."""
    found = latest(view, analyte)
    if isinstance(found.fact, Unknown) and found.fact.cause is not Cause.UNIT:
        return found.fact
    sides = {side_told(each.value, each.reference_range, each.interpretation) for each in found.results}
    seen = tuple(each.seen for each in found.results)
    if None in sides and Side.ABOVE not in sides:
        return Unknown(f"{analyte.words}: the laboratory sent no range that tells", Cause.NOT_STATED, seen)
    return Known(Side.ABOVE in sides, seen)
