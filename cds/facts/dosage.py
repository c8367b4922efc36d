"""Dose × frequency: what dosage instructions come to in milligrams a day, and on which days.

Structured dose and timing come first, plain English second. A dose that is not stated stays unknown (``mg_per_day`` is
None and ``why`` says what is missing); it is never taken for zero, and two readings of one dose are never mixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cds.facts.frequency import DAYS_IN, ONCE, RANGED, SPREAD, Times, times
from cds.facts.instruction import LONGEST, states_an_amount, states_times, tells_of_changes
from cds.facts.sig import AS_NEEDED, Said, said, times_a_day
from cds.facts.strength import (
    MILLIGRAMS,
    MILLILITRES,
    MOST,
    PIECES,
    SAME_WITHIN,
    UNSTATED,
    Strength,
    milligrams,
    plain_unit,
)
from cds.fhir.elements import Dosage, DoseAndRate, Quantity, Timing
from cds.fhir.when import span_of

SEVERAL = "several amounts are stated: the highest is counted"
TAPER_UNREAD = "its text tells of changing doses that could not be read: the structured dose is counted"
NO_DOSE = "no dose is stated"
UNREAD = "its instruction could not be read"
UNSTATED_TIMES, UNREAD_TIMES = "how often it is taken is not stated", "how often it is taken could not be read"
CONTRADICTS = "the times of day in its text contradict its timing"
TOO_LONG = "its instructions are too long to be read"


@dataclass(frozen=True, slots=True)
class Product:
    """What the drug is called, and its strength."""

    names: tuple[str, ...] = ()
    strength: Strength = UNSTATED


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on one daily dose; ``mg_per_day`` None: not stated, and ``why``. ``last`` None: no end is stated."""

    first: date
    last: date | None
    mg_per_day: float | None
    notes: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """One instruction as read, before it is given its days."""

    mg_per_day: float | None
    days: int | None = None
    notes: tuple[str, ...] = ()
    why: str = ""


def stretches(dosages: Sequence[Dosage], product: Product, start: date, end: date | None) -> tuple[Stretch, ...]:
    """The instructions laid out from ``start``: later sequence numbers after earlier ones, equal ones side by side."""
    if not dosages:
        return (Stretch(start, end, None, why=NO_DOSE),)
    laid: list[Stretch] = []
    begin = start
    for group in _in_sequence(dosages):
        side_by_side = [each for dosage in group for each in _laid_out(dosage, product, begin)]
        laid += side_by_side
        begin = _day_after(side_by_side, begin)
    return tuple(each for each in (_within(each, end) for each in laid) if each.last is None or each.last >= each.first)


def later(day: date, days: int) -> date:
    """So many days later, the last day of the calendar at most."""
    return day + timedelta(days=min(days, (date.max - day).days))


def _in_sequence(dosages: Sequence[Dosage]) -> Iterator[list[Dosage]]:
    numbers = sorted({dosage.sequence or 0 for dosage in dosages})
    return ([dosage for dosage in dosages if (dosage.sequence or 0) == number] for number in numbers)


def _day_after(side_by_side: Iterable[Stretch], begin: date) -> date:
    ends = [each.last for each in side_by_side]
    return later(max(last for last in ends if last), 1) if ends and all(ends) else begin


def _within(each: Stretch, end: date | None) -> Stretch:
    return each if end is None else replace(each, last=min(each.last or end, end))


def _laid_out(dosage: Dosage, product: Product, begin: date) -> Iterator[Stretch]:
    events = _events(dosage.timing)
    first, last = _bounds(dosage.timing, begin)
    for step in _steps(dosage, product):
        for day in events:
            yield Stretch(day, day, step.mg_per_day, step.notes, step.why)
        if events:
            continue
        ends = later(first, step.days - 1) if step.days else None
        stop = min((day for day in (ends, last) if day), default=None)
        yield Stretch(first, stop, step.mg_per_day, step.notes, step.why)
        first = later(ends, 1) if ends else first


def _events(timing: Timing | None) -> list[date]:
    spans = [span_of(text) for text in timing.event] if timing else []
    return [span.earliest for span in spans if span]


def _bounds(timing: Timing | None, begin: date) -> tuple[date, date | None]:
    repeat = timing.repeat if timing else None
    if repeat is None:
        return begin, None
    if repeat.bounds_period is not None:
        opened, closed = span_of(repeat.bounds_period.start), span_of(repeat.bounds_period.end)
        return opened.earliest if opened else begin, closed.latest if closed else None
    length = repeat.bounds_duration or (repeat.bounds_range.high if repeat.bounds_range else None)
    days = days_of(length)
    return begin, later(begin, days - 1) if days else None


