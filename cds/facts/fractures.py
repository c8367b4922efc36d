"""Fractures, as the strata and the side-effect rule ask for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from math import inf
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Range, Seen, Span, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.dates import is_open
from cds.facts.fracture import LESSER, MAJOR, UNSTATED, VERTEBRAL, Fracture, Fragility
from cds.facts.fracture_reading import YOUNGER, fractures, pathological
from cds.facts.problems import ever
from cds.facts.recognise import has_codes
from cds.facts.sources import DRUG_SOURCES
from cds.facts.steroid_cover import cover
from cds.facts.view import View

_CONDITIONS: Final = ("conditions",)
_READS: Final = ("conditions", "patient")
_OSTEOLYTIC: Final = "osteolytic-lesion"


@fact("fracture.fragility_ever", Type.BOOL, words="fragility fracture, ever", reads=_READS)
def fragility_ever(view: View) -> Fact:
    """Whether there ever was a fragility fracture of any site."""
    return _any(view, view.once(fractures))


@fact("fracture.hip_or_vertebral_ever", Type.BOOL, words="fragility fracture of hip or spine, ever", reads=_READS)
def hip_or_vertebral_ever(view: View) -> Fact:
    """Whether there ever was one of hip or spine; unknown if only one of unstated site is recorded."""
    return _at_sites(view, MAJOR)


@fact(
    "fracture.lesser_site_ever", Type.BOOL, words="fragility fracture of pelvis, upper arm or forearm, ever",
    reads=_READS,
)  # fmt: skip
def lesser_site_ever(view: View) -> Fact:
    """Whether there ever was one of pelvis, proximal humerus or distal forearm; unknown if the site is unstated."""
    return _at_sites(view, LESSER)


@fact("fracture.fragility_count", Type.NUMBER, words="fragility fractures", unit="1", reads=_READS)
def fragility_count(view: View) -> Fact:
    """How many fragility fractures are recorded; a Range where some are unclear or more may be missing."""
    found, gap = view.once(fractures), view.gap("conditions")
    sure = [it for it in found if it.counts]
    unclear = [it for it in found if it.may_count]
    if not sure and (unclear or gap):
        return _unclear(unclear) if unclear else gap or Known(0)
    most = inf if gap else len(sure) + len(unclear)
    note = gap.why if gap else "; ".join(dict.fromkeys(it.why for it in unclear))
    return Known(len(sure) if most == len(sure) else Range(len(sure), most), _seen(sure), note)


@fact("fracture.last", Type.DATE, words="last fragility fracture", reads=_READS)
def last(view: View) -> Fact:
    """The date of the latest fragility fracture; None if there was none.

    Unknown where a later one may be hidden: undated, unclear or unread. That does not matter once the latest known one
    is recent.
    """
    found, gap = view.once(fractures), view.gap("conditions")
    latest = _latest(found)
    recent = view.days_before(view.number("fracture.recent_days"))
    if latest is not None and _days(latest).earliest >= recent:
        return latest
    hidden = [it for it in found if it.may_count and _may_be_later(it, latest)]
    undated = [it for it in found if it.counts and it.when is None]
    if hidden or gap:
        return _unclear(hidden) if hidden else gap or Known(None)
    if undated and (latest is None or not all(it.history for it in undated)):
        return Unknown("a fragility fracture is recorded without its date", Cause.UNDATED, _seen(undated))
    return latest or Known(None)


@fact("fracture.any_ever", Type.BOOL, words="any fracture in the past", reads=_CONDITIONS)
def any_ever(view: View) -> Fact:
    """Whether any fracture is recorded, fragile or not, healed or not; not those through a tumour."""
    return ever(view, "fracture")


@fact(
    "fracture.on_glucocorticoid", Type.BOOL, words="fragility fracture while on a glucocorticoid",
    reads=(*_READS, *DRUG_SOURCES),
)  # fmt: skip
def on_glucocorticoid(view: View) -> Fact:
    """Whether a systemic glucocorticoid was being taken on the day of a fragility fracture."""
    found = view.once(fractures)
    told = [cover(view, it.when, it.seen) for it in found if it.counts and not it.history]
    if any(isinstance(each, Known) and each.value is True for each in told):
        return next(each for each in told if isinstance(each, Known) and each.value is True)
    unclear = [it for it in found if it.may_count and _covered(view, it)]
    open_ones = [each for each in told if isinstance(each, Unknown)]
    if open_ones:
        return open_ones[0]
    return _unclear(unclear) if unclear else view.gap("conditions") or Known(False)


@fact(
    "fracture.new_on_course", Type.BOOL, words="new fragility or vertebral fracture since the course began",
    reads=(*_READS, *DRUG_SOURCES),
)  # fmt: skip
def new_on_course(view: View) -> Fact:
    """Whether a fragility or vertebral fracture is dated on or after the first day of the course."""
    found = view.once(fractures)
    sure = [(it.when, it.seen) for it in found if (it.counts and not it.history) or _is_young_spine(it)]
    unclear = [it for it in found if it.may_count and not _is_young_spine(it)]
    told = _on_course(view, sure)
    if isinstance(told, Known) and told.value is False and unclear:
        possible = _on_course(view, [(it.when, it.seen) for it in unclear])
        return told if isinstance(possible, Known) and possible.value is False else _unclear(unclear)
    return told


@fact(
    "fracture.pathological_on_course", Type.BOOL, words="new pathological fracture since the course began",
    reads=(*_READS, *DRUG_SOURCES),
)  # fmt: skip
def pathological_on_course(view: View) -> Fact:
    """Whether a fracture through a tumour or other diseased bone is dated on or after the first day of the course."""
    return _on_course(view, [(it.when, it.seen) for it in pathological(view)])


@fact(
    "fracture.osteolytic_on_course", Type.BOOL, words="new osteolytic lesion since the course began",
    reads=(*_READS, *DRUG_SOURCES),
)  # fmt: skip
def osteolytic_on_course(view: View) -> Fact:
    """Whether an osteolytic lesion is dated on or after the first day of the course, by codes the site configured."""
    if not has_codes(view.codes, _OSTEOLYTIC):
        return Known(False, note="no codes for osteolytic lesions are configured")
    hits = view.conditions(_OSTEOLYTIC).hits
    return _on_course(view, [(hit.bounds, (hit.seen,)) for hit in hits if hit.certain])


def _any(view: View, found: Iterable[Fracture]) -> Fact:
    found = tuple(found)
    sure = [it for it in found if it.counts]
    if sure:
        return Known(True, _seen(sure))
    unclear = [it for it in found if it.may_count]
    return _unclear(unclear) if unclear else view.gap("conditions") or Known(False)


def _at_sites(view: View, sites: Collection[str]) -> Fact:
    told = _any(view, (it for it in view.once(fractures) if it.site in sites))
    somewhere = [it for it in view.once(fractures) if it.site == UNSTATED and it.fragility is not Fragility.NO]
    if isinstance(told, Known) and told.value is False and somewhere:
        return Unknown("a fragility fracture is recorded without its site", Cause.NOT_STATED, _seen(somewhere))
    return told


def _on_course(view: View, dated: Iterable[tuple[Span | None, tuple[Seen, ...]]]) -> Fact:
    """Whether any of these lies on or after the first day of the course."""
    begun = view["ici.followed_course_start"]
    found = tuple(dated)
    if isinstance(begun, Unknown):
        return begun if found else view.gap("conditions") or Known(False)
    if begun.value is None:
        return Known(False, note="no course of a checkpoint inhibitor")
    start = _days(begun)
    unsure: tuple[Seen, ...] = ()
    for when, seen in found:
        if when is not None and when.earliest >= start.latest and when.earliest <= view.as_of:
            return Known(True, seen)
        if when is None or when.latest >= start.earliest:
            unsure += seen
    if unsure:
        return Unknown("whether it came before or after the course began is not known", Cause.UNDATED, unsure)
    return view.gap("conditions") or Known(False)


def _covered(view: View, it: Fracture) -> bool:
    told = cover(view, it.when, it.seen)
    return isinstance(told, Unknown) or told.value is True


def _is_young_spine(it: Fracture) -> bool:
    return it.site == VERTEBRAL and it.why == YOUNGER


def _may_be_later(it: Fracture, latest: Known | None) -> bool:
    return latest is None or it.when is None or it.when.latest > _days(latest).latest


def _latest(found: Iterable[Fracture]) -> Known | None:
    """The days between which the last dated fragility fracture lies; None if there is none."""
    dated = [(it.when, it) for it in found if it.counts and it.when is not None]
    if not dated:
        return None
    days = Span(max(when.earliest for when, _ in dated), max(when.latest for when, _ in dated))
    seen = _seen(it for when, it in dated if when.latest >= days.earliest)
    note = "its day is not recorded, only that it was no later" if is_open(days) else ""
    return Known(days.earliest if days.earliest == days.latest else days, seen, note)


def _days(latest: Known) -> Span:
    return latest.value if isinstance(latest.value, Span) else _span(latest.value)


def _span(value: object) -> Span:
    if not isinstance(value, date):
        raise TypeError(f"a date was expected, not {value!r}")
    return Span(value, value)


def _seen(found: Iterable[Fracture]) -> tuple[Seen, ...]:
    return tuple(dict.fromkeys(seen for it in found for seen in it.seen))


def _unclear(found: list[Fracture]) -> Unknown:
    return Unknown("; ".join(dict.fromkeys(it.why for it in found)), Cause.AMBIGUOUS, _seen(found))
