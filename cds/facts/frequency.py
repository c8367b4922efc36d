"""How many times a day: from structured timing, else from its code, with what had to be assumed said in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cds.facts.sig import once_only, times_a_day
from cds.facts.strength import MOST
from cds.fhir.elements import CodeableConcept, Repeat, Timing

DAYS_IN = {"s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.0, "a": 365.0}
"""Days in one FHIR unit of time; a month counts 30."""

SPREAD = "given less than once a day: averaged over the days between doses"
RANGED = "a range: counted at its highest"
NAMED = "its frequency and the days or times that it names differ: the more frequent is counted"
_CODED = {"AM": 1.0, "PM": 1.0, "BED": 1.0, "WK": 1 / 7, "MO": 1 / 30}


@dataclass(frozen=True, slots=True)
class Times:
    """Times a day (None: not stated), the days it lasts if a count of doses says so, and what was assumed."""

    per_day: float | None
    days: int | None = None
    notes: tuple[str, ...] = ()


NOT_STATED = Times(None)
ONCE = Times(1.0, 1)


def times(timing: Timing | None) -> Times:
    """Times a day by the repetition, else by the code."""
    if timing is None:
        return NOT_STATED
    found = _repeated(timing.repeat) if timing.repeat is not None else NOT_STATED
    return _coded(timing.code) if found.per_day is None and timing.code is not None else found


def _repeated(repeat: Repeat) -> Times:
    readings = _per_day(repeat)
    per_day = max(readings, default=0.0)
    count = repeat.count_max or repeat.count
    if not 0 < per_day < MOST:
        return ONCE if count == 1 else NOT_STATED
    notes: tuple[str, ...] = (SPREAD,) if per_day < 1 else ()
    if repeat.frequency_max and repeat.frequency_max != repeat.frequency:
        notes += (RANGED,)
    if not math.isclose(per_day, min(readings)):
        notes += (NAMED,)
    return Times(per_day, math.ceil(count / per_day) if count and 0 < count < MOST else None, notes)


def _per_day(repeat: Repeat) -> tuple[float, ...]:
    """What it comes to by its frequency and, if it names days or times, by these; none if nothing is stated."""
    moments = float(len(repeat.when) or len(repeat.time_of_day))
    frequency = repeat.frequency_max or repeat.frequency or moments
    weekly = len(set(repeat.day_of_week)) / 7
    if repeat.period and repeat.period_unit in DAYS_IN:
        days = repeat.period * DAYS_IN[repeat.period_unit]
        share = weekly if weekly and days <= 1 else 1.0
        return ((frequency or 1.0) / days * share, *_by_names(repeat, days))
    if weekly:
        return (weekly * (frequency or 1.0),)
    return (moments,) if moments else ()


def _by_names(repeat: Repeat, days: float) -> tuple[float, ...]:
    """Once on each weekday, or at each time of day, that is named."""
    weekdays, clock_times = len(set(repeat.day_of_week)), len(set(repeat.time_of_day))
    if weekdays and days > 1:
        return (weekdays * (clock_times or 1) / max(days, 7.0),)
    if clock_times and days <= 1:
        return (clock_times * (weekdays / 7 if weekdays else 1.0),)
    return ()


def _coded(code: CodeableConcept) -> Times:
    words = [word for coding in code.coding for word in (coding.code, coding.display) if word]
    for word in (*words, code.text or ""):
        if once_only(word):
            return ONCE
        per_day = _CODED.get(word) or times_a_day(word)
        if per_day is not None:
            return Times(per_day, None, (SPREAD,) if per_day < 1 else ())
    return NOT_STATED