def days_of(length: Quantity | None) -> int | None:
    """A duration in whole days, at least 1; None if it is absent or its unit is not one of time."""
    if length is None or not length.value or not 0 < length.value < MOST:
        return None
    names = {"hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}
    words = [(word or "").strip().lower() for word in (length.code, length.unit)]
    units = [names.get(word.rstrip("s"), word) for word in words if word] or ["d"]
    unit = next((unit for unit in units if unit in DAYS_IN), None)
    return max(1, round(length.value * DAYS_IN[unit])) if unit else None


def _steps(dosage: Dosage, product: Product) -> tuple[_Step, ...]:
    dose, notes, why = _dose(dosage.dose_and_rate, product.strength)
    how_often = times(dosage.timing)
    if dose is not None and how_often.per_day is not None and not tells_of_changes(dosage.text):
        return (_structured(dosage, dose, (*notes, *how_often.notes, *_assumed(dosage)), why, how_often),)
    clauses = said(dosage.text or "", product.names)
    if len(clauses) > 1:
        return tuple(_spoken(clause, product, ()) for clause in clauses)
    of_a_day = bool(clauses and clauses[0].moments) and how_often.per_day is None
    if how_often.per_day is None:
        how_often = _spoken_times(dosage, clauses)
    if clauses and (dose is None or of_a_day):
        return (_spoken(clauses[0], product, _assumed(dosage), how_often),)
    why = UNREAD if why == NO_DOSE and states_an_amount(dosage.text) else why or _why_no_times(dosage, clauses)
    unread = (TAPER_UNREAD,) if not clauses and tells_of_changes(dosage.text) else ()
    return (_structured(dosage, dose, (*notes, *how_often.notes, *_assumed(dosage), *unread), why, how_often),)


def _assumed(dosage: Dosage) -> tuple[str, ...]:
    as_needed = dosage.as_needed_boolean or dosage.as_needed_codeable_concept is not None
    return (AS_NEEDED,) if as_needed else ()


def _spoken_times(dosage: Dosage, clauses: Sequence[Said]) -> Times:
    """As its text says; a dose for certain days of which nothing more is said is one on each of them."""
    per_day = clauses[0].per_day if clauses else times_a_day(dosage.text or "")
    if per_day is None and _events(dosage.timing):
        return ONCE
    return Times(per_day, clauses[0].days if clauses else None)


def _why_no_times(dosage: Dosage, clauses: Sequence[Said]) -> str:
    code = dosage.timing.code if dosage.timing else None
    unread = (states_times(code.text) if code else False) or (not clauses and states_times(dosage.text))
    return UNREAD_TIMES if unread else UNSTATED_TIMES


def _structured(dosage: Dosage, dose: float | None, notes: tuple[str, ...], why: str, how_often: Times) -> _Step:
    ceiling = _most_a_day(dosage)
    if dose is not None and how_often.per_day is not None:
        daily = dose * how_often.per_day
        return _Step(min(daily, ceiling) if ceiling else daily, how_often.days, notes)
    if ceiling is not None:
        return _Step(ceiling, how_often.days, (*notes, AS_NEEDED) if AS_NEEDED not in notes else notes)
    return _Step(None, how_often.days, notes, _too_long(dosage) or why or UNSTATED_TIMES)


def _too_long(dosage: Dosage) -> str:
    """Why nobody knows what its text says; '' if it was looked at."""
    return TOO_LONG if len(dosage.text or "") > LONGEST else ""


def _most_a_day(dosage: Dosage) -> float | None:
    ratio = dosage.max_dose_per_period
    mass = milligrams(ratio.numerator) if ratio else None
    days = days_of(ratio.denominator) if ratio else None
    return mass / days if mass is not None and days else None


def _dose(amounts: Sequence[DoseAndRate], strength: Strength) -> tuple[float | None, tuple[str, ...], str]:
    """Milligrams of one dose, what was assumed, and why there is none."""
    quantities = [each.dose_quantity or (each.dose_range.high if each.dose_range else None) for each in amounts]
    stated = [quantity for quantity in quantities if quantity is not None and quantity.value is not None]
    known = [mass for mass in (milligrams(quantity, strength) for quantity in stated) if mass is not None]
    if not known:
        return None, (), _why_no_dose(stated)
    ranged = any(each.dose_range and each.dose_range.low for each in amounts)
    several = max(known) - min(known) > SAME_WITHIN * max(known)
    return max(known), ((RANGED,) if ranged else ()) + ((SEVERAL,) if several else ()), ""


def _why_no_dose(stated: Sequence[Quantity]) -> str:
    units = [plain_unit(quantity) for quantity in stated]
    if any("/" in unit for unit in units):
        return "the dose is stated by body size only"
    if any(unit in PIECES or unit in MILLILITRES for unit in units):
        return "the dose is stated in units of the product and its strength is not known"
    return "the unit of the dose could not be read" if units and not set(units) & set(MILLIGRAMS) else NO_DOSE


def _spoken(clause: Said, product: Product, notes: tuple[str, ...], structured: Times | None = None) -> _Step:
    dose = milligrams(
        Quantity(value=clause.amount, unit="1" if clause.unit == "piece" else clause.unit), product.strength
    )
    if clause.total_mg is not None:
        if dose is not None and abs(dose - clause.total_mg) > SAME_WITHIN * dose:
            return _Step(None, clause.days, why="the dose in its text contradicts the strength of the product")
        dose = clause.total_mg
    how_often = Times(clause.per_day) if structured is None or structured.per_day is None else structured
    if clause.moments:
        if how_often.per_day not in (1, clause.moments):
            return _Step(None, clause.days, why=CONTRADICTS)
        how_often = replace(how_often, per_day=1.0)
    told = tuple(dict.fromkeys((*clause.notes, *notes, *how_often.notes)))
    if dose is None:
        return _Step(None, clause.days, told, _why_no_dose([Quantity(value=1, unit="tablet")]))
    if how_often.per_day is None:
        return _Step(None, clause.days, told, UNSTATED_TIMES)
    spread = (SPREAD,) if how_often.per_day < 1 and SPREAD not in told else ()
    return _Step(dose * how_often.per_day, clause.days or how_often.days, told + spread)
