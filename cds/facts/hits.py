"""What was kept of a resource becomes a hit, with its dates read: only for those that a fact asks for.

Results are hits from the start (``index``): nearly all of them are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, TypeVar

from cds.engine.fact import Seen, Span
from cds.facts.dates import LONG_AGO, Dated, day_text, days_of, first_day, span
from cds.facts.index import Kept
from cds.facts.onset import is_told_otherwise, onset_by_age
from cds.facts.recognise import Recognised, codings_of
from cds.facts.search import ConditionSeen, Event, Exposure, Observed
from cds.facts.statuses import is_active, is_certain
from cds.fhir.elements import Dosage, Period, Quantity
from cds.fhir.medications import (
    AdministeredDosage,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)
from cds.fhir.references import MedicationUse
from cds.fhir.resources import (
    AllergyIntolerance,
    Condition,
    DiagnosticReport,
    OtherResource,
    Procedure,
    Resource,
    ServiceRequest,
)

_HOW: Final = {
    MedicationRequest: "order",
    MedicationStatement: "statement",
    MedicationAdministration: "administration",
    MedicationDispense: "dispense",
}
_GOES_ON: Final = frozenset({"", "active", "intended", "unknown", "in-progress"})
_OPEN: Final = frozenset({"", "active", "on-hold", "unknown"})


def condition_seen(kept: Kept[Condition], born: Callable[[], Span | None], as_of: date) -> ConditionSeen:
    """The condition with its dates: onset, and onset else recorded.

    An onset that is told by an age is dated from the day of birth, which is asked for only then; one that is told in
    words leaves the date open, and the record does not stand for it.
    """
    it = kept.resource
    onset = when = span(it.onset_date_time, it.onset_period)
    told: Dated = (it.onset_date_time, it.onset_period, it.recorded_date)
    if onset is None:
        if is_told_otherwise(it):
            onset = when = onset_by_age(it, born(), as_of)
            told = ()
        else:
            when = days_of(it.recorded_date)
    return ConditionSeen(
        concepts=kept.concepts,
        codings=codings_of(it.code),
        onset=onset,
        when=when,
        active=is_active(it),
        certain=is_certain(it),
        by_name_only=kept.by_name_only,
        seen=Seen(it.ref, day_text(*told)),
        resource=it,
    )


def exposure(use: MedicationUse, found: Recognised, as_of: date, how: str = "") -> Exposure:
    """The use of a drug with its first and last day, as far as they are stated."""
    dosages = dosages_of(use)
    bounds = tuple(_bounds(dosages)) if dosages else ()
    dated = _first_days(use, bounds)
    end = _end_of(use, bounds, len(dosages))
    status = (use.status or "").lower()
    return Exposure(
        concepts=found.concepts,
        how=how or _HOW.get(type(use), "draft"),
        start=days_of(dated[0]) or span(*dated),
        end=end,
        active=status in _GOES_ON and not (end and end.latest < as_of),
        dosages=dosages,
        quantity=_quantity_of(use),
        seen=Seen(use.ref, day_text(*dated)),
        by_name_only=found.by_name_only,
        status=status,
        resource=use,
        medication=found.medication,
    )


def dosages_of(use: MedicationUse) -> tuple[Dosage | AdministeredDosage, ...]:
    """How it is, or was, taken."""
    match use:
        case MedicationRequest() | MedicationDispense():
            return use.dosage_instruction
        case MedicationStatement():
            return use.dosage
        case MedicationAdministration():
            return (use.dosage,) if use.dosage else ()
    return ()


def _bounds(dosages: Iterable[Dosage | AdministeredDosage]) -> Iterable[Period]:
    for dosage in dosages:
        if isinstance(dosage, Dosage) and dosage.timing and dosage.timing.repeat and dosage.timing.repeat.bounds_period:
            yield dosage.timing.repeat.bounds_period


def _first_days(use: MedicationUse, periods: tuple[Period, ...]) -> tuple[str | None, ...]:
    """What its first day may be read from, best first."""
    bounds = [each.start for each in periods]
    match use:
        case MedicationRequest():
            return (use.authored_on, *bounds)
        case MedicationStatement(effective_period=period) | MedicationAdministration(effective_period=period):
            return (use.effective_date_time, period.start if period else None, *bounds)
        case MedicationDispense():
            return (use.when_handed_over, use.when_prepared, *bounds)
    return (use.authored_on,)


def _end_of(use: MedicationUse, bounds: tuple[Period, ...], dosages: int) -> Span | None:
    """The stated last day: of the period of use, else of the dosages' bounds if every one of them has an end."""
    period = getattr(use, "effective_period", None)
    if period is not None:
        return span(period.end)
    if not bounds:
        return None
    known = [end for each in bounds if (end := span(each.end))]
    return max(known, key=lambda end: end.latest) if known and len(known) == dosages else None


def _quantity_of(use: MedicationUse) -> Quantity | None:
    match use:
        case MedicationRequest(dispense_request=request) if request:
            return request.quantity
        case MedicationDispense():
            return use.quantity
        case MedicationAdministration(dosage=dosage) if dosage:
            return dosage.dose
    return None


def procedure_event(kept: Kept[Procedure]) -> Event:
    """The procedure on the day it was performed; open while it goes on."""
    it = kept.resource
    return _event(kept, (it.performed_date_time, it.performed_period), it.status == "in-progress")


def report_event(kept: Kept[DiagnosticReport]) -> Event:
    """The report on the day it is about."""
    it = kept.resource
    return _event(kept, (it.effective_date_time, it.effective_period, it.issued), False)


def order_event(kept: Kept[ServiceRequest]) -> Event:
    """The order on the day it was written; open until completed."""
    it = kept.resource
    return _event(kept, (it.authored_on, it.occurrence_date_time, it.occurrence_period), (it.status or "") in _OPEN)


def allergy_event(kept: Kept[AllergyIntolerance]) -> Event:
    """The allergy; open unless inactive or resolved."""
    it = kept.resource
    return _event(kept, (it.onset_date_time, it.recorded_date), is_active(it))


def draft_event(kept: Kept[Resource | OtherResource]) -> Event:
    """The order that is about to be signed."""
    return _event(kept, (getattr(kept.resource, "authored_on", None),), True)


_R = TypeVar("_R", bound=Resource | OtherResource)


def _event(kept: Kept[_R], dated: Dated, is_open: bool) -> Event:
    it = kept.resource
    return Event(
        concepts=kept.concepts,
        when=span(*dated),
        status=(getattr(it, "status", None) or "").lower(),
        seen=Seen(it.ref, day_text(*dated)),
        is_open=is_open,
        by_name_only=kept.by_name_only,
        resource=it,
    )


def of_condition(hit: ConditionSeen) -> tuple[date, date]:
    """What conditions are sorted by."""
    return first_day(hit.when)


def of_result(hit: Observed) -> tuple[date, date]:
    """What results are sorted by."""
    when = hit.when
    return (when.latest, when.earliest) if when else LONG_AGO  # as ``first_day``: a call less for each of many


def of_exposure(hit: Exposure) -> tuple[date, date]:
    """What uses of drugs are sorted by."""
    return first_day(hit.start)


def of_event(hit: Event) -> tuple[date, date]:
    """What events are sorted by."""
    return first_day(hit.when)
