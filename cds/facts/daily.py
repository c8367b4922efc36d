"""Daily doses over time, told by one sweep over the days on which something changes.

Orders, statements, dispenses and administrations of one drug tell the same tablets over again: on each day the highest
of them counts, and one kind that states no dose (infinity) gives way to another that does. What belongs to one
prescription, and what was given on one day, adds up; different drugs add up. Two prescriptions of one drug may be a
replacement or an addition: both are counted, as asked. A renewal, which is the same dose again, is never an addition.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import inf

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """Milligrams a day of one drug from ``first`` to ``last``, both included, by the prescription ``told_by``.

    ``kind`` is order, statement, dispense or administration; ``mg`` is infinite if the dose is not stated.
    """

    drug: str
    kind: str
    told_by: str
    first: date
    last: date
    mg: float


@dataclass(frozen=True, slots=True)
class Level:
    """The whole daily dose from ``first`` to ``last``, both included."""

    first: date
    last: date
    mg: float

    @property
    def days(self) -> int:
        """How many days it lasted."""
        return (self.last - self.first).days + 1


def highest(now: Sequence[Taken]) -> float:
    """The dose of a day if the highest of the prescriptions of one drug replaces the others."""
    return _dose(now, lambda prescriptions: max(map(sum, prescriptions)))


def added(now: Sequence[Taken]) -> float:
    """The dose of a day if every prescription of one drug is taken besides the others, renewals excepted."""
    return _dose(now, _sum_of_different)


def levels(
    taken: Iterable[Taken], first: date, last: date, dose: Callable[[Sequence[Taken]], float] = highest
) -> tuple[Level, ...]:
    """The daily dose of the days from ``first`` to ``last`` on which there is any, in order."""
    starts, stops = _edges(taken, first, last)
    days = sorted({*starts, *stops})
    now: list[Taken] = []
    found = []
    for day, following in pairwise(days):
        now = [each for each in now if each not in stops[day]] + starts[day]
        if now:
            found.append(Level(day, following - ONE_DAY, dose(now)))
    return tuple(found)


def has_several(taken: Iterable[Taken]) -> bool:
    """Whether one kind of record tells of one drug in more than one prescription."""
    told = {(each.drug, each.kind, each.told_by) for each in taken}
    return len(told) > len({(drug, kind) for drug, kind, _ in told})


def _edges(
    taken: Iterable[Taken], first: date, last: date
) -> tuple[defaultdict[date, list[Taken]], defaultdict[date, list[Taken]]]:
    starts: defaultdict[date, list[Taken]] = defaultdict(list)
    stops: defaultdict[date, list[Taken]] = defaultdict(list)
    for each in taken:
        begin, end = max(each.first, first), min(each.last, last)
        if begin <= end:
            starts[begin].append(each)
            stops[end + ONE_DAY].append(each)
    return starts, stops


def _dose(now: Sequence[Taken], of_one_drug: Callable[[Sequence[Sequence[float]]], float]) -> float:
    doses: defaultdict[str, defaultdict[str, defaultdict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for each in now:
        doses[each.drug][each.kind][each.told_by].append(each.mg)
    return round(
        sum(_known(of_one_drug(list(told.values())) for told in kinds.values()) for kinds in doses.values()), 6
    )


def _sum_of_different(prescriptions: Sequence[Sequence[float]]) -> float:
    """Each dose as often as the one prescription that holds it most often."""
    different: Counter[float] = Counter()
    for doses in prescriptions:
        different |= Counter(doses)
    return sum(different.elements())


def _known(by_kind: Iterable[float]) -> float:
    known = [mg for mg in by_kind if mg != inf]
    return max(known, default=inf)


def days_at_least(found: Iterable[Level], mg: float) -> int:
    """On how many days the dose was that high or higher."""
    return sum(level.days for level in found if level.mg >= mg)


def cumulative(found: Iterable[Level]) -> float:
    """Milligrams in all."""
    return sum(level.days * level.mg for level in found)


def on_day(found: Iterable[Level], day: date) -> float:
    """The dose on that day, 0 if none."""
    return next((level.mg for level in found if level.first <= day <= level.last), 0.0)
