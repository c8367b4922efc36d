"""Bone drugs that the patient is on, has had, or is being ordered, by the indication that their dose is for."""

from __future__ import annotations

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.bone_products import (
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
from cds.facts.drug_use import any_of, by_name, history, last_day, span_told
from cds.facts.search import presence
from cds.facts.sources import DRUG_SOURCES
from cds.facts.view import View


@fact("drug.on_osteoporosis_agent", Type.BOOL, words="on a drug that treats osteoporosis", reads=DRUG_SOURCES)
def on_osteoporosis_agent(view: View) -> Fact:
    """Ordered, or its last dose still works."""
    return on(view, OSTEOPOROSIS)


@fact("drug.on_oncology_agent", Type.BOOL, words="on a bone drug at the oncology dose", reads=DRUG_SOURCES)
def on_oncology_agent(view: View) -> Fact:
    """Ordered, or its last dose still works."""
    return on(view, ONCOLOGY)


@fact("drug.bisphosphonate_active", Type.BOOL, words="on a bisphosphonate", reads=DRUG_SOURCES)
def bisphosphonate_active(view: View) -> Fact:
    """Any of them, by mouth or vein, ordered or still working."""
    return on(view, BISPHOSPHONATE)


@fact(
    "drug.zoledronic_oncology_active", Type.BOOL, words="on zoledronic acid 4 mg", look_back="drug.zoledronic_4_days",
    reads=DRUG_SOURCES,
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


@fact("drug.denosumab_60_last", Type.DATE, words="last denosumab 60 mg", reads=DRUG_SOURCES)
def denosumab_60_last(view: View) -> Fact:
    """The last day on which it was given, supplied or ordered; None if never.

    Unknown if a later denosumab may have been this product.
    """
    found = history(view, DENOSUMAB)
    ours = [use for use in found.hits if DENOSUMAB_60 in product(view, use)]
    dated = [(use.start, use) for use in ours if use.start]
    doubtful = untold(view, found.hits)
    if not ours:
        return ambiguous(doubtful) if doubtful else found.gap or Known(None)
    if not dated:
        return Unknown("denosumab 60 mg bears no date", Cause.UNDATED, tuple(use.seen for use in ours))
    last, use = max(dated, key=lambda each: (each[0].latest, each[0].earliest))
    if any(other.start is None or other.start.latest > last.latest for other in doubtful):
        return ambiguous(doubtful)
    note = "last order: whether it was given is not recorded" if use.how == "order" else by_name([use])
    return Known(last.earliest if last.earliest == last.latest else last, (use.seen,), note)


@fact(
    "drug.follow_on_after_denosumab", Type.BOOL, words="another bone drug followed denosumab 60 mg", reads=DRUG_SOURCES
)
def follow_on_after_denosumab(view: View) -> Fact:
    """True if another antiresorptive was used after the last dose, or one is being ordered; None without denosumab."""
    last = view["drug.denosumab_60_last"]
    if isinstance(last, Unknown):
        return last
    if last.value is None:
        return Known(None)
    drafted = view.drafted_exposures(ANTIRESORPTIVE)
    if drafted.hits:
        return Known(True, drafted.seen, "in this draft")
    given = span_told(last).latest
    found = history(view, ANTIRESORPTIVE)
    later = [
        use
        for use in found.hits
        if DENOSUMAB_60 not in product(view, use) and (day := last_day(use, view.as_of)) is not None and day > given
    ]
    if later:
        return Known(True, tuple(use.seen for use in later))
    return found.gap or drafted.gap or Known(False)


@fact("drug.antiresorptive_drafted", Type.BOOL, words="a bone drug is being ordered already")
def antiresorptive_drafted(view: View) -> Fact:
    """Any bone-protective or bone-building drug in the draft."""
    return presence(view.drafted_exposures(ANTIRESORPTIVE, OSTEOPOROSIS, ONCOLOGY))


@fact(
    "drug.prior_antiresorptive", Type.BOOL, words="a bisphosphonate or denosumab at any time",
    reads=(*DRUG_SOURCES, "conditions"),
)  # fmt: skip
def prior_antiresorptive(view: View) -> Fact:
    """Ever ordered, stated, supplied or given, or long-term use coded as a diagnosis."""
    return any_of(presence(history(view, ANTIRESORPTIVE)), presence(view.conditions("long-term-bisphosphonate")))
