"""Whether a systemic glucocorticoid was being taken on a certain day. The dose does not matter here."""

from __future__ import annotations

from datetime import timedelta

from cds.engine.fact import Cause, Fact, Known, Seen, Span, Unknown
from cds.facts.route import Reach, reach
from cds.facts.search import Exposure
from cds.facts.supply import still_sure
from cds.facts.view import View
from cds.fhir.medications import MedicationDispense

_SYSTEMIC, _INGREDIENT, _LOCAL = "systemic-glucocorticoid", "glucocorticoid-ingredient", "local-glucocorticoid"

_NOT_THE_DAY = "a glucocorticoid was taken, and a fragility fracture is recorded without its day"


def cover(view: View, day: Span | None, seen: tuple[Seen, ...]) -> Fact:
    """True if an order, statement or supply reaches over the whole of ``day``; unknown if one may.

    Single administrations are not "taking": they never count.
    """
    search = view.exposures(_SYSTEMIC, _INGREDIENT)
    uses = [use for use in search.hits if _counts(use)]
    if day is None:
        told = Unknown("a fragility fracture is recorded without its date", Cause.UNDATED, seen)
        return told if uses else search.gap or Known(False)
    open_ones: tuple[Seen, ...] = ()
    for use in uses:
        certain, possible = _reaches(view, use, day)
        if certain:
            return Known(True, (*seen, use.seen))
        open_ones += (use.seen,) if possible else ()
    if open_ones:
        vague = "how long a glucocorticoid was taken is not recorded" if _is_one_day(day) else _NOT_THE_DAY
        return Unknown(vague, Cause.UNDATED, (*seen, *open_ones))
    return search.gap or Known(False)


def _is_one_day(day: Span) -> bool:
    return day.earliest == day.latest


def _counts(use: Exposure) -> bool:
    if _LOCAL in use.concepts or use.how == "administration":
        return False
    routes = [dosage.route for dosage in use.dosages if dosage.route is not None]
    if _SYSTEMIC in use.concepts:
        return reach(routes, ()) is not Reach.LOCAL
    return reach(routes, use.names) is Reach.SYSTEMIC


def _reaches(view: View, use: Exposure, day: Span) -> tuple[bool, bool]:
    """Whether the use surely, and whether it possibly, reaches over the day."""
    start = use.start or Span(day.earliest, view.as_of)
    last = _last(view, use, start)
    ends = last or Span(start.latest, start.latest + timedelta(days=view.number("fracture.open_order_days")))
    certain = (
        use.start is not None and start.latest <= day.earliest and last is not None and last.earliest >= day.latest
    )
    return certain, start.earliest <= day.latest and ends.latest >= day.earliest


def _last(view: View, use: Exposure, start: Span) -> Span | None:
    """The last day: as stated, by the days supplied, until today if it goes on; None if nothing tells."""
    if use.end is not None:
        return use.end
    if use.active and use.how != "dispense":
        return Span(still_sure(use, start, view.as_of), view.as_of)
    if use.start and isinstance(use.resource, MedicationDispense) and use.resource.days_supply:
        days = timedelta(days=use.resource.days_supply.value or 0)
        return Span(use.start.earliest + days, use.start.latest + days)
    return None
