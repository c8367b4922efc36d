"""Which bone product an order, supply or administration is: code, name or dose tells; else it is untold.

Denosumab is 60 mg (osteoporosis) or 120 mg (oncology), zoledronic acid 5 mg or 4 mg: one ingredient, two indications.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.drug_use import by_name, dateless, history, single_dose_mg, within
from cds.facts.problems import possibly
from cds.facts.search import Exposure, Search
from cds.facts.sources import DRUG_SOURCES
from cds.facts.strength import SAME_WITHIN
from cds.facts.view import View

ANTIRESORPTIVE, BISPHOSPHONATE, DENOSUMAB = "antiresorptive", "bisphosphonate", "denosumab"
OSTEOPOROSIS, ONCOLOGY = "osteoporosis-agent", "oncology-bone-agent"
DENOSUMAB_60, DENOSUMAB_120 = "denosumab-60mg-product", "denosumab-120mg-product"
ZOLEDRONIC, ZOLEDRONIC_5, ZOLEDRONIC_4 = "zoledronic-acid", "zoledronic-acid-5mg-product", "zoledronic-acid-4mg-product"

AGENT_SOURCES: Final = (*DRUG_SOURCES, "conditions")
"""Where it is told what a patient is on: long-term use of a bisphosphonate is coded as a condition too."""

WINDOWS: Final[Mapping[str, str]] = {
    DENOSUMAB_60: "drug.denosumab_60_days",
    DENOSUMAB_120: "drug.denosumab_120_days",
    ZOLEDRONIC_5: "drug.zoledronic_5_days",
    "iv-bisphosphonate-oncology": "drug.zoledronic_4_days",
    "ibandronate-iv": "drug.ibandronate_iv_days",
}
"""How long after a dose, order or supply of these the patient counts as being on them; any other: ``_ELSE``."""
_ELSE = "drug.supplied_days"
_MAY_BE = {
    DENOSUMAB: (DENOSUMAB_60, DENOSUMAB_120),
    ZOLEDRONIC: (ZOLEDRONIC_5, ZOLEDRONIC_4),
    BISPHOSPHONATE: (ZOLEDRONIC_5, ZOLEDRONIC_4, "ibandronate-iv", "alendronate"),
}
"""What a drug whose product is untold may be: the first that fits is looked up."""


def bone_drugs(view: View) -> Search[Exposure]:
    """Every bone drug that the chart tells of, up to ``as_of``."""
    return history(view, ANTIRESORPTIVE, OSTEOPOROSIS, ONCOLOGY)


def product(view: View, use: Exposure) -> frozenset[str]:
    """The concepts of the product: by code, else by the names beside the code, else by the dose."""
    told = use.concepts
    if not _is_untold(told):
        return told
    named = frozenset[str]().union(*map(view.codes.named_in, use.names))
    if not _is_untold(told | named):
        return told | named
    by_dose = _by_dose(view, told, single_dose_mg(view, use))
    return told | view.codes.lineage(by_dose) if by_dose else told


def _is_untold(told: frozenset[str]) -> bool:
    return ANTIRESORPTIVE in told and not told & {OSTEOPOROSIS, ONCOLOGY, "oral-bisphosphonate"}


def _by_dose(view: View, told: frozenset[str], mg: float | None) -> str:
    if mg is None:
        return ""
    if DENOSUMAB in told:
        doses = {"denosumab.osteoporosis_dose_mg": DENOSUMAB_60, "denosumab.oncology_dose_mg": DENOSUMAB_120}
    elif ZOLEDRONIC in told:
        if mg <= view.number("zoledronic.oncology_dose_mg"):
            return ZOLEDRONIC_4
        doses = {"zoledronic.osteoporosis_dose_mg": ZOLEDRONIC_5}
    else:
        return ""
    return next((it for dose, it in doses.items() if _same(mg, view.number(dose))), "")


def _same(mg: float, dose: float) -> bool:
    return abs(mg - dose) <= SAME_WITHIN * dose


def readings(view: View, use: Exposure) -> tuple[frozenset[str], ...]:
    """The concepts of each product that it may be: of one only, if code, name or dose tells."""
    told = product(view, use)
    drug = next((drug for drug in _MAY_BE if drug in told), "") if _is_untold(told) else ""
    return tuple(map(view.codes.lineage, _MAY_BE[drug])) if drug else (told,)


def window(view: View, told: frozenset[str], windows: Mapping[str, str] = WINDOWS) -> float:
    """How many days a dose, order or supply of that product counts."""
    return view.number(next((days for concept, days in windows.items() if concept in told), _ELSE))


def on(view: View, concept: str) -> Fact:
    """True while one of these drugs is ordered, or its last dose works; unknown if one may be, or was not read.

    Unknown too if the problem list says so of a bisphosphonate that no record tells of.
    """
    found = _recorded(view, concept)
    doubt = None if isinstance(found, Unknown) or found.value else view.once(unrecorded_bisphosphonate)
    return doubt if doubt and _may_be_bisphosphonate(view, concept) else found


def _may_be_bisphosphonate(view: View, concept: str) -> bool:
    return any(concept in view.codes.lineage(each) for each in _MAY_BE[BISPHOSPHONATE])


def unrecorded_bisphosphonate(view: View) -> Unknown | None:
    """Why the patient may be on a bisphosphonate although no record tells of one: its long-term use is coded.

    The code of a visit counts for as long as the longest-lasting dose that it may have been for.
    """
    coded = possibly(view, "long-term-bisphosphonate", days=view.number(WINDOWS[ZOLEDRONIC_5]))
    if isinstance(coded, Unknown) or not coded.value:
        return None
    recorded = _recorded(view, BISPHOSPHONATE)
    if isinstance(recorded, Known) and recorded.value:
        return None
    why = "the problem list says long-term use of a bisphosphonate, but no drug record tells which, or that it goes on"
    return Unknown(why, Cause.NOT_STATED, coded.seen_in)


def _recorded(view: View, concept: str) -> Fact:
    """What the drug records alone say."""
    found = bone_drugs(view)
    asked = [(use, _holds(view, use, concept)) for use in found.hits]
    certain = [use for use, holds in asked if holds is True]
    if certain:
        return Known(True, tuple(use.seen for use in certain), by_name(certain))
    untold = [use for use, holds in asked if holds == "untold"]
    if untold:
        return ambiguous(untold)
    undated = [use for use, holds in asked if holds is None]
    return dateless(undated) if undated else found.gap or Known(False)


def _holds(view: View, use: Exposure, concept: str) -> bool | str | None:
    held = [concept in it and within(use, window(view, it), view.as_of) for it in readings(view, use)]
    if len(held) == 1 or all(held):
        return held[0]
    return False if all(each is False for each in held) else "untold"


def ambiguous(uses: Iterable[Exposure]) -> Unknown:
    """Unknown, because neither code nor dose tells which product it is."""
    seen = tuple(use.seen for use in uses)
    refs = ", ".join(each.ref for each in seen)
    return Unknown(f"neither code nor dose tells which product it is: {refs}", Cause.AMBIGUOUS, seen)


def untold(view: View, uses: Iterable[Exposure]) -> tuple[Exposure, ...]:
    """Those of which nothing tells the product."""
    return tuple(use for use in uses if _is_untold(product(view, use)))
