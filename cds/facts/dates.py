"""Dates as FHIR text and as spans of days."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

from cds.engine.fact import Span
from cds.fhir.elements import Period
from cds.fhir.when import period_span, span_of

Dated = tuple[str | Period | None, ...]
LONG_AGO: Final = (date.min, date.min)
_DAY: Final = 10


def span(*dated: str | Period | None) -> Span | None:
    """The days that the first readable date or period may mean; None if none is readable."""
    for each in dated:
        if each:
            found = days_of(each) if isinstance(each, str) else _of_period(each)
            if found is not None:
                return found
    return None


@lru_cache(maxsize=4096)
def days_of(text: str | None) -> Span | None:
    """The days that the text may mean; None if it is no date; remembered."""
    days = span_of(text)
    return Span(*days) if days else None


def _of_period(period: Period) -> Span | None:
    days = period_span(period)
    return Span(*days) if days else None


def day_text(*dated: str | Period | None) -> str:
    """The first date as text, to the day; '' if there is none."""
    for each in dated:
        text = (each.start or each.end) if isinstance(each, Period) else each
        if text:
            return text[:_DAY]
    return ""


def up_to(last: Span | None) -> Span | None:
    """Any day, however long ago, that is not later than the last of these; None if there are none."""
    return Span(date.min, last.latest) if last else None


def is_open(when: Span) -> bool:
    """Whether only the last possible day is known."""
    return when.earliest == date.min


def first_day(when: Span | None) -> tuple[date, date]:
    """What spans are sorted by: the last possible day, then the first; long ago if there is no date."""
    return (when.latest, when.earliest) if when else LONG_AGO
