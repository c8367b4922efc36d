"""Bone drugs that the patient is on, has had, or is being ordered, by the indication that their dose is for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from cds.engine.fact import Cause, Fact, Known, Span, Unknown
from cds.facts.bone_products import (
    AGENT_SOURCES,
    ANTIRESORPTIVE,
    BISPHOSPHONATE,
    DENOSUMAB,
    DENOSUMAB_60,
    DENOSUMAB_120,
    ONCOLOGY,
    OSTEOPOROSIS,
    ZOLEDRONIC_4,
    ambiguous,
    on,
    product,
    untold,
)
from cds.facts.catalogue import Type, fact
from cds.facts.daily import ONE_DAY
from cds.facts.drug_use import any_of, any_since, by_name, history, is_broken_off, since, span_told
from cds.facts.search import Exposure, presence
from cds.facts.sources import DRUG_SOURCES
from cds.facts.view import View


@fact("drug.on_osteoporosis_agent", Type.BOOL, words="on a drug that treats osteoporosis", reads=AGENT_SOURCES)
def on_osteoporosis_agent(view: View) -> Fact:
    """Ordered, or its last dose still works."""
    return on(view, OSTEOPOROSIS)


@fact("drug.on_oncology_agent", Type.BOOL, words="on a bone drug at the oncology dose", reads=AGENT_SOURCES)
def on_oncology_agent(view: View) -> Fact:
    """Ordered, or its last dose still works."""
    return on(view, ONCOLOGY)


@fact("drug.bisphosphonate_active", Type.BOOL, words="on a bisphosphonate", reads=AGENT_SOURCES)
def bisphosphonate_active(view: View) -> Fact:
    """Any of them, by mouth or vein, ordered or still working."""
    return on(view, BISPHOSPHONATE)


@fact(
    "drug.zoledronic_oncology_active", Type.BOOL, words="on zoledronic acid 4 mg", look_back="drug.zoledronic_4_days",
    reads=AGENT_SOURCES,
)  # fmt: skip
def zoledronic_oncology_active(view: View) -> Fact:
    """The oncology dose, ordered or still working."""
    return on(view, ZOLEDRONIC_4)


@fact(
    "drug.denosumab_120_active", Type.BOOL, words="on denosumab 120 mg", look_back="drug.denosumab_120_days",
    reads=DRUG_SOURCES,
)  # fmt: skip
def denosumab_120_active(view: View) -> Fact:
    """The oncology dose, ordered or still working."""
    return on(view, DENOSUMAB_120)


_GIVEN, _STATED, _ORDERED, _BROKEN_OFF = range(4)
"""How well a record tells that there was a dose, the best first."""
ORDER_ONLY = "last order: whether it was given is not recorded"


@fact("drug.denosumab_60_last", Type.DATE, words="last denosumab 60 mg", reads=DRUG_SOURCES)
def denosumab_60_last(view: View) -> Fact:
    """The last day on which it was given or supplied; without such a record, stated or ordered; None if never.

    An order after that day is no dose: the note tells of it. A statement after it leaves open when the last dose was.
    Unknown if a later denosumab may have been this product.
    """
    found = history(view, DENOSUMAB)
    ours = [use for use in found.hits if DENOSUMAB_60 in product(view, use)]
    doubtful = untold(view, found.hits)
    if not ours:
        return ambiguous(doubtful) if doubtful else found.gap or Known(None)
    best = min(map(_worth, ours))
    dated = [(use.start, use) for use in ours if use.start and _worth(use) == best]
    if not dated:
        return Unknown("denosumab 60 mg bears no date", Cause.UNDATED, tuple(use.seen for use in ours))
    last, use = max(dated, key=lambda each: (each[0].latest, each[0].earliest))
    if any(_may_be_the_last(other, best, last) for other in doubtful):
        return ambiguous(doubtful)
    return _told(use, last, [each for each in ours if _is_later(each, last)])


def _worth(use: Exposure) -> int:
    if use.how in {"administration", "dispense"}:
        return _GIVEN
    if is_broken_off(use):
        return _BROKEN_OFF
    return _STATED if use.how == "statement" and use.status != "intended" else _ORDERED


def _is_later(use: Exposure, last: Span) -> bool:
    return use.start is not None and use.start.latest > last.latest


def _may_be_the_last(other: Exposure, best: int, last: Span) -> bool:
    """Whether more would have to be said of the last dose if this drug were of the same product."""
    return other.start is None or _is_later(other, last) or _worth(other) < best


def _told(use: Exposure, last: Span, later: Iterable[Exposure]) -> Known:
    """The day of that use, with a note on the newest later record, which does not tell of a dose.

    An order leaves the day as it is; a statement makes it any day up to its own.
    """
    worth = _worth(use)
    told = [(each.start.latest, each) for each in later if each.start and worth < _worth(each) < _BROKEN_OFF]
    stated = [(day, each) for day, each in told if _worth(each) == _STATED]
    newest = [max(stated or told, key=lambda each: each[0])[1]] if told else []
    until = max((day for day, _ in stated), default=last.latest)
    notes = [by_name([use]), ORDER_ONLY if worth >= _ORDERED else "", *map(_on_later, newest)]
    value = last.earliest if last.earliest == until else Span(last.earliest, until)
    return Known(value, (use.seen, *(each.seen for each in newest)), "; ".join(filter(None, notes)))


def _on_later(use: Exposure) -> str:
    said = "stated" if _worth(use) == _STATED else "ordered"
    return f"{said} again on {use.seen.when[:10]}: whether it was given then is not recorded"


@fact(
    "drug.follow_on_after_denosumab", Type.BOOL, words="another bone drug followed denosumab 60 mg", reads=DRUG_SOURCES
)
def follow_on_after_denosumab(view: View) -> Fact:
    """True if another antiresorptive was used after the last dose, or one is being ordered; None without denosumab.

    What was broken off is no follow-on unless it says from when to when it was taken.
    """
    last = view["drug.denosumab_60_last"]
    if isinstance(last, Unknown):
        return last
    if last.value is None:
        return Known(None)
    drafted = view.drafted_exposures(ANTIRESORPTIVE)
    if drafted.hits:
        return Known(True, drafted.seen, "in this draft")
    return _followed(view, span_told(last).latest + ONE_DAY, drafted.gap)


def _followed(view: View, first: date, gap: Unknown | None) -> Fact:
    """Whether another antiresorptive was used on ``first`` or later; a denosumab of untold dose leaves it open."""
    found = history(view, ANTIRESORPTIVE)
    others = [use for use in found.hits if DENOSUMAB_60 not in product(view, use) and not _was_cut_short(view, use)]
    doubtful = untold(view, (use for use in others if DENOSUMAB in use.concepts))
    told = any_since((use for use in others if use not in doubtful), first, view.as_of, found.gap or gap)
    if isinstance(told, Known) and told.value:
        return told
    in_question = [use for use in doubtful if since(use, first, view.as_of) is not False]
    return ambiguous(in_question) if in_question else told


def _was_cut_short(view: View, use: Exposure) -> bool:
    return is_broken_off(use) and not (use.end and use.end.latest <= view.as_of)


@fact("drug.antiresorptive_drafted", Type.BOOL, words="a bone drug is being ordered already")
def antiresorptive_drafted(view: View) -> Fact:
    """Any bone-protective or bone-building drug in the draft."""
    return presence(view.drafted_exposures(ANTIRESORPTIVE, OSTEOPOROSIS, ONCOLOGY))


@fact(
    "drug.prior_antiresorptive", Type.BOOL, words="a bisphosphonate or denosumab at any time",
    reads=AGENT_SOURCES,
)  # fmt: skip
def prior_antiresorptive(view: View) -> Fact:
    """Ever ordered, stated, supplied or given, or long-term use coded as a diagnosis."""
    return any_of(presence(history(view, ANTIRESORPTIVE)), presence(view.conditions("long-term-bisphosphonate")))
