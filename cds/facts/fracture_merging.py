"""Each fracture once, however often it is recorded.

Records of one site whose dates are close together are one fracture, unless their codes name different sides, bones or
vertebrae. After-care names the newest fracture that was there before, however long ago. Where it stays open whether two
records tell of one fracture, the second is kept as one that may be told before: never counted as sure, nor passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import msgspec

from cds.engine.fact import Span
from cds.facts.dates import is_open
from cds.facts.fracture import PELVIS, UNSTATED, Fracture, Fragility
from cds.facts.fracture_place import Match, furthest
from cds.facts.view import View

AGAIN: Final = "whether two records tell of one fracture is not clear"


def merged(view: View, told: Iterable[Fracture]) -> list[Fracture]:
    """Each fracture once: oldest first, those that are new before after-care, a place unstated after the places."""
    found: list[Fracture] = []
    for each in sorted(told, key=_in_order):
        matches = [match(view, each, other) for other in found]
        same = [number for number, it in enumerate(matches) if it is Match.SAME]
        if same:
            at = same[-1] if each.follows else same[0]
            found[at] = _joined(found[at], each)
        else:
            near = [other for other, it in zip(found, matches, strict=True) if it is Match.UNCLEAR]
            found.append(doubted(each) if any(other.counts for other in near) else each)
    return found


def doubted(it: Fracture) -> Fracture:
    """The same, and where it counted, unclear: it may have been told before."""
    return msgspec.structs.replace(it, fragility=Fragility.UNCLEAR, why=AGAIN) if it.counts else it


def _in_order(it: Fracture) -> tuple[bool, bool, bool, bool, date]:
    when = it.when
    return it.site == UNSTATED, it.follows, when is None, when is not None and is_open(when), _last(when)


def _last(when: Span | None) -> date:
    return when.latest if when else date.min


def match(view: View, each: Fracture, other: Fracture) -> Match:
    """Whether both records tell of one fracture; ``each`` comes later in order."""
    if each.history:
        return Match.SAME if other.counts else Match.APART
    if each.site not in (other.site, UNSTATED):
        return Match.APART
    place = each.place.match(other.place)
    if each.follows:
        return Match.SAME if place is not Match.APART and _was_before(view, other, each) else Match.APART
    if place is Match.APART and each.site == PELVIS:
        place = Match.UNCLEAR  # a ring that breaks on one side often breaks on the other
    return furthest(place, _in_time(view, each.when, other.when))


def _was_before(view: View, other: Fracture, each: Fracture) -> bool:
    """Whether the other may have been there when this after-care was recorded; mere records may come in disorder."""
    if each.when is None or other.when is None:
        return True
    late = 0.0 if other.onset_told else view.number("fracture.same_event_days")
    return other.when.earliest <= each.when.latest + timedelta(days=late)


def _in_time(view: View, one: Span | None, two: Span | None) -> Match:
    """Same if surely close together, or if one date only tells the other more exactly; undated is never apart."""
    if one is None or two is None:
        return Match.SAME
    limit = timedelta(days=view.number("fracture.same_event_days"))
    if max(two.earliest - one.latest, one.earliest - two.latest) > limit:
        return Match.APART
    if is_open(one) or is_open(two):
        return Match.SAME if abs(one.latest - two.latest) <= limit else Match.UNCLEAR
    surely = max(two.latest - one.earliest, one.latest - two.earliest) <= limit
    return Match.SAME if surely or _within(one, two) or _within(two, one) else Match.UNCLEAR


def _within(one: Span, two: Span) -> bool:
    return one.earliest >= two.earliest and one.latest <= two.latest


def _joined(one: Fracture, again: Fracture) -> Fracture:
    """One fracture out of two records: the surer reading, what both dates leave, else the earlier.

    After-care alone does not tell how old the bone was that broke: it makes no injury a fragility fracture.
    """
    told = one if again.follows and not again.counts else max(one, again, key=lambda it: it.fragility.value)
    return Fracture(
        site=one.site,
        fragility=told.fragility,
        when=_when(one.when, again.when),
        seen=(*one.seen, *again.seen),
        why=told.why,
        history=one.history and again.history,
        follows=one.follows and again.follows,
        onset_told=one.onset_told or again.onset_told,
        place=one.place.joined(again.place),
    )


def _when(one: Span | None, two: Span | None) -> Span | None:
    if one is None or two is None:
        return one or two
    first, last = max(one.earliest, two.earliest), min(one.latest, two.latest)
    return Span(first, last) if first <= last else min(one, two, key=lambda it: it.earliest)
