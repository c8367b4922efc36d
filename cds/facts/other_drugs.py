"""Other drugs that matter to bone: hormone therapy, acid suppression, anticonvulsants, calcium and vitamin D."""

from __future__ import annotations

from cds.engine.fact import Fact, Known
from cds.facts.catalogue import Type, fact
from cds.facts.drug_use import any_of, history, recent
from cds.facts.search import presence
from cds.facts.sources import DRUG_SOURCES
from cds.facts.view import View

SUPPLIED = "drug.supplied_days"


def _taken(view: View, concept: str, days: str = SUPPLIED) -> Fact:
    """True while it is ordered or stated as taken, or was ordered, supplied or given within the look-back."""
    found = history(view, concept)
    return recent(found.hits, view.number(days), view.as_of, found.gap)


@fact(
    "drug.aromatase_inhibitor", Type.BOOL, words="aromatase inhibitor", look_back=SUPPLIED,
    reads=(*DRUG_SOURCES, "conditions"),
)  # fmt: skip
def aromatase_inhibitor(view: View) -> Fact:
    """By a drug, or by long-term use coded as a diagnosis."""
    coded = [it for it in view.conditions("long-term-aromatase-inhibitor").hits if it.active]
    if coded:
        return any_of(Known(True, tuple(it.seen for it in coded)), _taken(view, "aromatase-inhibitor"))
    return _taken(view, "aromatase-inhibitor")


@fact(
    "drug.androgen_deprivation", Type.BOOL, words="androgen deprivation (GnRH agonist or antagonist, abiraterone)",
    look_back="drug.androgen_deprivation_days", reads=DRUG_SOURCES,
)  # fmt: skip
def androgen_deprivation(view: View) -> Fact:
    """Depot injections work for months, so the look-back is theirs."""
    return _taken(view, "androgen-deprivation", "drug.androgen_deprivation_days")


@fact(
    "drug.hormone_therapy", Type.BOOL, words="hormone therapy that harms bone",
    reads=(*DRUG_SOURCES, "conditions"),
)  # fmt: skip
def hormone_therapy(view: View) -> Fact:
    """Either of the two."""
    return any_of(view["drug.aromatase_inhibitor"], view["drug.androgen_deprivation"])


@fact("drug.ppi", Type.BOOL, words="proton pump inhibitor", look_back=SUPPLIED, reads=DRUG_SOURCES)
def ppi(view: View) -> Fact:
    """Taken now or lately."""
    return _taken(view, "ppi")


@fact("drug.anticonvulsant", Type.BOOL, words="anticonvulsant that harms bone", look_back=SUPPLIED, reads=DRUG_SOURCES)
def anticonvulsant(view: View) -> Fact:
    """Taken now or lately."""
    return _taken(view, "bone-active-anticonvulsant")


@fact("drug.calcium_supplement", Type.BOOL, words="calcium supplement", look_back=SUPPLIED, reads=DRUG_SOURCES)
def calcium_supplement(view: View) -> Fact:
    """Taken now or lately, or in this draft."""
    return _supplement(view, "calcium-supplement")


@fact("drug.vitamin_d_supplement", Type.BOOL, words="vitamin D supplement", look_back=SUPPLIED, reads=DRUG_SOURCES)
def vitamin_d_supplement(view: View) -> Fact:
    """Native, active or in a combination: taken now or lately, or in this draft."""
    return _supplement(view, "vitamin-d")


def _supplement(view: View, concept: str) -> Fact:
    drafted = view.drafted_exposures(concept)
    return presence(drafted, "in this draft") if drafted.hits else _taken(view, concept)
