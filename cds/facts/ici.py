"""The course of PD-1 or PD-L1 treatment: begun or continued, since when, and whether two checkpoints are blocked.

The course reaches back from the present to the first gap in treatment that is too long. The order that is being signed,
and whatever else is ordered on the same day, is not history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cds.engine.fact import Cause, Fact, Known, Range, Span, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.drug_use import any_of, by_name, dateless, history, last_day, recent, span_told, within
from cds.facts.orders import DUAL, PARTNERS, PD_1_OR_PD_L1, agents, drafted_ici
from cds.facts.search import Exposure
from cds.facts.sources import DRUG_SOURCES
from cds.facts.view import View
from cds.fhir.when import whole_months

INITIATION = "initiation"
CONTINUATION = "continuation"


@dataclass(frozen=True, slots=True)
class Course:
    """The uses that make up the present course, those before it, those that bear no date, and what was not read."""

    uses: tuple[Exposure, ...]
    earlier: tuple[Exposure, ...]
    undated: tuple[Exposure, ...]
    gap: Unknown | None

    @property
    def start(self) -> Span | None:
        """The days on which it may have begun; None if there is none, or no use in it bears a date."""
        starts = [use.start for use in self.uses if use.start]
        if not starts:
            return None
        return Span(min(start.earliest for start in starts), min(start.latest for start in starts))


def course(view: View) -> Course:
    """The present course as far as the chart tells."""
    return view.once(_present_course)


def _present_course(view: View) -> Course:
    return _course(view, view.as_of)


def followed_course(view: View) -> Course:
    """The present course; without one, the last that ended within the time of follow-up."""
    present = course(view)
    ended = max((day for use in present.earlier if (day := last_day(use, view.as_of))), default=None)
    if present.uses or ended is None or ended < view.days_before(view.number("ici.recent_days")):
        return present
    return _course(view, ended)


def _course(view: View, until: date) -> Course:
    """The course that goes on, or ended, on that day."""
    found = history(view, PD_1_OR_PD_L1)
    past = [(last_day(use, view.as_of), use) for use in found.hits if not _yet_to_come(use, view.as_of)]
    dated = [(last, use) for last, use in past if last is not None]
    undated = tuple(use for last, use in past if last is None)
    uses = _without_long_gap(dated, until, view.number("ici.course_gap_days"))
    in_course = set(map(id, uses))
    return Course(uses, tuple(use for _, use in dated if id(use) not in in_course), undated, found.gap)


def _yet_to_come(use: Exposure, as_of: date) -> bool:
    """An order of the very day, or only a plan."""
    if use.how != "order":
        return False
    planned = getattr(use.resource, "intent", None) == "plan"
    return planned or (use.start is not None and use.start.earliest >= as_of)


def _without_long_gap(dated: Iterable[tuple[date, Exposure]], until: date, most_days: float) -> tuple[Exposure, ...]:
    uses: list[Exposure] = []
    reached = until
    for last, use in sorted(dated, key=lambda each: each[0], reverse=True):
        if (reached - last).days > most_days:
            break
        uses.append(use)
        reached = min(reached, use.start.earliest if use.start else reached)
    return tuple(uses)


@fact(
    "ici.phase", Type.CODE, words="start or continuation of PD-1/PD-L1 treatment", look_back="ici.course_gap_days",
    reads=DRUG_SOURCES, codes=(INITIATION, CONTINUATION),
)  # fmt: skip
def phase(view: View) -> Fact:
    """Continuation if the chart tells of an ongoing course, initiation if it was fully read and tells of none."""
    found = course(view)
    if found.uses:
        return Known(CONTINUATION, tuple(use.seen for use in found.uses), by_name(found.uses))
    if found.undated:
        return dateless(found.undated)
    if found.gap:
        return Unknown(f"earlier PD-1/PD-L1 treatment cannot be ruled out: {found.gap.why}", found.gap.cause)
    note = "an earlier course ended too long ago to count" if found.earlier else ""
    return Known(INITIATION, tuple(use.seen for use in found.earlier), note)


@fact("ici.course_start", Type.DATE, words="start of the PD-1/PD-L1 course", reads=DRUG_SOURCES)
def course_start(view: View) -> Fact:
    """The first day of the course; None on initiation. With sources unread it is the latest day that it can be."""
    return _start(view, course(view))


@fact(
    "ici.followed_course_start", Type.DATE, words="start of the PD-1/PD-L1 course that is followed up",
    look_back="ici.recent_days", reads=DRUG_SOURCES,
)  # fmt: skip
def followed_course_start(view: View) -> Fact:
    """The first day of the present course or of one that ended within the time of follow-up; None without either."""
    return _start(view, followed_course(view))


def _start(view: View, found: Course) -> Fact:
    if not found.uses:
        started = view["ici.phase"]
        return started if isinstance(started, Unknown) else Known(None)
    seen = tuple(use.seen for use in found.uses)
    if found.start is None:
        return Unknown("the PD-1/PD-L1 orders bear no date", Cause.UNDATED, seen)
    one_day = found.start.earliest == found.start.latest
    note = f"at least since then: {found.gap.why}" if found.gap else ""
    return Known(found.start.earliest if one_day else found.start, seen, note)


@fact(
    "ici.months_on_treatment",
    Type.NUMBER,
    words="completed months of PD-1/PD-L1 treatment",
    unit="mo",
    reads=DRUG_SOURCES,
)
def months_on_treatment(view: View) -> Fact:
    """Completed months since the course began, 0 on initiation; a range where its start is not known to the day."""
    started = view["ici.course_start"]
    if isinstance(started, Unknown):
        return started
    if started.value is None:
        return Known(0.0)
    start = span_told(started)
    least, most = (float(whole_months(day, view.as_of)) for day in (start.latest, start.earliest))
    if started.note:
        return Known(Range(max(least, 0.0)), started.seen_in, started.note)
    return Known(most if least == most else Range(max(least, 0.0), most), started.seen_in)


@fact(
    "ici.dual", Type.BOOL, words="two checkpoints are blocked together", look_back="ici.dual_days", reads=DRUG_SOURCES
)
def dual(view: View) -> Fact:
    """True for a combined product, or a PD-1/PD-L1 inhibitor with a CTLA-4 or LAG-3 inhibitor, drafted or recent."""
    return any_of(_present(view, DUAL), _both(_present(view, PD_1_OR_PD_L1), _present(view, *PARTNERS)))


def _present(view: View, *concepts: str) -> Fact:
    drafted = view.drafted_exposures(*concepts)
    if drafted.hits:
        return Known(True, drafted.seen)
    found = history(view, *concepts)
    return recent(found.hits, view.number("ici.dual_days"), view.as_of, found.gap or drafted.gap)


def _both(one: Fact, other: Fact) -> Fact:
    for fact_ in (one, other):
        if isinstance(fact_, Known) and fact_.value is False:
            return fact_
    if isinstance(one, Known) and isinstance(other, Known):
        return Known(True, (*one.seen_in, *other.seen_in))
    return one if isinstance(one, Unknown) else other


@fact(
    "ici.agents",
    Type.SET,
    words="the checkpoint inhibitors of the course that is followed up and of the draft",
    reads=DRUG_SOURCES,
)
def ici_agents(view: View) -> Fact:
    """Their names, partners included; unknown if none is seen and something was not read."""
    days = view.number("ici.dual_days")
    partners = [use for use in history(view, *PARTNERS).hits if within(use, days, view.as_of)]
    found = followed_course(view)
    uses = (*drafted_ici(view), *view.drafted_exposures(*PARTNERS).hits, *found.uses, *partners)
    if not uses and found.gap:
        return found.gap
    return Known(frozenset[str]().union(*map(agents, uses)), tuple(use.seen for use in uses))


@fact(
    "ici.in_last_12_months", Type.BOOL, words="PD-1/PD-L1 treatment in the last 12 months", look_back="ici.recent_days",
    reads=DRUG_SOURCES,
)  # fmt: skip
def in_last_12_months(view: View) -> Fact:
    """True if the chart tells of a PD-1 or PD-L1 inhibitor ordered, supplied or given within the look-back."""
    found = history(view, PD_1_OR_PD_L1)
    return recent(found.hits, view.number("ici.recent_days"), view.as_of, found.gap)
