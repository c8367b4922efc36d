"""Three ways to ask whether a problem is there: ever, now, or possibly (to close a gate).

A condition that is only suspected (provisional, differential, unconfirmed), or known by its text alone, never makes
"ever" or "now" true: it leaves them unknown. "Possibly" counts it, because that errs towards not giving a drug.
"""

from __future__ import annotations

from collections.abc import Iterable

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.recognise import names_of
from cds.facts.search import ConditionSeen, Event, Search, presence
from cds.facts.view import View
from cds.fhir.resources import Condition


def ever(view: View, *concepts: str) -> Fact:
    """Whether the problem was ever recorded, resolved or not."""
    search = view.conditions(*concepts)
    return settled(search.hits, search.gap)


def now(view: View, *concepts: str) -> Fact:
    """Whether the problem is there and neither resolved, inactive nor abated."""
    search = view.conditions(*concepts)
    return settled([hit for hit in search.hits if hit.active], search.gap)


def possibly(view: View, *concepts: str, days: float | None = None) -> Fact:
    """Whether the problem may be there now. With ``days``, a visit's diagnosis that is older does not count."""
    search = view.conditions(*concepts)
    hits = tuple(hit for hit in search.hits if hit.active and not (days is not None and _is_past(view, hit, days)))
    return presence(Search(hits, search.gap), note_on(hits))


def possibly_ever(view: View, *concepts: str) -> Fact:
    """Whether the problem may be or have been there."""
    search = view.conditions(*concepts)
    return presence(search, note_on(search.hits))


def settled(hits: Iterable[ConditionSeen], gap: Unknown | None) -> Fact:
    """True if one is sure; unknown if some are doubtful only; else the gap; else false."""
    found = tuple(hits)
    sure = tuple(hit.seen for hit in found if hit.certain and not hit.by_name_only)
    if sure:
        return Known(True, sure)
    if found:
        return Unknown(f"only {doubt_of(found[0])}", Cause.AMBIGUOUS, tuple(hit.seen for hit in found))
    return gap or Known(False)


def doubt_of(hit: ConditionSeen) -> str:
    """In words, why the condition is not sure."""
    if not hit.certain:
        return "recorded as suspected, not confirmed"
    name = next(names_of((hit.resource.code,)), "")
    return f"recorded as text: “{name}”" if name else "recorded by a code without its system"


def note_on(hits: Iterable[ConditionSeen]) -> str:
    """What a reader should hear if none of them is sure, else ''."""
    found = tuple(hits)
    if not found or any(hit.certain and not hit.by_name_only for hit in found):
        return ""
    return f"only {doubt_of(found[0])}"


def any_of(*facts: Fact) -> Fact:
    """True if any is; else the first unknown; else false."""
    unknown = None
    for each in facts:
        if isinstance(each, Unknown):
            unknown = unknown or each
        elif each.value is True:
            return each
    return unknown or Known(False)


def with_events(fact: Fact, search: Search[Event]) -> Fact:
    """The fact, or the presence of an event that says the same."""
    return any_of(fact, presence(search))


def _is_past(view: View, hit: ConditionSeen, days: float) -> bool:
    """Whether it is of a visit, and both began and was recorded longer ago than that."""
    told = [each.latest for each in (hit.when, hit.recorded) if each is not None]
    return bool(told) and max(told) < view.days_before(days) and _is_of_a_visit(hit.resource)


def _is_of_a_visit(condition: Condition) -> bool:
    return any(coding.code == "encounter-diagnosis" for each in condition.category for coding in each.coding)
