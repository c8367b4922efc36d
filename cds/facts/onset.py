"""When a condition began, where its onset is told as an age: the days on which the patient was of that age.

It never guesses. An age without a unit of time, with a comparator, or of somebody whose birth date is not known gives
no date, and nor do words.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from cds.engine.fact import Span
from cds.facts.dates import days_of
from cds.fhir.elements import Quantity, QuantityRange
from cds.fhir.resources import Condition
from cds.fhir.units import unit_of

_Step = Callable[[date, int], date]
_DAY: Final = timedelta(days=1)


def is_told_otherwise(it: Condition) -> bool:
    """Whether an onset is told in another way than by a readable date; asked only where no such date stands."""
    return bool(it.onset_date_time or it.onset_string) or it.onset_age is not None or it.onset_range is not None


def onset_by_age(it: Condition, born: Span | None, as_of: date) -> Span | None:
    """The days on which it may have begun by the age that is told; None if that age cannot be read or cannot be.

    It began no later than it was recorded, and not after ``as_of``.
    """
    days = _days(it, born) if born is not None else None
    recorded = days_of(it.recorded_date)
    last = min(recorded.latest, as_of) if recorded else as_of
    if days is None or days.earliest > min(days.latest, last):
        return None
    return Span(days.earliest, min(days.latest, last))


def _days(it: Condition, born: Span) -> Span | None:
    if it.onset_age is not None:
        return _of_age(it.onset_age, born)
    return _between_ages(it.onset_range, born) if it.onset_range is not None else None


def _between_ages(ages: QuantityRange, born: Span) -> Span | None:
    """From the first day of the lower age to the last of the higher; an end that is left out is birth, or open."""
    if ages.low is None and ages.high is None:
        return None
    first = _of_age(ages.low, born) if ages.low is not None else born
    last = _of_age(ages.high, born) if ages.high is not None else Span(born.latest, date.max)
    return Span(first.earliest, last.latest) if first and last else None


def _of_age(age: Quantity, born: Span) -> Span | None:
    """The days on which the patient had that many whole years, months, weeks or days."""
    step = _step(age)
    if step is None or age.value is None or age.comparator or age.value < 0:
        return None
    try:
        whole = int(age.value)
        return Span(step(born.earliest, whole), step(born.latest, whole + 1) - _DAY)
    except (OverflowError, ValueError):
        return None


def _step(age: Quantity) -> _Step | None:
    """How to count on in its unit; None if it has none, one that is not of time, or two that differ."""
    told = {unit_of(word) for word in (age.code, age.unit) if word}
    told.discard(None)
    return next((step for name, step in _STEPS.items() if told == {unit_of(name)}), None)


def _months_on(day: date, months: int) -> date:
    """The day so many months later; where that month is too short for it, the first of the next."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if day.day <= monthrange(year, month + 1)[1]:
        return date(year, month + 1, day.day)
    return date(year, month + 2, 1)


_STEPS: Final[dict[str, _Step]] = {
    "a": lambda day, years: _months_on(day, 12 * years),
    "mo": _months_on,
    "wk": lambda day, weeks: day + timedelta(weeks=weeks),
    "d": lambda day, days: day + timedelta(days=days),
}
