"""Systemic glucocorticoid exposure over the last 12 months, as prednisone equivalents; finished courses included.

What may have been taken and cannot be told how much makes a number a range, or unknown: never zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import inf

from cds.engine.fact import Cause, Fact, Known, Range, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.daily import Level, added, cumulative, days_at_least, has_several, levels, on_day
from cds.facts.glucocorticoid_days import Told, told
from cds.facts.sources import DRUG_SOURCES
from cds.facts.view import View

WINDOW = "glucocorticoid.window_days"
MG_IN_G = 1000.0
SEVERAL = (
    "several prescriptions of one drug: the newer may replace the older or be taken besides: "
    "the highest for sure, their sum at most"
)


@dataclass(frozen=True, slots=True)
class _Exposure:
    """The daily doses of the window, for sure and at most, and what they were read from.

    ``replaced``: at most, if of several prescriptions of one drug the highest replaces the others.
    """

    told: Told
    surely: tuple[Level, ...]
    at_most: tuple[Level, ...]
    replaced: tuple[Level, ...]


def _exposure(view: View) -> _Exposure:
    """What the chart tells within the window, read once for each view."""
    return view.once(_read)


def _read(view: View) -> _Exposure:
    first = view.days_before(view.number(WINDOW))
    read = told(view, first)
    surely = levels(read.surely, first, view.as_of)
    replaced = surely if read.at_most == read.surely else levels(read.at_most, first, view.as_of)
    several = has_several(read.at_most)
    return _Exposure(read, surely, levels(read.at_most, first, view.as_of, added) if several else replaced, replaced)


def _measured(view: View, counted: Callable[[tuple[Level, ...]], float], most: float, since: date) -> Fact:
    """The number for sure and at most: one value if they agree, a range if not, unknown if it could be anything.

    ``most`` is what it can be if something was not read; ``since`` is from when on a doubtful record matters.
    """
    found = _exposure(view)
    low, high = counted(found.surely), counted(found.at_most) if found.told.gap is None else most
    if low == high:
        return Known(low, found.told.seen if low else (), "; ".join(found.told.notes) if low else "")
    if low == 0 and high == most:
        return _unknown(found.told, since)
    whys = [doubt.why for doubt in found.told.doubts] + ([found.told.gap.why] if found.told.gap else [])
    whys += [SEVERAL] if counted(found.at_most) != counted(found.replaced) else []
    return Known(Range(low, high), found.told.seen, "; ".join(dict.fromkeys((*found.told.notes, *whys))))


def _unknown(found: Told, since: date) -> Unknown:
    doubts = [doubt for doubt in found.doubts if doubt.last >= since]
    if not doubts:
        return found.gap or Unknown("the dose is not known", Cause.NOT_STATED, found.seen)
    whys = dict.fromkeys(doubt.why for doubt in doubts)
    return Unknown("; ".join(whys), doubts[0].cause, tuple(dict.fromkeys(doubt.seen for doubt in doubts)))


@fact(
    "glucocorticoid.daily_mg", Type.NUMBER, words="systemic glucocorticoid today, as prednisone", unit="mg/d",
    reads=DRUG_SOURCES,
)  # fmt: skip
def daily_mg(view: View) -> Fact:
    """The dose of the day; 0 if everything was read and nothing tells of one."""
    return _measured(view, lambda found: on_day(found, view.as_of), inf, view.as_of)


@fact(
    "glucocorticoid.days_very_high", Type.NUMBER, words="days on a very high glucocorticoid dose in the last 12 months",
    unit="d", look_back=WINDOW, reads=DRUG_SOURCES,
)  # fmt: skip
def days_very_high(view: View) -> Fact:
    """Days with at least the very high daily dose."""
    return _days(view, "glucocorticoid.very_high_mg")


@fact(
    "glucocorticoid.days_low", Type.NUMBER, words="days on a glucocorticoid dose that counts in the last 12 months",
    unit="d", look_back=WINDOW, reads=DRUG_SOURCES,
)  # fmt: skip
def days_low(view: View) -> Fact:
    """Days with at least the lowest daily dose that counts."""
    return _days(view, "glucocorticoid.low_mg")


def _days(view: View, dose: str) -> Fact:
    mg, window = view.number(dose), view.number(WINDOW)
    return _measured(view, lambda found: float(days_at_least(found, mg)), window + 1, view.days_before(window))


@fact(
    "glucocorticoid.cumulative_g", Type.NUMBER, words="prednisone equivalent taken in the last 12 months", unit="g",
    look_back=WINDOW, reads=DRUG_SOURCES,
)  # fmt: skip
def cumulative_g(view: View) -> Fact:
    """Grams of prednisone equivalent over the window."""
    since = view.days_before(view.number(WINDOW))
    return _measured(view, lambda found: round(cumulative(found) / MG_IN_G, 6), inf, since)
