"""Whether a patient is on, or about to start, a PD-1 or PD-L1 inhibitor – and which order stands for the next one.

The audit asks each patient the question that the next order would put: an open order that is not too old acts as the
draft; for a patient on treatment without one, the next dose of what was used last does. A patient whose course has
ended is followed up, as on opening the chart. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, get_args

from cds.decide import view_of
from cds.engine.fact import Known, Unknown
from cds.facts.drug_use import history
from cds.facts.ici import CONTINUATION, INITIATION
from cds.facts.orders import PD_1_OR_PD_L1
from cds.facts.recognise import drug_of, is_nameless
from cds.facts.view import View
from cds.fhir.chart import Chart, Draft
from cds.fhir.codes import CodeBook
from cds.fhir.medications import Medication, MedicationRequest
from cds.fhir.reading import Mended, Read
from cds.fhir.references import MedicationUse
from cds.fhir.resources import OtherResource
from cds.fhir.when import span_of
from cds.ruleset.ruleset import RuleSet

ORDER_SIGN: Final = "order-sign"
PATIENT_VIEW: Final = "patient-view"
NEXT_DOSE: Final = "next-dose"
DRUG_KINDS: Final = ("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense")
_USES: Final = tuple(kind for kind in get_args(MedicationUse) if kind is not OtherResource)
_OPEN: Final = frozenset({"active", "draft"})
_NO_ORDER: Final = frozenset({"proposal", "option", "plan"})


class Status(StrEnum):
    """How a patient stands to checkpoint inhibitors on the day of the audit."""

    STARTING = "starting"
    ON_TREATMENT = "on-treatment"
    FOLLOWED_UP = "followed-up"
    NOT_KNOWN = "not-known"


@dataclass(frozen=True, slots=True)
class Treatment:
    """The status, why it is not known if it is not, the hook, and the view with the draft of which the hook asks."""

    status: Status
    hook: str
    view: View
    why: str = ""


def plain_uses(reads: Iterable[Read]) -> Iterator[MedicationUse]:
    """The uses of drugs among what was read."""
    for read in reads:
        use = read.resource if isinstance(read, Mended) else read
        if isinstance(use, _USES):
            yield use


def ici_uses(
    uses: Iterable[MedicationUse], codes: CodeBook, drugs: Mapping[str, Medication]
) -> tuple[tuple[MedicationUse, ...], tuple[str, ...]]:
    """The uses of a PD-1 or PD-L1 inhibitor, whatever their status, and the references of uses that name no drug."""
    found: list[MedicationUse] = []
    nameless: list[str] = []
    for use in uses:
        drug = drug_of(codes, use, drugs)
        if PD_1_OR_PD_L1 in drug.concepts:
            found.append(use)
        elif not drug.concepts and is_nameless(use, drug):
            nameless.append(use.ref)
    return tuple(found), tuple(nameless)


def treatment(chart: Chart, uses: Iterable[MedicationUse], ruleset: RuleSet, as_of: date) -> Treatment | None:
    """How the patient stands; None if the course ended so long ago that nobody follows it up.

    ``uses`` are those of a PD-1 or PD-L1 inhibitor.
    """
    plain = view_of(chart, Draft(), ruleset, as_of)
    order = _open_order(uses, as_of - timedelta(days=ruleset.numbers["order.open_days"]))
    if order is not None:
        return _ordered(plain, order)
    phase = plain["ici.phase"]
    if isinstance(phase, Known) and phase.value == CONTINUATION:
        return _ordered(plain, _next_dose(plain))
    recently = plain["ici.in_last_12_months"]
    if isinstance(recently, Unknown):
        return Treatment(Status.NOT_KNOWN, PATIENT_VIEW, plain, recently.why)
    return Treatment(Status.FOLLOWED_UP, PATIENT_VIEW, plain) if recently.value is True else None


def _ordered(plain: View, order: MedicationRequest) -> Treatment:
    view = plain.ordering(Draft(orders=(order,), medications=plain.chart.medications))
    phase = view["ici.phase"]
    if isinstance(phase, Unknown):
        return Treatment(Status.NOT_KNOWN, ORDER_SIGN, view, phase.why)
    starts = phase.value == INITIATION
    return Treatment(Status.STARTING if starts else Status.ON_TREATMENT, ORDER_SIGN, view)


def _open_order(uses: Iterable[MedicationUse], first: date) -> MedicationRequest | None:
    """The latest order that is open and not older than an open order counts; of one day the last by id."""
    found = [use for use in uses if isinstance(use, MedicationRequest) and _is_open(use)]
    recent = [use for use in found if not use.authored_on or _written(use) >= first.isoformat()]
    return max(recent, key=lambda use: (_written(use), use.id or ""), default=None)


def _is_open(order: MedicationRequest) -> bool:
    status, intent = (order.status or "").lower(), (order.intent or "").lower()
    return status in _OPEN and intent not in _NO_ORDER and not order.do_not_perform


def _written(order: MedicationRequest) -> str:
    """The last day that the date of the order may mean, as ISO text; '' without a date."""
    when = span_of(order.authored_on)
    return when.latest.isoformat() if when else ""


def _next_dose(view: View) -> MedicationRequest:
    """An order of the drug that was used last."""
    last = history(view, PD_1_OR_PD_L1).hits[0].resource
    return MedicationRequest(
        id=NEXT_DOSE,
        status="draft",
        intent="order",
        medication_codeable_concept=last.medication_codeable_concept,
        medication_reference=last.medication_reference,
        contained=last.contained,
    )
