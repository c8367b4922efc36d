"""The fractures in a chart: each told once, where it was, when, and whether bone gave way that should have held.

What is coded as an injury counts as a fragility fracture from an age on, unless a high-energy cause or a fracture
through a tumour is coded with it. After-care and sequela codes (7th character) tell of a fracture that was there
before: on a day that is not known, but not later than their record.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from cds.engine.fact import Seen, Span, Unknown
from cds.facts.dates import up_to
from cds.facts.demographics import birth, years_between
from cds.facts.fracture import OTHER, SITES, UNSTATED, Fracture, Fragility
from cds.facts.fracture_merging import doubted, match, merged
from cds.facts.fracture_place import Match, is_aftercare, places_of
from cds.facts.problems import doubt_of
from cds.facts.search import ConditionSeen
from cds.facts.view import View

_THROUGH_TUMOUR: Final = "pathological-fracture-neoplastic"
_HIGH_ENERGY: Final = "high-energy-trauma"
_HISTORY: Final = "fragility-fracture-history"
YOUNGER: Final = "an injury at a younger age"


def fractures(view: View) -> tuple[Fracture, ...]:
    """Every fracture that may be a fragility fracture or is one, newest first; injuries that are none too."""
    hits = [hit for hit in view.conditions("fracture").hits if _is_told(hit)]
    if not hits:
        return ()
    voided = _voiding(view)
    told = [each for hit in hits for each in _read(view, hit, voided)]
    return tuple(sorted(merged(view, told), key=lambda it: it.when.latest if it.when else date.min, reverse=True))


def pathological(view: View) -> list[Fracture]:
    """The sure fractures through diseased bone; after-care only where no such fracture before it is on file."""
    hits = [hit for hit in view.conditions("pathological-fracture").hits if hit.certain]
    told = [_through_diseased_bone(view, hit) for hit in hits]
    new = [it for it in told if not it.follows]
    before = [it for it in told if it.follows and not any(match(view, it, other) is Match.SAME for other in new)]
    return new + before


def _is_told(hit: ConditionSeen) -> bool:
    """Whether the code speaks of bone that may have been fragile: not "healed traumatic", not "disease not told"."""
    return hit.by_name_only or "fragility-fracture" in hit.concepts or any(site in hit.concepts for site in SITES)


def _voiding(view: View) -> frozenset[Span]:
    """The days on which a high-energy cause or a fracture through a tumour is recorded."""
    hits = view.conditions(_HIGH_ENERGY, _THROUGH_TUMOUR).hits
    return frozenset(hit.when for hit in hits if hit.when is not None and hit.when.earliest == hit.when.latest)


def _read(view: View, hit: ConditionSeen, voided: frozenset[Span]) -> list[Fracture]:
    """What the record tells of: one fracture, and one more that is unclear for each further place that it names."""
    follows, history = _follows(hit), _HISTORY in hit.concepts
    when = _when(view, hit, follows)
    fragility, why = _fragility(view, hit, when, voided)
    if history or (when is not None and when.earliest > view.as_of):
        when = None
    seen, onset = (_seen(hit, follows),), hit.onset is not None
    whole = [
        Fracture(_site(hit), fragility, when, seen, why, history, follows, onset, place) for place in places_of(hit)
    ]
    return [*whole[:1], *map(doubted, whole[1:])]


def _through_diseased_bone(view: View, hit: ConditionSeen) -> Fracture:
    follows = _follows(hit)
    when, seen, onset = _when(view, hit, follows), (_seen(hit, follows),), hit.onset is not None
    return Fracture(OTHER, Fragility.NO, when, seen, follows=follows, onset_told=onset, place=places_of(hit)[0])


def _follows(hit: ConditionSeen) -> bool:
    return hit.onset is None and is_aftercare(hit)


def _when(view: View, hit: ConditionSeen, follows: bool) -> Span | None:
    """The onset, else the first record; of after-care any day up to its record."""
    if not follows:
        return hit.bounds
    recorded = hit.recorded
    return up_to(Span(recorded.earliest, min(recorded.latest, view.as_of))) if recorded else None


def _seen(hit: ConditionSeen, follows: bool) -> Seen:
    """Where it was seen, without the day of after-care: it would be taken for the day of the fracture."""
    return Seen(hit.seen.ref) if follows else hit.seen


def _site(hit: ConditionSeen) -> str:
    for site in SITES:
        if site in hit.concepts:
            return site
    return OTHER if "osteoporotic-fracture-other" in hit.concepts else UNSTATED


def _fragility(view: View, hit: ConditionSeen, when: Span | None, voided: frozenset[Span]) -> tuple[Fragility, str]:
    coded_fragile = "fragility-fracture" in hit.concepts
    if hit.by_name_only and _site(hit) == UNSTATED and _by_age(view, when)[0] is Fragility.NO:
        return Fragility.NO, YOUNGER
    if not hit.certain or hit.by_name_only:
        return Fragility.UNCLEAR, f"a fracture is {doubt_of(hit)}"
    if coded_fragile and "vertebral-collapse" not in hit.concepts:
        return Fragility.YES, ""
    if hit.concepts & {_HIGH_ENERGY, _THROUGH_TUMOUR} or hit.when in voided:
        return Fragility.NO, "a high-energy cause or a tumour is coded with it"
    return (Fragility.YES, "") if coded_fragile else _by_age(view, when)


def _by_age(view: View, when: Span | None) -> tuple[Fragility, str]:
    """An injury counts from an age on: the age at the fracture, not today's."""
    born = view.once(birth)
    if isinstance(born, Unknown):
        return Fragility.UNCLEAR, f"age at a fracture is not known: {born.why}"
    limit = view.number("fracture.fragility_from_age")
    age = years_between(born, when or Span(born.earliest, view.as_of))
    if age.low >= limit:
        return Fragility.YES, ""
    if age.high < limit:
        return Fragility.NO, YOUNGER
    return Fragility.UNCLEAR, "age at a fracture is not known: the date is missing or vague"
