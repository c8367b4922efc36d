"""Statements of CDS Hooks about discovery, requests, feedback and transport, held against the app."""

from typing import Any

import httpx
import pytest

from tests.gateway.ehr import BASE, PATIENT, bundle, ehr, prefetch, read
from tests.web.desk import SELECT, SIGN, VIEW, assert_outcome, hook

FEEDBACK = SIGN + "/feedback"
REASON = {"code": "patient-refused", "system": "https://bone-cds.example.org/r"}


async def test_discovery_is_at_its_place_and_lists_services(client: httpx.AsyncClient) -> None:
    response = await client.get("/cds-services")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert set(response.json()) == {"services"}


async def test_every_service_has_what_it_must_and_should_have(client: httpx.AsyncClient) -> None:
    services = (await client.get("/cds-services")).json()["services"]
    for service in services:
        assert set(service) == {
            "hook", "title", "description", "id", "prefetch", "usageRequirements", "version", "hookVersion",
        }  # fmt: skip
        assert all(isinstance(each, str) and each for name, each in service.items() if name != "prefetch")
    assert len({service["id"] for service in services}) == len(services) == 3


async def test_prefetch_templates_use_tokens_of_the_context_alone(client: httpx.AsyncClient) -> None:
    for service in (await client.get("/cds-services")).json()["services"]:
        for key, template in service["prefetch"].items():
            assert key.isalnum()
            assert template.count("{{") == template.count("{{context.patientId}}") == 1
            assert not template.startswith("/")


@pytest.mark.parametrize("member", ["hook", "hookInstance", "context"])
async def test_a_request_without_a_required_member_is_refused(client: httpx.AsyncClient, member: str) -> None:
    request = hook()
    del request[member]
    assert_outcome(await client.post(SIGN, json=request), 400, member)


@pytest.mark.parametrize("member", ["patientId", "draftOrders"])
async def test_a_context_without_what_its_hook_requires_is_refused(client: httpx.AsyncClient, member: str) -> None:
    request = hook()
    del request["context"][member]
    assert_outcome(await client.post(SIGN, json=request), 400, f"context.{member}")


async def test_a_service_answers_its_own_hook_alone(client: httpx.AsyncClient) -> None:
    assert_outcome(await client.post(VIEW, json=hook()), 400, "patient-view")


async def test_what_is_optional_may_be_missing(client: httpx.AsyncClient) -> None:
    request = hook()
    del request["context"]["userId"]  # required, but nothing depends on it
    for path, body in ((SIGN, request), (VIEW, hook("patient-view")), (SELECT, hook("order-select"))):
        assert (await client.post(path, json=body)).status_code == 200


async def test_members_of_any_version_and_extensions_are_taken(client: httpx.AsyncClient) -> None:
    more: dict[str, Any] = {
        "user": "Practitioner/1", "extension": {"com.example.x": 1}, "unknown": [{}],
        "fhirAuthorization": {
            "access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "s",
            "patient": "p1", "need_patient_banner": True,
        },
    }  # fmt: skip
    assert (await client.post(SIGN, json=hook(**more))).status_code == 200


async def test_without_prefetch_and_without_a_server_it_is_412(client: httpx.AsyncClient) -> None:
    request = hook()
    del request["prefetch"]
    assert_outcome(await client.post(SIGN, json=request), 412, "Patient is needed")


async def test_a_prefetch_key_may_be_null_or_missing_or_an_operation_outcome(client: httpx.AsyncClient) -> None:
    sorry = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    request = hook(prefetch={"patient": PATIENT, "labs": None, "conditions": sorry})
    gaps = [
        card for card in (await client.post(SIGN, json=request)).json()["cards"]
        if card["source"]["topic"]["code"] == "data-gaps"
    ]  # fmt: skip
    assert len(gaps) == 1


async def test_prefetched_pages_are_followed() -> None:
    first = bundle(following=f"{BASE}/Observation?patient=p1&page=2")
    router = ehr(labs=httpx.Response(200, json=bundle()))
    await read(router, prefetch=prefetch(patient=PATIENT, labs=first, conditions=None), fhir_server=BASE, token="t")
    assert [str(call.request.url) for call in router.calls] == [f"{BASE}/Observation?patient=p1&page=2"]


@pytest.mark.parametrize("scope", ["patient/*.read", "patient/Observation.rs", "user/*.cruds", "launch", "", "???"])
async def test_no_scope_keeps_us_from_asking(scope: str) -> None:
    router = ehr(labs=httpx.Response(200, json=bundle()))
    await read(router, prefetch=prefetch(patient=PATIENT, conditions=None), fhir_server=BASE, token="t", scope=scope)
    assert len(router.calls) == 1


@pytest.mark.parametrize(("scope", "told"), [("patient/Patient.read", True), ("patient/Patient.rs", True), ("", False)])
async def test_scopes_of_both_smart_versions_explain_a_refusal(scope: str, told: bool) -> None:
    router = ehr(labs=httpx.Response(403))
    chart = await read(
        router, prefetch=prefetch(patient=PATIENT, conditions=None), fhir_server=BASE, token="t", scope=scope
    )
    why = getattr(chart.source("labs"), "why", "")
    assert "403" in why
    assert ("the scopes of the token do not cover it" in why) is told


def overridden(card: str = "c1", **members: Any) -> dict[str, Any]:
    """One report of an override."""
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-24T10:00:00Z", **members}


@pytest.mark.parametrize(
    "feedback",
    [
        [overridden(), overridden("c2")],
        [overridden(), overridden(), {**overridden(), "outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]}],
        [{**overridden(), "outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}, {"id": "s2"}]}],
        [overridden(outcomeTimestamp="2026-11-24T10:00:00.123456789Z")],
        [overridden(outcomeTimestamp="2026-11-24T11:00:00.5+01:00")],
        [overridden(overrideReason={"reason": REASON})],
        [overridden(overrideReason={"reason": REASON, "userComment": "later"})],
        [overridden(overrideReason={"userComment": "later"})],
        [overridden(overrideReason=REASON)],
        [overridden(overrideReason={**REASON, "userComment": "later"})],
        [],
    ],
    ids=["batch", "same card several times", "accepted", "fractional seconds", "offset", "no display", "comment beside",
         "comment alone", "flat reason", "flat reason with comment", "none"],
)  # fmt: skip
async def test_feedback_is_taken(client: httpx.AsyncClient, feedback: list[dict[str, Any]]) -> None:
    assert (await client.post(FEEDBACK, json={"feedback": feedback})).status_code == 200


@pytest.mark.parametrize(
    "body", [{"feedback": [{"outcome": "accepted"}]}, {"feedback": [overridden(outcome="ignored")]}]
)
async def test_unsound_feedback_is_refused_whole(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert_outcome(await client.post(FEEDBACK, json=body), 400, "feedback[0]")


@pytest.mark.parametrize("path", ["/cds-services", SIGN, FEEDBACK])
async def test_browsers_may_ask_first(client: httpx.AsyncClient, path: str) -> None:
    asking = {
        "origin": "https://ehr.example.org", "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type",
    }  # fmt: skip
    response = await client.options(path, headers=asking)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert {"GET", "POST"} <= set(response.headers["access-control-allow-methods"].split(", "))
    assert {"authorization", "content-type"} <= set(response.headers["access-control-allow-headers"].split(", "))
