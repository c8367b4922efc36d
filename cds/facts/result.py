"""The result that decides: of one analyte the newest usable value in one unit, or the reason why there is none.

The newest day decides. A value that is too old, of an unknown unit or implausible is shown in the reason and never
used, and no older value is used in its place. Different values of one day become a Range that covers them all. A
preliminary value never makes a fact known; where it is as new as the final one it moves it towards the worse end only.
A status that was not sent is taken as final; registered results and results without a value never count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import takewhile
from typing import Final

import msgspec

from cds.engine.fact import Cause, Fact, Known, Range, Seen, Unknown
from cds.facts.interval import Number, high, hull, low, rounded, shown, surely_above, surely_below, within
from cds.facts.search import Observed, Search
from cds.facts.view import View
from cds.facts.written_number import as_quantity, converted
from cds.fhir.quantity import Unconvertible

FINAL: Final = frozenset({"final", "amended", "corrected", "appended", ""})
PRELIMINARY: Final = frozenset({"preliminary"})
Preliminary = tuple[Seen, Number]


@dataclass(frozen=True, slots=True, eq=False)
class Analyte:
    """What is looked for and how it is read.

    ``kind`` names the conversion of its unit, ``plausible`` the pair of parameters that bound what is believed,
    ``fresh`` the parameter that says how many days it is used ('' = ever), ``worse`` the more dangerous end.
    Results of the concept ``rather_not`` count only where there is no other of that day.
    """

    words: str
    concepts: tuple[str, ...]
    kind: str
    unit: str
    plausible: str
    fresh: str = ""
    worse: str = ""
    rather_not: str = ""


class Latest(msgspec.Struct, frozen=True, gc=False):
    """The newest results of an analyte: what they say, the last day they can be of, and the results themselves.

    ``pending`` are preliminary results that are at least as new.
    """

    fact: Fact
    day: date | None = None
    results: tuple[Observed, ...] = ()
    pending: tuple[Observed, ...] = ()

    @property
    def known(self) -> Known | None:
        """The fact if it is known."""
        return self.fact if isinstance(self.fact, Known) else None

    @property
    def number(self) -> Number | None:
        """The number if it is known."""
        value = self.fact.value if isinstance(self.fact, Known) else None
        return value if isinstance(value, float | Range) else None


def results(view: View, analyte: Analyte) -> Search[Observed]:
    """Every result of the analyte that holds a value, whatever its status, newest first."""
    return view.once(_results_of(analyte.concepts))


def latest(view: View, analyte: Analyte) -> Latest:
    """What the newest results say; unknown if newer ones may have been missed."""
    return view.once(_latest_of(analyte))


@lru_cache
def _results_of(concepts: tuple[str, ...]) -> Callable[[View], Search[Observed]]:
    """The reader of those results: one for each analyte, so that a view remembers what it read."""

    def read(view: View) -> Search[Observed]:
        search = view.observations(*concepts)
        if not any(hit.value is None for hit in search.hits):
            return search
        return Search(tuple(hit for hit in search.hits if hit.value is not None), search.gap, search.newest)

    return read


@lru_cache
def _latest_of(analyte: Analyte) -> Callable[[View], Latest]:
    """The reader of that analyte."""
    return lambda view: _read_latest(view, analyte)


def _read_latest(view: View, analyte: Analyte) -> Latest:
    search = results(view, analyte)
    if not search.hits:
        return Latest(search.gap or _nothing(analyte, search))
    first = next((hit for hit in search.hits if hit.status in FINAL), None)
    if first is None or first.when is None:  # the undated come last
        pending = tuple(hit for hit in search.hits if hit.status in PRELIMINARY)
        return Latest(search.gap or _nothing(analyte, search), pending=pending)
    since = first.when.earliest
    young = list(takewhile(lambda hit: last_day(hit) >= since, search.hits))
    newest = _of_first_choice([hit for hit in young if hit.status in FINAL], analyte.rather_not)
    day = last_day(newest[0])
    pending = tuple(hit for hit in young if hit.status in PRELIMINARY and last_day(hit) >= day)
    decided = search.gap if search.gap and not search.newest else _decided(view, analyte, newest, pending)
    return Latest(decided, day, newest, pending)


def nearest(view: View, analyte: Analyte, day: date, days: float) -> Latest:
    """What the results of the day closest to that day say; unknown if none lies within so many days of it."""
    search = results(view, analyte)
    dated = [(abs((hit.when.latest - day).days), hit) for hit in search.hits if hit.status in FINAL and hit.when]
    near = [(apart, hit) for apart, hit in dated if apart <= days]
    if not near:
        why = f"{analyte.words}: none within {days:g} days of {day.isoformat()}"
        return Latest(search.gap or Unknown(why, Cause.NEVER_MEASURED))
    closest = last_day(min(near, key=lambda each: each[0])[1])
    group = tuple(hit for _, hit in near if last_day(hit) == closest)
    decided = search.gap if search.gap and not search.newest else _decided(view, analyte, group, ())
    return Latest(decided, closest, group)


def believed(view: View, analyte: Analyte, value: Number) -> Number:
    """The value with open-ended bounds drawn in to what is plausible for the analyte."""
    return within(value, *plausible(view, analyte)) if isinstance(value, Range) else value


def number_of(view: View, analyte: Analyte, result: Observed) -> Number | Unknown:
    """The result's number in the analyte's unit, or why it has none that can be used; worked out once."""
    numbers, asked = view.once(_numbers), (analyte, id(result))
    if asked not in numbers:
        numbers[asked] = result, _number_of(view, analyte, result)
    return numbers[asked][1]


def _numbers(_: View) -> dict[tuple[Analyte, int], tuple[Observed, Number | Unknown]]:
    """What was worked out of each result, which is kept beside it so that its id stays its own."""
    return {}


def _number_of(view: View, analyte: Analyte, result: Observed) -> Number | Unknown:
    quantity = as_quantity(result.value)
    if quantity is None:
        return Unknown(f"{analyte.words}: the result is not a number", Cause.NOT_READABLE, (result.seen,))
    number = converted(quantity, analyte.kind, analyte.unit, result.reference_range)
    if isinstance(number, Unconvertible):
        return Unknown(f"{analyte.words}: unit not convertible ({number.why})", Cause.UNIT, (result.seen,))
    least, most = plausible(view, analyte)
    if number.__class__ is float and least <= number <= most:  # as nearly every result is
        return round(number, 2)
    if surely_below(number, least) or surely_above(number, most):
        told = f"{analyte.words} of {shown(number)} {analyte.unit}".removesuffix(" 1")
        return Unknown(f"{told} on {result.seen.when or 'no day'} is implausible", Cause.IMPLAUSIBLE, (result.seen,))
    return rounded(number)


def plausible(view: View, analyte: Analyte) -> tuple[float, float]:
    """The least and the most that is believed of the analyte."""
    return view.number(f"plausible.{analyte.plausible}_low"), view.number(f"plausible.{analyte.plausible}_high")


def not_fresh(view: View, analyte: Analyte, result: Observed) -> Unknown | None:
    """Why the result's date keeps it from being used; None if it is certainly recent enough."""
    when, words = result.when, analyte.words
    if when is None:
        return Unknown(f"{words}: the result has no date", Cause.UNDATED, (result.seen,))
    if when.earliest > view.days_before(-view.number("result.clock_skew_days")):
        return Unknown(f"{words}: dated in the future ({result.seen.when})", Cause.IMPLAUSIBLE, (result.seen,))
    days = int(view.number(analyte.fresh)) if analyte.fresh else None
    if days is None or when.earliest >= view.days_before(days):
        return None
    last = result.seen.when
    return Unknown(f"{words}: the last is of {last}, over {days} days ago", Cause.TOO_OLD, (result.seen,))


