"""Two antiresorptives that must not be combined, one of them in the draft.

The other is in the draft too, has an active order or statement, or was given so recently that its own dosing interval
is not over. A switch when the next dose would be due is not a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.engine.fact import Fact, Known, Seen, Unknown
from cds.facts.bone_products import (
    ANTIRESORPTIVE,
    BISPHOSPHONATE,
    DENOSUMAB,
    DENOSUMAB_60,
    DENOSUMAB_120,
    ZOLEDRONIC,
    ZOLEDRONIC_4,
    ZOLEDRONIC_5,
    ambiguous,
    bone_drugs,
    product,
    untold,
)
from cds.facts.catalogue import Type, fact
from cds.facts.drug_use import within
from cds.facts.search import Exposure
from cds.facts.sources import DRUG_SOURCES
from cds.facts.view import View

_ONE_DRUG = {
    DENOSUMAB: (DENOSUMAB_60, DENOSUMAB_120, "drug.denosumab_120_days"),
    ZOLEDRONIC: (ZOLEDRONIC_5, ZOLEDRONIC_4, "drug.zoledronic_4_days"),
}
_INTERVALS = {
    DENOSUMAB_60: "denosumab.interval_days",
    DENOSUMAB_120: "drug.denosumab_120_days",
    ZOLEDRONIC_5: "zoledronic.overlap_days",
    ZOLEDRONIC_4: "drug.zoledronic_4_days",
}
"""How long one dose of a product works on: until then an antiresorptive of another kind comes on top of it."""

_WORDS = {
    DENOSUMAB_60: "denosumab 60 mg",
    DENOSUMAB_120: "denosumab 120 mg",
    ZOLEDRONIC_5: "zoledronic acid 5 mg",
    ZOLEDRONIC_4: "zoledronic acid 4 mg",
    DENOSUMAB: "denosumab",
    ZOLEDRONIC: "zoledronic acid",
    "alendronate": "alendronate",
    "risedronate": "risedronate",
    "ibandronate": "ibandronate",
    "pamidronate": "pamidronate",
    "clodronate": "clodronate",
}
Pair = tuple[Exposure, Exposure]


def _pairs(view: View) -> Iterator[Pair]:
    """Every draft with every other draft, active drug, or dose that still works."""
    drafts = view.drafted_exposures(ANTIRESORPTIVE).hits
    chart = [use for use in bone_drugs(view).hits if ANTIRESORPTIVE in use.concepts]
    for number, draft in enumerate(drafts):
        yield from ((draft, other) for other in drafts[number + 1 :])
        yield from ((draft, other) for other in chart if _together(view, draft, other))


def _together(view: View, draft: Exposure, other: Exposure) -> bool:
    if other.active:
        return True
    if other.how not in {"administration", "dispense"}:
        return False
    drug = next((drug for drug in _ONE_DRUG if drug in draft.concepts & other.concepts), "")
    told = [_INTERVALS[each] for each in product(view, other) if each in _INTERVALS]
    lasting = [_ONE_DRUG[drug][2]] if drug else told
    return any(within(other, view.number(name), view.as_of) is True for name in lasting)


def _clash(view: View, pair: Pair) -> bool:
    one, other = (product(view, use) for use in pair)
    if any({a, b} <= one | other and not {a, b} <= one and not {a, b} <= other for a, b, _ in _ONE_DRUG.values()):
        return True
    return (BISPHOSPHONATE in one and DENOSUMAB in other) or (DENOSUMAB in one and BISPHOSPHONATE in other)


def _may_clash(view: View, pair: Pair) -> bool:
    """Two uses of one drug, of which at least one is untold; not two that go by the same names."""
    one, other = pair
    same_drug = any(drug in one.concepts & other.concepts for drug in _ONE_DRUG)
    return same_drug and bool(untold(view, pair)) and set(one.names) != set(other.names)


def _names(view: View, uses: Iterable[Exposure]) -> frozenset[str]:
    found = (product(view, use) for use in uses)
    return frozenset(next((words for it, words in _WORDS.items() if it in told), "bisphosphonate") for told in found)


def _seen(pairs: Iterable[Pair]) -> tuple[Seen, ...]:
    return tuple(dict.fromkeys(use.seen for pair in pairs for use in pair))


def _duplicates(view: View) -> tuple[Pair, ...] | Unknown:
    pairs = tuple(_pairs(view))
    clashing = tuple(pair for pair in pairs if _clash(view, pair))
    if clashing:
        return clashing
    doubtful = [pair for pair in pairs if _may_clash(view, pair)]
    if doubtful:
        return ambiguous(dict.fromkeys(use for pair in doubtful for use in untold(view, pair)))
    drafted = view.drafted_exposures(ANTIRESORPTIVE)
    gap = drafted.gap or (bone_drugs(view).gap if drafted.hits else None)
    return gap or ()


@fact(
    "drug.duplicate_pair_drafted", Type.BOOL, words="two bone drugs that must not be combined, one in this draft",
    reads=DRUG_SOURCES,
)  # fmt: skip
def duplicate_pair_drafted(view: View) -> Fact:
    """True with both; false where the draft holds no antiresorptive, whatever else was read."""
    found = _duplicates(view)
    return found if isinstance(found, Unknown) else Known(bool(found), _seen(found))


@fact("drug.duplicate_pair", Type.SET, words="the bone drugs that must not be combined", reads=DRUG_SOURCES)
def duplicate_pair(view: View) -> Fact:
    """Their names; empty if there is no such pair."""
    found = _duplicates(view)
    if isinstance(found, Unknown):
        return found
    return Known(_names(view, (use for pair in found for use in pair)), _seen(found))
