"""A result held against the range that its own laboratory sent with it, in the laboratory's own unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final

from cds.facts.interval import Number, high, low, surely_above, surely_below
from cds.facts.written_number import as_quantity, as_sent, unit_text
from cds.fhir.elements import CodeableConcept, Quantity, ReferenceRange


class Side(Enum):
    """Where a result lies."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


FLAGS: Final = {
    **dict.fromkeys(("h", "hh", "hu", ">", "high", "critical high"), Side.ABOVE),
    **dict.fromkeys(("l", "ll", "lu", "<", "low", "critical low"), Side.BELOW),
    **dict.fromkeys(("n", "normal"), Side.WITHIN),
}
"""HL7 interpretation codes (v3 and v2-0078 spell them alike). A and AA name no side and are left out."""

_NUMBER: Final = r"(\d++(?:\.\d++)?+)"
WRITTEN_RANGE: Final = re.compile(rf"\s*+{_NUMBER}\s*+(?:-|–|to)\s*+{_NUMBER}\s*+([^\d\s]\S*+)?+\s*+")
LONGEST: Final = 200
"""A text of more characters than this is no range but a report, and tells no side."""


def side_told(value: object, ranges: Iterable[ReferenceRange], flags: Iterable[CodeableConcept]) -> Side | None:
    """Below or above if the number or the laboratory's flag says so, else within; None if neither tells."""
    quantity = as_quantity(value)
    number = None if quantity is None else as_sent(quantity)
    by_number = None if quantity is None or number is None else side_of(number, ranges, unit_text(quantity))
    told = {by_number, flagged(flags)}
    return next((each for each in (Side.BELOW, Side.ABOVE, Side.WITHIN) if each in told), None)


def side_of(number: Number, ranges: Iterable[ReferenceRange], unit: str) -> Side | None:
    """Where a number in that unit lies in the ranges of that unit; None without one, or where they disagree."""
    bounds = [each for each in map(_bounds, _normal(ranges)) if not unit or each[2] in ("", unit)]
    sides = {_place(number, bottom, top) for bottom, top, _ in bounds}
    return sides.pop() if len(sides) == 1 else None


def flagged(flags: Iterable[CodeableConcept]) -> Side | None:
    """The side that the laboratory's flags name; None if they name none, or two."""
    words = [word for flag in flags for word in (*(coding.code for coding in flag.coding), flag.text)]
    sides = {FLAGS[word.strip().lower()] for word in words if word and word.strip().lower() in FLAGS}
    return sides.pop() if len(sides) == 1 else None


def _normal(ranges: Iterable[ReferenceRange]) -> list[ReferenceRange]:
    """The ranges of healthy people: those with no type, or of type normal."""
    return [each for each in ranges if each.type is None or {c.code for c in each.type.coding} <= {"normal"}]


def _bounds(given: ReferenceRange) -> tuple[float | None, float | None, str]:
    """The lower and upper bound and their unit ('' if none is sent), from quantities or from the text."""
    if given.low is None and given.high is None:
        return _written_bounds(given.text or "")
    unit = next((unit_text(each) for each in (given.low, given.high) if each and unit_text(each)), "")
    return _number(given.low), _number(given.high), unit


def _written_bounds(text: str) -> tuple[float | None, float | None, str]:
    match = WRITTEN_RANGE.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None, None, ""
    return float(match[1]), float(match[2]), (match[3] or "").casefold()


def _number(bound: Quantity | None) -> float | None:
    return None if bound is None else bound.value


def _place(number: Number, bottom: float | None, top: float | None) -> Side | None:
    if bottom is not None and surely_below(number, bottom):
        return Side.BELOW
    if top is not None and surely_above(number, top):
        return Side.ABOVE
    above_bottom = bottom is None or low(number) >= bottom
    below_top = top is None or high(number) <= top
    return Side.WITHIN if (bottom, top) != (None, None) and above_bottom and below_top else None
