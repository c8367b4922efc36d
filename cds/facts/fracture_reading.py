"""The fractures in a chart: each told once, where it was, when, and whether bone gave way that should have held.

What is coded as an injury counts as a fragility fracture from an age on, unless a high-energy cause or a fracture
through a tumour is coded with it. After-care and sequela codes (7th character) tell of a fracture that was there
before. What was recorded several times is one fracture: same site, dates close together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import Enum
from typing import Final

import msgspec

from cds.engine.fact import Seen, Span, Unknown
from cds.facts.demographics import birth, years_between
from cds.facts.problems import doubt_of
from cds.facts.search import ConditionSeen
from cds.facts.view import View
from cds.fhir.systems import ICD_10_CM, same_code

HIP, VERTEBRAL, LIMB, PELVIS = "fracture-hip", "fracture-vertebral", "fracture-forearm-humerus", "fracture-pelvis"
OTHER, UNSTATED = "other", "unstated"
MAJOR: Final = frozenset({HIP, VERTEBRAL})
LESSER: Final = frozenset({LIMB, PELVIS})

_SITES: Final = (HIP, VERTEBRAL, LIMB, PELVIS)
_THROUGH_TUMOUR: Final = "pathological-fracture-neoplastic"
_HIGH_ENERGY: Final = "high-energy-trauma"
_HISTORY: Final = "fragility-fracture-history"
YOUNGER: Final = "an injury at a younger age"
_NEW: Final = frozenset("ABC")
_SEQUELA: Final = "S"
_FULL_LENGTH: Final = 7


class Fragility(Enum):
    """Whether bone gave way that should have held."""

    YES = 3
    UNCLEAR = 2
    NO = 1


class Fracture(msgspec.Struct, frozen=True):
    """One fracture. ``why``: what keeps it unclear, or tells that it is none. ``history``: known only as past.

    ``aftercare``: the 7th character that tells of after-care or a sequela, '' for a new fracture.
    """

    site: str
    fragility: Fragility
    when: Span | None
    seen: tuple[Seen, ...]
    why: str = ""
    history: bool = False
    aftercare: str = ""
    onset_told: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is a fragility fracture."""
        return self.fragility is Fragility.YES

    @property
    def may_count(self) -> bool:
        """Whether it may be one, and that is not sure."""
        return self.fragility is Fragility.UNCLEAR


def fractures(view: View) -> tuple[Fracture, ...]:
    """Every fracture that may be a fragility fracture or is one, newest first; injuries that are none too."""
    voided = _voiding(view)
    told = [_read(view, hit, voided) for hit in view.conditions("fracture").hits if _is_told(hit)]
    return tuple(sorted(_merged(view, told), key=lambda it: it.when.latest if it.when else date.min, reverse=True))


def _is_told(hit: ConditionSeen) -> bool:
    """Whether the code speaks of bone that may have been fragile: not "healed traumatic", not "disease not told"."""
    return hit.by_name_only or "fragility-fracture" in hit.concepts or any(site in hit.concepts for site in _SITES)


def _voiding(view: View) -> frozenset[Span]:
    """The days on which a high-energy cause or a fracture through a tumour is recorded."""
    hits = view.conditions(_HIGH_ENERGY, _THROUGH_TUMOUR).hits
    return frozenset(hit.when for hit in hits if hit.when is not None and hit.when.earliest == hit.when.latest)


def _read(view: View, hit: ConditionSeen, voided: frozenset[Span]) -> Fracture:
    fragility, why = _fragility(view, hit, voided)
    when, history = hit.bounds, _HISTORY in hit.concepts
    if history or (when is not None and when.earliest > view.as_of):
        when = None
    told = hit.onset is not None
    return Fracture(_site(hit), fragility, when, (hit.seen,), why, history, _aftercare(hit), told)


def _site(hit: ConditionSeen) -> str:
    for site in _SITES:
        if site in hit.concepts:
            return site
    return OTHER if "osteoporotic-fracture-other" in hit.concepts else UNSTATED


