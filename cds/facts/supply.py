"""From when to when a drug was taken by what its order says: for sure, and at the most.

An order that is still active surely lasted as long as it was supplied for, and no longer: nobody closes old orders.
Only one that states neither supply nor validity goes on until today by its status alone.
"""

from __future__ import annotations

from datetime import date, timedelta

from cds.engine.fact import Span
from cds.facts.dosage import days_of, later
from cds.facts.search import Exposure
from cds.facts.strength import MOST
from cds.fhir.medications import DispenseRequest, MedicationDispense, MedicationRequest
from cds.fhir.when import span_of

RAN_OUT = "what it was supplied for is over, and it is still active: nothing tells whether it was taken on"
ONE_DAY = timedelta(days=1)


def supplied_days(use: Exposure) -> int | None:
    """For how many days it was, or is to be, supplied at once."""
    if isinstance(use.resource, MedicationDispense):
        return days_of(use.resource.days_supply)
    request = _request(use)
    return days_of(request.expected_supply_duration) if request else None


def ends(use: Exposure, start: Span, as_of: date) -> tuple[date | None, date]:
    """The last day for sure (None: not told) and at most."""
    if use.end is not None:
        return use.end.earliest, use.end.latest
    if use.active and use.how != "dispense":
        return still_sure(use, start, as_of), as_of
    days = supplied_days(use)
    if days:
        return later(start.earliest, days - 1), later(start.latest, days * (1 + _repeats(use)) - 1)
    valid = _valid_until(use)
    return None, min(valid.latest if valid else as_of - ONE_DAY, as_of - ONE_DAY)


def still_sure(use: Exposure, start: Span, as_of: date) -> date:
    """Until when an active use surely lasted: until its supply, repeats included, or its validity ran out; or today.

    Repeats are supplied only while the order is valid.
    """
    days, valid = supplied_days(use), _valid_until(use)
    until = valid.earliest if valid else as_of
    if days:
        all_of_it = later(start.earliest, days * (1 + _repeats(use)) - 1)
        until = max(later(start.earliest, days - 1), min(all_of_it, until))
    return min(until, as_of)


def _request(use: Exposure) -> DispenseRequest | None:
    return use.resource.dispense_request if isinstance(use.resource, MedicationRequest) else None


def _repeats(use: Exposure) -> int:
    request = _request(use)
    repeats = request.number_of_repeats_allowed if request else None
    return int(repeats) if repeats and 0 < repeats < MOST else 0


def _valid_until(use: Exposure) -> Span | None:
    request = _request(use)
    valid = span_of(request.validity_period.end) if request and request.validity_period else None
    return Span(*valid) if valid else None
