"""The R4 medication resources: orders, statements, administrations, dispenses and the drugs they point to."""

from __future__ import annotations

from cds.fhir.elements import CodeableConcept, Dosage, Element, Period, Quantity, Ratio, Reference
from cds.fhir.root import PassedOver, Root


class Ingredient(Element, frozen=True):
    """A substance or drug in a product, and how much of it."""

    item_codeable_concept: CodeableConcept | None = None
    item_reference: Reference | None = None
    is_active: bool | None = None
    strength: Ratio | None = None


class Medication(Root, frozen=True):
    """A drug product, by code or by ingredients."""

    code: CodeableConcept | None = None
    status: str | None = None
    form: CodeableConcept | None = None
    ingredient: tuple[Ingredient, ...] = ()
    contained: tuple[Medication | PassedOver, ...] = ()


class DispenseRequest(Element, frozen=True):
    """What the pharmacy is asked to supply."""

    validity_period: Period | None = None
    number_of_repeats_allowed: float | None = None
    quantity: Quantity | None = None
    expected_supply_duration: Quantity | None = None


class MedicationRequest(Root, frozen=True):
    """An order or prescription."""

    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    category: tuple[CodeableConcept, ...] = ()
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    authored_on: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    dosage_instruction: tuple[Dosage, ...] = ()
    dispense_request: DispenseRequest | None = None
    contained: tuple[Medication | PassedOver, ...] = ()


class MedicationStatement(Root, frozen=True):
    """What somebody says that the patient takes or took."""

    status: str | None = None
    category: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    dosage: tuple[Dosage, ...] = ()
    contained: tuple[Medication | PassedOver, ...] = ()


class AdministeredDosage(Element, frozen=True):
    """What was given, by which route, how fast."""

    text: str | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    dose: Quantity | None = None
    rate_ratio: Ratio | None = None
    rate_quantity: Quantity | None = None


class MedicationAdministration(Root, frozen=True):
    """One giving of a drug, or a run of them."""

    status: str | None = None
    category: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    reason_code: tuple[CodeableConcept, ...] = ()
    dosage: AdministeredDosage | None = None
    contained: tuple[Medication | PassedOver, ...] = ()


class MedicationDispense(Root, frozen=True):
    """One supply of a drug."""

    status: str | None = None
    category: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    when_prepared: str | None = None
    when_handed_over: str | None = None
    dosage_instruction: tuple[Dosage, ...] = ()
    contained: tuple[Medication | PassedOver, ...] = ()
