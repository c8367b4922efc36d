"""An order of this very option, by its own codes or its text: for what no value set of ours holds, such as referrals
and whatever a hospital orders under a code of its own."""

from __future__ import annotations

from collections.abc import Iterator

from cds.facts.dates import span
from cds.facts.statuses import counts, will_be_signed
from cds.facts.view import View
from cds.fhir.chart import Found
from cds.fhir.codes import same_code, same_system
from cds.fhir.elements import CodeableConcept
from cds.fhir.medications import MedicationRequest
from cds.fhir.resources import ServiceRequest
from cds.ruleset.ruleset import LoadedOption, own_text

Order = ServiceRequest | MedicationRequest
_OPEN = frozenset({"", "active", "on-hold", "unknown"})


def is_written(option: LoadedOption, view: View) -> bool:
    """Whether the option itself is in this draft, or stands in the chart as an open order that is not too old."""
    if not view.once(_drafted).isdisjoint(option.own):
        return True
    return not view.once(_drugs if option.written.kind == "drug" else _services).isdisjoint(option.own)


def _drafted(view: View) -> frozenset[tuple[str, str]]:
    orders = filter(will_be_signed, view.draft.orders)
    return frozenset(name for each in orders if isinstance(each, Order) for name in _names(_code(each)))


def _services(view: View) -> frozenset[tuple[str, str]]:
    return frozenset(_open(view, "serviceRequests", int(view.number("order.open_days"))))


def _drugs(view: View) -> frozenset[tuple[str, str]]:
    return frozenset(_open(view, "medicationRequests", int(view.number("drug.supplied_days"))))


def _open(view: View, source: str, days: int) -> Iterator[tuple[str, str]]:
    """What the open orders of that source are called, those that are not older."""
    found, first = view.source(source), view.days_before(days)
    for order in found.resources if isinstance(found, Found) else ():
        if isinstance(order, Order) and (order.status or "") in _OPEN and counts(order):
            when = span(order.authored_on)
            if when is None or when.latest >= first:
                yield from _names(_code(order))


def _code(order: Order) -> CodeableConcept | None:
    return order.code if isinstance(order, ServiceRequest) else order.medication_codeable_concept


def _names(concept: CodeableConcept | None) -> Iterator[tuple[str, str]]:
    """Its codes with their systems, and its text."""
    if concept is None:
        return
    if concept.text:
        yield own_text(concept.text)
    for coding in concept.coding:
        if coding.system and coding.code:
            system = same_system(coding.system)
            yield system, same_code(system, coding.code)
