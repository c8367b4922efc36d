"""What of the chart could not be read, by source: a failed read is never "no finding"."""

from __future__ import annotations

from typing import Final

from cds.engine.fact import Fact, Known
from cds.facts.catalogue import Type, fact
from cds.facts.sources import SOURCES
from cds.facts.view import View

SAFETY: Final = (
    "conditions", "allergies", "labs", "medicationRequests", "medicationStatements", "medicationAdministrations",
    "serviceRequests", "procedures", "observations",
)  # fmt: skip
"""The sources behind the gates and warnings: contraindications, allergies, calcium and kidney function, drugs already
given or ordered, orders already placed, procedures (dialysis), observations (weight, pregnancy, who cannot sit)."""

EVERY: Final = tuple(SOURCES)


@fact("reading.failed", Type.SET, words="what could not be read", reads=EVERY)
def failed(view: View) -> Fact:
    """The sources, in plain words, that failed, were not asked for, or were read only in part."""
    names = frozenset(SOURCES[name].words for name in EVERY if view.gap(name))
    return Known(names, note="; ".join(gap.why for name in EVERY if (gap := view.gap(name))))


@fact("reading.some_failed", Type.BOOL, words="something could not be read", reads=EVERY)
def some_failed(view: View) -> Fact:
    """Whether any source could not be read in full."""
    return Known(view.gap(*EVERY) is not None)


@fact("reading.safety_failed", Type.BOOL, words="a source that safety rests on could not be read", reads=SAFETY)
def safety_failed(view: View) -> Fact:
    """Whether a source that a gate or warning needs could not be read in full."""
    if view.gap(*SAFETY) is None:
        return Known(False)
    gaps = [gap for name in SAFETY if (gap := view.gap(name))]
    return Known(bool(gaps), note="; ".join(gap.why for gap in gaps))


@fact("decision.open", Type.BOOL, words="a question stays open")
def decision_open(_view: View) -> Fact:
    """False here: whether a question stays open is known only after the rules have been judged, which puts it in."""
    return Known(False)


@fact("decision.open_topics", Type.SET, words="questions that stay open")
def decision_open_topics(_view: View) -> Fact:
    """None here: they are known only after the rules have been judged, which puts them in."""
    return Known(frozenset())
