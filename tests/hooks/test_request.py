"""The envelope is strict and says what is wrong where; everything inside may be as clients really send it."""

from typing import Any

import msgspec
import pytest

from cds.hooks.refusal import Refusal, outcome
from cds.hooks.request import HookRequest, read_request


def sent(hook: Any = "order-sign", **changes: Any) -> dict[str, Any]:
    """A sound request with members changed; one that is ``...`` is left out."""
    context = {"userId": "Practitioner/1", "patientId": "p1", "draftOrders": {"resourceType": "Bundle"}}
    whole: dict[str, Any] = {"hook": hook, "hookInstance": "i-1", "context": context, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def read(request: dict[str, Any]) -> HookRequest:
    """The request as read."""
    return read_request(msgspec.json.encode(request))


def context(**changes: Any) -> dict[str, Any]:
    """The sound context with members changed or left out (``...``)."""
    whole = {**sent()["context"], **changes}
    return {name: value for name, value in whole.items() if value is not ...}


@pytest.mark.parametrize(
    ("request_", "where", "words"),
    [
        (sent(hook=...), "hook", "hook is missing"),
        (sent(hook=None), "hook", "hook is missing"),
        (sent(hook=7), "hook", "hook must be a string"),
        (sent(hook=" "), "hook", "hook is missing"),
        (sent(hookInstance=...), "hookInstance", "hookInstance is missing"),
        (sent(hookInstance=12), "hookInstance", "hookInstance must be a string"),
        (sent(context=...), "context", "context is missing"),
        (sent(context=[]), "context", "context must be an object"),
        (sent(context="p1"), "context", "context must be an object"),
        (sent(context=context(patientId=...)), "context.patientId", "context.patientId is missing"),
        (sent(context=context(patientId=None)), "context.patientId", "context.patientId is missing"),
        (sent(context=context(patientId=1)), "context.patientId", "context.patientId must be a string"),
        (sent(context=context(patientId="Patient/")), "context.patientId", "must be the id of a Patient"),
        (sent(context=context(patientId="..")), "context.patientId", "must be the id of a Patient"),
        (sent(context=context(userId=3)), "context.userId", "context.userId must be a string"),
        (sent(context=context(draftOrders=...)), "context.draftOrders", "context.draftOrders is missing"),
        (sent(context=context(draftOrders=None)), "context.draftOrders", "context.draftOrders is missing"),
        (sent(context=context(draftOrders="x")), "context.draftOrders", "must be a Bundle"),
        (sent("order-select", context=context(selections="x")), "context.selections", "must be a list"),
        (sent("order-select", context=context(selections=[1])), "context.selections", "a list of strings"),
        (sent(prefetch=[]), "prefetch", "prefetch must be an object"),
        (sent(fhirServer={}), "fhirServer", "fhirServer must be a string"),
        (sent(fhirAuthorization="t"), "fhirAuthorization", "must be an object"),
        (sent(fhirAuthorization={"access_token": 1}), "fhirAuthorization.access_token", "must be a string"),
    ],
)
def test_a_wounded_envelope_is_refused_and_says_where(request_: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(request_)
    assert (refused.value.status, refused.value.where) == (400, where)
    assert words in refused.value.words


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"7", b'"x"', b"{", b"\xff\xfe", b'{"hook":"\xff"}'])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_request(body)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "request_",
    [
        sent(extension={"com.example": 1}),
        sent(extension=[]),
        sent(unheard={"of": []}, prefetch=...),
        sent(prefetch=None),
        sent(fhirServer=None, fhirAuthorization=None),
        sent(fhirServer="https://ehr.example.org/fhir"),
        sent(hookInstance="not-a-uuid"),
        sent(context=context(encounterId=None, userId=...)),
        sent(context=context(draftOrders={})),
        sent(context=context(draftOrders=[])),
        sent(user="Practitioner/1", patient="p1", encounter=None),
        sent("order-select", context=context(selections=...)),
        sent("patient-view", context={"patientId": "p1"}),
        sent("medication-prescribe", context={"patientId": "p1", "medications": []}),
    ],
)
def test_what_real_clients_send_is_read(request_: dict[str, Any]) -> None:
    assert read(request_).patient_id == "p1"


@pytest.mark.parametrize("patient", ["p1", "Patient/p1", "https://ehr.example.org/fhir/Patient/p1", " p1 "])
def test_the_patient_may_be_named_in_any_way(patient: str) -> None:
    assert read(sent(context=context(patientId=patient))).patient_id == patient.strip()


def test_an_absent_key_and_a_null_are_two_things() -> None:
    request = read(sent(prefetch={"labs": None, "conditions": {"resourceType": "Bundle"}}))
    assert bytes(request.prefetch["labs"]) == b"null"
    assert "procedures" not in request.prefetch


def test_everything_that_is_needed_later_is_kept() -> None:
    authorization = {"access_token": "s3cret", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}
    request = read(
        sent(
            "order-select",
            context=context(selections=["MedicationRequest/1"], encounterId="e1"),
            fhirServer="https://ehr.example.org/fhir",
            fhirAuthorization=authorization,
        )
    )
    assert request.selections == ("MedicationRequest/1",)
    assert (request.user_id, request.encounter_id, request.token) == ("Practitioner/1", "e1", "s3cret")
    assert request.draft_orders is not None
    assert bytes(request.draft_orders) == b'{"resourceType":"Bundle"}'


def test_neither_patient_nor_token_is_in_the_repr() -> None:
    shown = repr(read(sent(fhirAuthorization={"access_token": "s3cret"}, context=context(patientId="jane-doe"))))
    assert "s3cret" not in shown
    assert "jane-doe" not in shown


def test_an_outcome_is_an_operation_outcome_without_empty_members() -> None:
    assert msgspec.json.decode(outcome("required", "hook is missing", "hook")) == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "required", "diagnostics": "hook is missing", "expression": ["hook"]}],
    }
    assert "expression" not in msgspec.json.decode(outcome("required", "hook is missing"))["issue"][0]
