"""FHIR dates, full and partial: which days they may mean. No clock, and no zone: a day is the day that was written."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from cds.fhir.elements import Period

_WRITTEN: Final = re.compile(r"\s*(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?\s*", re.ASCII | re.DOTALL)
_PACKED: Final = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?:T?\d{2,}.*)?\s*", re.ASCII | re.DOTALL)
_LONGEST: Final = 64


class Span(NamedTuple):
    """The days that a date may mean, both included: ``2024-03`` is 1 to 31 March."""

    earliest: date
    latest: date


def span_of(when: str | None) -> Span | None:
    """The days that a FHIR date, dateTime or instant may mean; None if it is none or impossible (``2023-02-30``).

    Dates in the future are dates. ``2024-3-5`` and ``20240305`` are read too; ``03/05/2024`` is not: it is two days.
    """
    return _read(when) if when and len(when) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _read(when: str) -> Span | None:
    """The days that the text may mean; remembered."""
    written = _WRITTEN.fullmatch(when) or _PACKED.fullmatch(when)
    if written is None:
        return None
    year, month, day = (int(part) if part else None for part in written.groups())
    try:
        return _span(year or 0, month, day)
    except ValueError:
        return None


def _span(year: int, month: int | None, day: int | None) -> Span:
    """All days of the year, of the month, or the one day. Raises ValueError if there is no such day."""
    if month is None:
        return Span(date(year, 1, 1), date(year, 12, 31))
    first = date(year, month, day or 1)
    return Span(first, first if day is not None else first.replace(day=monthrange(year, month)[1]))


def period_span(period: Period | None) -> Span | None:
    """From the first day that the start may mean to the last that the end may; an open end leaves the other alone.

    A period that ends before it starts is taken by its start. None if neither end is a date.
    """
    if period is None:
        return None
    start, end = span_of(period.start), span_of(period.end)
    if start is None or end is None:
        return start or end
    return Span(start.earliest, max(start.latest, end.latest))


def whole_months(earlier: date, later: date) -> int:
    """Completed calendar months from one day to the other; negative if they are the other way round."""
    if later < earlier:
        return -whole_months(later, earlier)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    return months if later.day >= min(earlier.day, monthrange(later.year, later.month)[1]) else months - 1