def _decided(view: View, analyte: Analyte, newest: tuple[Observed, ...], pending: tuple[Observed, ...]) -> Fact:
    for each in newest:
        stale = not_fresh(view, analyte, each)
        if stale:
            return stale
    numbers: list[Number] = []
    for each in newest:
        number = number_of(view, analyte, each)
        if isinstance(number, Unknown):
            return number
        numbers.append(number)
    value, seen = hull(numbers), tuple(each.seen for each in newest)
    if len(numbers) == 1 and not pending:
        return Known(value, seen)
    note = "" if len(set(map(str, numbers))) == 1 else "different values on one day"
    return worsened(analyte, Known(value, seen, note), value, numbers_of(view, analyte, pending))


def numbers_of(view: View, analyte: Analyte, some: tuple[Observed, ...]) -> list[Preliminary]:
    """The results that can be read, each as where it was seen and its number."""
    read = ((each.seen, number_of(view, analyte, each)) for each in some)
    return [(seen, number) for seen, number in read if not isinstance(number, Unknown)]


def worsened(analyte: Analyte, known: Known, value: Number, preliminary: list[Preliminary]) -> Known:
    """The fact, its range stretched to preliminary values that are worse."""
    worse = [(seen, number) for seen, number in preliminary if _is_worse(analyte, number, value)]
    if not worse:
        return known
    stretched = hull((value, *(number for _, number in worse)))
    return Known(stretched, (*known.seen_in, *(seen for seen, _ in worse)), "a newer preliminary result is worse")


def _is_worse(analyte: Analyte, number: Number, than: Number) -> bool:
    if analyte.worse == "low":
        return low(number) < low(than)
    return analyte.worse == "high" and high(number) > high(than)


def _nothing(analyte: Analyte, search: Search[Observed]) -> Unknown:
    """Why there is no dated final result."""
    if any(hit.status in FINAL for hit in search.hits):
        return Unknown(f"{analyte.words}: the only results have no date", Cause.UNDATED, search.seen)
    if any(hit.status in PRELIMINARY for hit in search.hits):
        return Unknown(f"{analyte.words}: only a preliminary result", Cause.NOT_STATED, search.seen)
    return Unknown(f"{analyte.words} was never measured", Cause.NEVER_MEASURED)


def last_day(result: Observed) -> date:
    """The last day that the result can be of; long ago if it has no date."""
    return result.when.latest if result.when else date.min


def _of_first_choice(same_day: list[Observed], rather_not: str) -> tuple[Observed, ...]:
    """The results of one day without the second-rate ones, if there are others."""
    return tuple([each for each in same_day if rather_not not in each.concepts] or same_day)