def _fragility(view: View, hit: ConditionSeen, voided: frozenset[Span]) -> tuple[Fragility, str]:
    coded_fragile = "fragility-fracture" in hit.concepts
    if hit.by_name_only and _site(hit) == UNSTATED and _by_age(view, hit)[0] is Fragility.NO:
        return Fragility.NO, YOUNGER
    if not hit.certain or hit.by_name_only:
        return Fragility.UNCLEAR, f"a fracture is {doubt_of(hit)}"
    if coded_fragile and "vertebral-collapse" not in hit.concepts:
        return Fragility.YES, ""
    if hit.concepts & {_HIGH_ENERGY, _THROUGH_TUMOUR} or hit.when in voided:
        return Fragility.NO, "a high-energy cause or a tumour is coded with it"
    return (Fragility.YES, "") if coded_fragile else _by_age(view, hit)


def _by_age(view: View, hit: ConditionSeen) -> tuple[Fragility, str]:
    """An injury counts from an age on: the age at the fracture, not today's."""
    born = view.once(birth)
    if isinstance(born, Unknown):
        return Fragility.UNCLEAR, f"age at a fracture is not known: {born.why}"
    limit = view.number("fracture.fragility_from_age")
    age = years_between(born, hit.bounds or Span(born.earliest, view.as_of))
    if age.low >= limit:
        return Fragility.YES, ""
    if age.high < limit:
        return Fragility.NO, YOUNGER
    return Fragility.UNCLEAR, "age at a fracture is not known: the date is missing or vague"


def _aftercare(hit: ConditionSeen) -> str:
    """The 7th character that tells of after-care or a sequela of a fracture that was there before; '' if none does."""
    icd = [same_code(system, code) for system, code in hit.codings if system == ICD_10_CM]
    seventh = [code[-1] for code in icd if len(code) == _FULL_LENGTH]
    return "" if any(letter in _NEW for letter in seventh) else "".join(seventh[:1])


def _merged(view: View, told: Iterable[Fracture]) -> list[Fracture]:
    """Each fracture once: oldest first, those that are new before after-care, a place unstated after the places."""
    found: list[Fracture] = []
    for each in sorted(told, key=_in_order):
        at = next((number for number, other in enumerate(found) if _is_same(view, each, other)), None)
        if at is None:
            found.append(each)
        else:
            found[at] = _joined(found[at], each)
    return found


def _in_order(it: Fracture) -> tuple[bool, bool, bool, date]:
    return it.site == UNSTATED, bool(it.aftercare), it.when is None, it.when.earliest if it.when else date.min


def _is_same(view: View, each: Fracture, other: Fracture) -> bool:
    """Whether both records may tell of one fracture: what cannot be told apart is not counted twice."""
    if each.history:
        return other.counts
    if each.site not in (other.site, UNSTATED):
        return False
    if each.when is None or other.when is None:
        return True
    between = each.when.earliest - other.when.earliest
    if each.aftercare and not each.onset_told:
        soon = between <= timedelta(days=view.number("fracture.aftercare_days"))
        return between >= timedelta() and (soon or each.aftercare == _SEQUELA)
    return abs(between) <= timedelta(days=view.number("fracture.same_event_days"))


def _joined(one: Fracture, again: Fracture) -> Fracture:
    """One fracture out of two records: the surer reading, the earlier date."""
    surer = max(one, again, key=lambda it: it.fragility.value)
    dates = [it.when for it in (one, again) if it.when is not None]
    return Fracture(
        site=one.site,
        fragility=surer.fragility,
        when=min(dates, key=lambda it: it.earliest) if dates else None,
        seen=(*one.seen, *again.seen),
        why=surer.why,
        history=one.history and again.history,
        aftercare=again.aftercare if one.aftercare else "",
        onset_told=one.onset_told or again.onset_told,
    )
