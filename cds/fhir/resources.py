"""The R4 resources that are read: what a patient has, what was measured, done and ordered (drugs: ``medications``).

Each class is named as its ``resourceType``; ``kind`` and ``ref`` say type and reference of any of them. Nothing here is
validated beyond its JSON type: real clients send invalid R4, and what cannot be read is reported by ``decode``.
"""

from __future__ import annotations

import msgspec

from cds.fhir.elements import CodeableConcept, Element, Period, Quantity, QuantityRange, Reference, ReferenceRange
from cds.fhir.medications import (
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)
from cds.fhir.root import Issue, OperationOutcome, PassedOver, Root

__all__ = [
    "AllergyIntolerance",
    "Condition",
    "DiagnosticReport",
    "Issue",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "ObservationComponent",
    "OperationOutcome",
    "OtherResource",
    "Patient",
    "Procedure",
    "Resource",
    "ServiceRequest",
    "Value",
]

Value = Quantity | CodeableConcept | QuantityRange | Period | str | bool | float
"""What an observation may hold; dates and times come as text."""


class Patient(Root, frozen=True):
    """Who the patient is: only what age, sex and survival are read from."""

    birth_date: str | None = None
    gender: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None


class Condition(Root, frozen=True):
    """A problem or diagnosis."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    onset_date_time: str | None = None
    onset_age: Quantity | None = None
    onset_period: Period | None = None
    onset_range: QuantityRange | None = None
    onset_string: str | None = None
    abatement_date_time: str | None = None
    abatement_age: Quantity | None = None
    abatement_period: Period | None = None
    abatement_range: QuantityRange | None = None
    abatement_string: str | None = None
    abatement_boolean: bool | None = None
    recorded_date: str | None = None


class Measured(Root, frozen=True, tag=False):
    """What an observation and its components share: a code, a value or why there is none, and the range."""

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: float | None = None
    value_decimal: float | None = None
    value_range: QuantityRange | None = None
    value_date_time: str | None = None
    value_period: Period | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    reference_range: tuple[ReferenceRange, ...] = ()

    @property
    def value(self) -> Value | None:
        """The one value that was sent, of whatever type; None if there is none."""
        if self.value_quantity is not None:
            return self.value_quantity
        for value in (self.value_codeable_concept, self.value_string, self.value_boolean):
            if value is not None:
                return value
        rest = (self.value_integer, self.value_decimal, self.value_range, self.value_date_time, self.value_period)
        return next((value for value in rest if value is not None), None)


class ObservationComponent(Measured, frozen=True, tag=False):
    """One of several results of one observation."""


class Observation(Measured, frozen=True, tag_field="resourceType", tag=True):
    """A measurement or statement about the patient."""

    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    body_site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    has_member: tuple[Reference, ...] = ()
    component: tuple[ObservationComponent, ...] = ()


class Reaction(Element, frozen=True):
    """What happened, and to which substance."""

    substance: CodeableConcept | None = None
    manifestation: tuple[CodeableConcept, ...] = ()
    severity: str | None = None


class AllergyIntolerance(Root, frozen=True):
    """An allergy or intolerance; FHIR calls its subject ``patient``."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str | None = None
    category: tuple[str, ...] = ()
    criticality: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = msgspec.field(default=None, name="patient")
    onset_date_time: str | None = None
    recorded_date: str | None = None
    reaction: tuple[Reaction, ...] = ()


class Procedure(Root, frozen=True):
    """Something that was, or is being, done."""

    status: str | None = None
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    performed_string: str | None = None
    performed_age: Quantity | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    reason_code: tuple[CodeableConcept, ...] = ()


class ServiceRequest(Root, frozen=True):
    """An order of a test, image, referral or other service."""

    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    order_detail: tuple[CodeableConcept, ...] = ()
    subject: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    authored_on: str | None = None
    body_site: tuple[CodeableConcept, ...] = ()
    reason_code: tuple[CodeableConcept, ...] = ()


class DiagnosticReport(Root, frozen=True):
    """A report, the observations it rests on, and its coded conclusion."""

    status: str | None = None
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    result: tuple[Reference, ...] = ()
    conclusion: str | None = None
    conclusion_code: tuple[CodeableConcept, ...] = ()
    contained: tuple[Observation | PassedOver, ...] = ()


class OtherResource(Element, frozen=True):
    """A resource of a type that is not read, with the members from which a drug or test in it could be recognised."""

    resource_type: str
    id: str | None = None
    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    code_codeable_concept: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    authored_on: str | None = None
    contained: tuple[Medication | PassedOver, ...] = ()

    @property
    def kind(self) -> str:
        """Its resourceType."""
        return self.resource_type

    @property
    def ref(self) -> str:
        """Type and id, as ``Task/5``; the type alone if it has no id."""
        return f"{self.resource_type}/{self.id}" if self.id else self.resource_type


Resource = (
    Patient | Condition | Observation | AllergyIntolerance | Procedure | ServiceRequest | DiagnosticReport
    | Medication | MedicationRequest | MedicationStatement | MedicationAdministration | MedicationDispense
)  # fmt: skip
"""Every resource type that is read."""
