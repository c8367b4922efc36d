"""Draft orders of any type are read, and one that cannot be read is named, never dropped."""

import json
from typing import Any

import pytest

from cds.fhir.admission import admit_draft
from cds.fhir.decode import decode_draft
from cds.fhir.elements import CodeableConcept
from cds.fhir.references import medication_of
from cds.fhir.resources import Medication, MedicationRequest, OtherResource

ORDER = {"resourceType": "MedicationRequest", "id": "d1", "status": "draft", "subject": {"reference": "Patient/1"}}
DRUG = {"resourceType": "Medication", "id": "m1", "code": {"text": "nivolumab"}}


def draft_of(*resources: Any) -> Any:
    """The draft that a bundle of these makes."""
    return decode_draft(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": each} for each in resources]}).encode()
    )


def test_orders_without_intent_or_medication_or_status_are_kept() -> None:
    draft = draft_of(ORDER, {"resourceType": "MedicationRequest"})
    assert [order.status for order in draft.orders] == ["draft", None]
    assert draft.unreadable == ()


def test_order_of_an_unknown_type_is_kept() -> None:
    draft = draft_of(ORDER, {"resourceType": "NutritionOrder", "id": "n"})
    assert [order.ref for order in draft.orders] == ["MedicationRequest/d1", "NutritionOrder/n"]
    assert isinstance(draft.orders[1], OtherResource)


def test_reason_code_as_object_is_mended_and_noted() -> None:
    draft = draft_of(ORDER | {"reasonCode": {"text": "melanoma"}})
    assert draft.orders[0].reason_code == (CodeableConcept(text="melanoma"),)
    assert draft.notes == ("MedicationRequest/d1: reasonCode repaired",)


def test_unreadable_order_is_named() -> None:
    draft = draft_of(ORDER | {"medicationCodeableConcept": 7}, ORDER)
    assert len(draft.orders) == 1
    assert draft.unreadable == ("MedicationRequest/d1: cannot read medicationCodeableConcept",)


@pytest.mark.parametrize("bundle", [b"17", b"<html>", b'{"resourceType": "OperationOutcome"}'])
def test_draft_that_is_no_bundle_is_unreadable_not_empty(bundle: bytes) -> None:
    draft = decode_draft(bundle)
    assert draft.orders == ()
    assert len(draft.unreadable) == 1


@pytest.mark.parametrize("bundle", [None, b"null", b"{}", b'{"resourceType": "Bundle"}'])
def test_no_orders_make_an_empty_draft(bundle: bytes | None) -> None:
    draft = decode_draft(bundle, ["MedicationRequest/d1"])
    assert (draft.orders, draft.unreadable, draft.selections) == ((), (), frozenset({"MedicationRequest/d1"}))


@pytest.mark.parametrize(
    "reference",
    ["Medication/m1", "https://ehr/fhir/Medication/m1", "Medication/m1/_history/3", "urn:uuid:m1", "#m1"],
)
def test_drug_is_found_by_reference(reference: str) -> None:
    contained = {"contained": [DRUG]} if reference == "#m1" else {}
    order = ORDER | {"medicationReference": {"reference": reference}} | contained
    entries = [{"resource": order}, {"fullUrl": "urn:uuid:m1", "resource": DRUG}]
    draft = decode_draft(json.dumps({"resourceType": "Bundle", "entry": entries}).encode())
    order_read = draft.orders[0]
    assert isinstance(order_read, MedicationRequest)
    assert medication_of(order_read, draft.medications) == Medication(id="m1", code=CodeableConcept(text="nivolumab"))


@pytest.mark.parametrize(
    "pointer", [None, {"display": "nivolumab"}, {"reference": "Medication/9"}, {"reference": "#9"}]
)
def test_reference_that_leads_nowhere_finds_no_drug(pointer: dict[str, str] | None) -> None:
    draft = draft_of(ORDER | {"medicationReference": pointer}, DRUG)
    order = draft.orders[0]
    assert isinstance(order, MedicationRequest)
    assert medication_of(order, draft.medications) is None


def test_order_for_another_patient_is_left_out_and_noted() -> None:
    draft = draft_of(ORDER, ORDER | {"id": "d2", "subject": {"reference": "Patient/2"}})
    mine = admit_draft("Patient/1", draft)
    assert [order.id for order in mine.orders] == ["d1"]
    assert mine.notes == ("draft: left out, about another patient: MedicationRequest/d2",)
    assert admit_draft("1", mine) is mine
