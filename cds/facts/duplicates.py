"""Two antiresorptives that must not be combined, one of them in the draft.

The other is in the draft too, goes on, or was given, supplied or ordered so recently that it still works: as long as
that product does, whatever is drafted now. A switch when its next dose would be due is not a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from cds.engine.fact import Fact, Known, Seen, Unknown
from cds.facts.bone_products import (
    AGENT_SOURCES,
    ANTIRESORPTIVE,
    BISPHOSPHONATE,
    DENOSUMAB,
    DENOSUMAB_60,
    DENOSUMAB_120,
    WINDOWS,
    ZOLEDRONIC,
    ZOLEDRONIC_4,
    ZOLEDRONIC_5,
    ambiguous,
    bone_drugs,
    product,
    readings,
    unrecorded_bisphosphonate,
    untold,
    window,
)
from cds.facts.catalogue import Type, fact
from cds.facts.drug_use import dateless, within
from cds.facts.search import Exposure, Search
from cds.facts.view import View

_NEVER_BOTH: Final = ((DENOSUMAB_60, DENOSUMAB_120), (ZOLEDRONIC_5, ZOLEDRONIC_4), (BISPHOSPHONATE, DENOSUMAB))
_WINDOWS: Final[Mapping[str, str]] = {
    **WINDOWS,
    DENOSUMAB_60: "denosumab.interval_days",
    ZOLEDRONIC_5: "zoledronic.overlap_days",
}
"""How long what was given, supplied or ordered works on: until then an antiresorptive of another kind comes on top."""

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


class Pair(NamedTuple):
    """A draft and another draft or use; ``doubled`` says whether both must not be combined, None if nothing tells."""

    draft: Exposure
    other: Exposure
    doubled: bool | None


def _pairs(view: View) -> Iterator[Pair]:
    """Every draft with every other draft and every use on record."""
    drafts = view.drafted_exposures(ANTIRESORPTIVE).hits
    chart = [use for use in bone_drugs(view).hits if ANTIRESORPTIVE in use.concepts] if drafts else []
    for number, draft in enumerate(drafts, 1):
        yield from (Pair(draft, other, _doubled(view, draft, other)) for other in (*drafts[number:], *chart))


def _doubled(view: View, draft: Exposure, other: Exposure) -> bool | None:
    """Whether the other still works and must not be combined with the draft, whatever products the two may be."""
    if _is_renewal(view, draft, other):
        return False
    one, two = readings(view, draft), readings(view, other)
    held = [_clash(mine, its) and _works(view, other, its) for mine in one for its in two]
    return True if all(held) else False if all(each is False for each in held) else None


def _is_renewal(view: View, draft: Exposure, other: Exposure) -> bool:
    """Whether both are called the same, and nothing tells the product of one of them."""
    same = draft.concepts == other.concepts and set(draft.names) == set(other.names)
    return same and bool(untold(view, (draft, other)))


def _clash(one: frozenset[str], other: frozenset[str]) -> bool:
    return any({a, b} <= one | other and not {a, b} <= one and not {a, b} <= other for a, b in _NEVER_BOTH)


def _works(view: View, other: Exposure, its: frozenset[str]) -> bool | None:
    return other.how == "draft" or within(other, window(view, its, _WINDOWS), view.as_of)


def _names(view: View, uses: Iterable[Exposure]) -> frozenset[str]:
    found = (product(view, use) for use in uses)
    return frozenset(next((words for it, words in _WORDS.items() if it in told), "bisphosphonate") for told in found)


def _seen(uses: Iterable[Exposure]) -> tuple[Seen, ...]:
    return tuple(dict.fromkeys(use.seen for use in uses))


def _duplicates(view: View) -> tuple[Exposure, ...] | Unknown:
    """The drugs of every pair that must not be combined; unknown if there may be such a pair."""
    pairs = tuple(_pairs(view))
    doubled = tuple(use for pair in pairs if pair.doubled for use in (pair.draft, pair.other))
    if doubled:
        return doubled
    drafted = view.drafted_exposures(ANTIRESORPTIVE)
    doubt = next((_doubt(view, pair) for pair in pairs if pair.doubled is None), None) or _unrecorded(view, drafted)
    gap = drafted.gap or (bone_drugs(view).gap if drafted.hits else None)
    return doubt or gap or ()


def _doubt(view: View, pair: Pair) -> Unknown:
    of_product = untold(view, (pair.draft, pair.other))
    return ambiguous(of_product) if of_product else dateless([pair.other])


def _unrecorded(view: View, drafted: Search[Exposure]) -> Unknown | None:
    """Why a drafted denosumab may come on top of a bisphosphonate that no record tells of."""
    return view.once(unrecorded_bisphosphonate) if any(DENOSUMAB in use.concepts for use in drafted.hits) else None


@fact(
    "drug.duplicate_pair_drafted", Type.BOOL, words="two bone drugs that must not be combined, one in this draft",
    reads=AGENT_SOURCES,
)  # fmt: skip
def duplicate_pair_drafted(view: View) -> Fact:
    """True with both; false where the draft holds no antiresorptive, whatever else was read."""
    found = _duplicates(view)
    return found if isinstance(found, Unknown) else Known(bool(found), _seen(found))


@fact(
    "drug.duplicate_pair", Type.SET, words="the bone drugs that must not be combined",
    reads=AGENT_SOURCES,
)  # fmt: skip
def duplicate_pair(view: View) -> Fact:
    """Their names; empty if there is no such pair."""
    found = _duplicates(view)
    return found if isinstance(found, Unknown) else Known(_names(view, found), _seen(found))
