"""Numbers as results carry them: a quantity, a bare number, or a number written in a text (``<4 ng/mL``)."""

from __future__ import annotations

from collections.abc import Iterable

from cds.engine.fact import Range
from cds.facts.interval import Number
from cds.fhir.elements import Quantity, ReferenceRange
from cds.fhir.quantity import Interval, Unconvertible, in_unit, spoken


def as_quantity(value: object) -> Quantity | None:
    """The value as a quantity; None if it holds no number, or one that could be read in two ways (``1,200``)."""
    if isinstance(value, Quantity):
        return value if value.value is not None else None
    if isinstance(value, str):
        return spoken(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Quantity(value=float(value))
    return None


def converted(
    quantity: Quantity, kind: str, unit: str, ranges: Iterable[ReferenceRange] = ()
) -> Number | Unconvertible:
    """The quantity in that unit; one that names no unit has that of its reference range, if that names one."""
    found = in_unit(quantity, kind, unit, if_missing=_unit_of_ranges(ranges) if ranges else "")
    if isinstance(found, Interval):
        return Range(found.low, found.high, found.low_open, found.high_open)
    return found


def as_sent(quantity: Quantity) -> Number | None:
    """The quantity's number in its own unit, a Range if it has a comparator; None if nothing can be said."""
    if not quantity.comparator:
        return quantity.value
    found = converted(Quantity(value=quantity.value, comparator=quantity.comparator, code="1"), "", "1")
    return None if isinstance(found, Unconvertible) else found


def unit_text(quantity: Quantity) -> str:
    """The unit as sent, code before text, without differences of case and space; '' if none was sent."""
    return "".join((quantity.code or quantity.unit or "").split()).casefold()


def _unit_of_ranges(ranges: Iterable[ReferenceRange]) -> str:
    bounds = (bound for each in ranges for bound in (each.low, each.high) if bound)
    return next((unit for bound in bounds if (unit := (bound.code or bound.unit or "").strip())), "")
