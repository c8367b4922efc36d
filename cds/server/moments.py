"""Dates as searched by: each is the stretch of time that it may mean, in microseconds, the end left out.

A time without a zone is taken as UTC; so are the borders of a day, a month and a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

FOREVER: Final = 2**62
"""Later than any date; its negative is earlier than any."""

_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T(?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:\.(?P<part>\d+))?)?(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Stretch(NamedTuple):
    """From ``low``, included, to ``high``, left out."""

    low: int
    high: int


def instant(when: datetime) -> int:
    """The moment in microseconds."""
    return (when - _EPOCH) // _MICROSECOND


def written(moment: int) -> str:
    """The moment as a FHIR instant, to the millisecond."""
    return (_EPOCH + timedelta(microseconds=moment)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=8192)
def stretch(text: str) -> Stretch | None:
    """The stretch of time that the FHIR date, dateTime or instant may mean; None if it is no date."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    try:
        return _stretch(found)
    except (ValueError, OverflowError):
        return None


def _stretch(found: re.Match[str]) -> Stretch:
    """The stretch of the parts; raises ValueError if there is no such day or hour."""
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    if found["hour"] is None:
        first = instant(datetime(year, month, day, tzinfo=UTC))
        return Stretch(first, _after(year, month, day, found))
    second = min(int(found["second"] or 0), 59)  # a leap second is the last of its minute
    start = datetime.fromisoformat(
        f"{year:04}-{month:02}-{day:02}T{found['hour']}:{found['minute']}:{second:02}{_zone(found['zone'])}"
    )
    part = (found["part"] or "")[:6]
    low = instant(start) + int(part.ljust(6, "0"))
    step = 60_000_000 if found["second"] is None else 10 ** (6 - len(part))
    return Stretch(low, low + step)


def _after(year: int, month: int, day: int, found: re.Match[str]) -> int:
    """The beginning of the day, month or year after the one that is written."""
    if found["day"]:
        return instant(datetime(year, month, day, tzinfo=UTC)) + 86_400_000_000
    if found["month"]:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    else:
        year, month = year + 1, 1
    return FOREVER if year > 9999 else instant(datetime(year, month, 1, tzinfo=UTC))


def _zone(text: str | None) -> str:
    """The zone as Python reads it."""
    return "+00:00" if text in (None, "Z") else str(text)


def stretches(value: Any) -> Iterator[Stretch]:
    """Every stretch of time that a date, a Period or a Timing means."""
    if isinstance(value, str):
        found = stretch(value)
        if found:
            yield found
    elif isinstance(value, Mapping):
        yield from _period(value)
        for event in value.get("event") or ():
            yield from stretches(event)
        repeat = value.get("repeat")
        if isinstance(repeat, Mapping):
            yield from stretches(repeat.get("boundsPeriod"))


def _period(value: Mapping[str, Any]) -> Iterator[Stretch]:
    """The stretch of a Period; an end that is missing is open."""
    ends = [stretch(end) if isinstance(end, str) else None for end in (value.get("start"), value.get("end"))]
    start, end = ends
    if start or end:
        yield Stretch(start.low if start else -FOREVER, end.high if end else FOREVER)
