"""One resource at a time: sound ones are read, bent ones mended, and one that lost what matters is not passed off."""

import json
from typing import Any

import pytest

from cds.fhir.chart import Unreadable
from cds.fhir.elements import CodeableConcept, Coding, Quantity, Reference
from cds.fhir.medications import Medication, MedicationRequest
from cds.fhir.reading import Mended, read_resource
from cds.fhir.resources import Condition, DiagnosticReport, Observation, OtherResource, Patient

CALCIUM = {"coding": [{"system": "http://loinc.org", "code": "17861-6"}]}


def read(resource: dict[str, Any]) -> Any:
    """What comes of the resource."""
    return read_resource(json.dumps(resource).encode())


def observation(**members: Any) -> dict[str, Any]:
    """A calcium result with those members."""
    return {"resourceType": "Observation", "id": "o1", "status": "final", "code": CALCIUM, **members}


def test_sound_resource_is_read_and_unknown_members_are_ignored() -> None:
    result = read(observation(valueQuantity={"value": 9.1, "unit": "mg/dL"}, extension={"not": "a list"}, note=7))
    assert isinstance(result, Observation)
    assert (result.kind, result.ref) == ("Observation", "Observation/o1")
    assert result.value == Quantity(value=9.1, unit="mg/dL")


def test_resource_type_need_not_come_first() -> None:
    assert isinstance(read_resource(b'{"id": "c", "resourceType": "Condition"}'), Condition)


@pytest.mark.parametrize(
    ("bent", "attribute", "mended", "reason"),
    [
        ({"category": {"text": "lab"}}, "category", (CodeableConcept(text="lab"),), "object where a list belongs"),
        ({"category": "lab"}, "category", (CodeableConcept(coding=(Coding(code="lab"),), text="lab"),), "bare text"),
        ({"code": [CALCIUM]}, "code", CodeableConcept(coding=(Coding(**CALCIUM["coding"][0]),)), "list of one"),
        ({"valueQuantity": {"value": "9.1"}}, "value", Quantity(value=9.1), "number as text"),
        ({"valueQuantity": 9.1}, "value", Quantity(value=9.1), "bare number"),
        ({"status": {"value": "final"}}, "status", "final", "XML turned JSON"),
        ({"subject": "Patient/1"}, "subject", Reference(reference="Patient/1"), "bare reference"),
        ({"id": 17}, "id", "17", "number where text belongs"),
        ({"valueBoolean": "true"}, "value", True, "flag as text"),
        ({"category": None, "status": "final", "id": 1}, "category", (), "null is absent"),
        ({"issued": {"no": "date"}}, "issued", None, "a member that is not essential is dropped"),
        ({"category": [{"coding": 3}]}, "category", (CodeableConcept(),), "an inner member is dropped"),
    ],
)
def test_bent_member_is_mended_and_named(bent: dict[str, Any], attribute: str, mended: object, reason: str) -> None:
    result = read(observation(**bent))
    assert isinstance(result, Mended), reason
    assert getattr(result.resource, attribute) == mended, reason
    assert set(result.members) == {name for name, value in bent.items() if value not in (None, "final")}, reason


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (observation(status={"a": 1}), "cannot read status"),
        (observation(code=7), "cannot read code"),
        (observation(code=[CALCIUM, CALCIUM]), "cannot read code"),
        (observation(code={"coding": [{"code": {"deep": 1}}]}), "cannot read code"),
        (observation(valueQuantity={"value": "high"}), "cannot read valueQuantity"),
        (observation(valueQuantity={"value": "NaN"}), "cannot read valueQuantity"),
        (observation(valueQuantity={"value": "1_000"}), "cannot read valueQuantity"),
        (observation(valueQuantity={"value": True}), "cannot read valueQuantity"),
        (observation(valueQuantity={"value": "1e99999"}), "cannot read valueQuantity"),
        (observation(valueQuantity=[{"value": 1}, {"value": 2}]), "cannot read valueQuantity"),
        (observation(subject=5, component="x"), "cannot read component, subject"),
        ({"resourceType": "MedicationRequest", "id": "o1", "doNotPerform": "perhaps"}, "cannot read doNotPerform"),
        ({"resourceType": "Patient", "id": "o1", "deceasedBoolean": []}, "cannot read deceasedBoolean"),
        ({"resourceType": "AllergyIntolerance", "id": "o1", "patient": 1}, "cannot read patient"),
        ({"id": "o1"}, "not a FHIR resource"),
    ],
)
def test_lost_essential_member_makes_the_resource_unreadable(resource: dict[str, Any], why: str) -> None:
    assert read(resource) == Unreadable(why, resource.get("resourceType", ""), "o1")


def test_lost_display_of_an_essential_code_is_only_a_repair() -> None:
    result = read(observation(code={"coding": [{"code": "1", "display": {}}]}))
    assert isinstance(result, Mended)
    assert result.resource.code == CodeableConcept(coding=(Coding(code="1"),))  # type: ignore[union-attr]


@pytest.mark.parametrize("text", [b"<html></html>", b"", b"{", b'{"resourceType": "Observation", "x": 1e999, "id": 1}'])
def test_what_is_not_json_is_unreadable(text: bytes) -> None:
    result = read_resource(text)
    assert isinstance(result, Unreadable)
    assert result.why.startswith("not JSON")


def test_lone_surrogate_does_not_spoil_the_resource() -> None:
    result = read_resource(rb'{"resourceType": "Condition", "code": {"text": "bone \ud83d pain \ud83d\ude00"}}')
    assert isinstance(result, Condition)
    assert result.code == CodeableConcept(text="bone \ufffd pain 😀")


def test_unknown_type_keeps_what_an_order_could_be_recognised_by() -> None:
    result = read({"resourceType": "MedicationOrder", "id": "1", "medicationCodeableConcept": {"text": "nivolumab"}})
    assert isinstance(result, OtherResource)
    assert (result.ref, result.medication_codeable_concept) == ("MedicationOrder/1", CodeableConcept(text="nivolumab"))


def test_contained_resources_are_read_and_strange_ones_passed_over() -> None:
    contained = [{"resourceType": "Questionnaire"}, {"resourceType": "Medication", "id": "m", "code": {"text": "x"}}]
    result = read({"resourceType": "MedicationRequest", "contained": contained})
    assert isinstance(result, Mended)
    assert isinstance(result.resource, MedicationRequest)
    assert result.resource.contained == (Medication(id="m", code=CodeableConcept(text="x")),)
    report = read({"resourceType": "DiagnosticReport", "contained": [observation(), {"resourceType": "Practitioner"}]})
    assert isinstance(report, DiagnosticReport)
    assert [each.kind for each in report.contained] == ["Observation", "Practitioner"]


def test_medications_nested_beyond_reason_are_unreadable() -> None:
    nested = b'{"resourceType": "Medication", "status": 1, "contained": [' * 300 + b"]}" * 300
    assert read_resource(nested) == Unreadable("nested too deeply", "Medication")


def test_patient_keeps_a_year_sent_as_a_number() -> None:
    result = read({"resourceType": "Patient", "id": "p", "birthDate": 1950})
    assert isinstance(result, Mended)
    assert result.resource == Patient(id="p", birth_date="1950")
