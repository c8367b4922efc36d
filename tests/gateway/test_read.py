"""Prefetch first, then the server; what could not be read says so, and only a missing Patient refuses."""

from typing import Any

import httpx
import msgspec
import pytest
import respx

from cds.fhir.chart import Draft, Empty, Failed, Found, NotAsked
from cds.fhir.decode import decode_draft
from cds.hooks.refusal import Refusal
from tests.gateway.ehr import BASE, PATIENT, bundle, ehr, observation, prefetch, read

TOKEN: dict[str, Any] = {"fhir_server": BASE, "token": "s3cret"}
WHOLE = {"patient": PATIENT, "labs": bundle(observation("o1")), "conditions": bundle()}


def outcome(code: str = "exception") -> dict[str, Any]:
    """A server's excuse."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": "sorry"}]}


async def test_a_whole_prefetch_asks_nobody() -> None:
    router = ehr()
    chart = await read(router, prefetch=prefetch(**WHOLE), **TOKEN)
    assert not router.calls
    assert isinstance(chart.source("labs"), Found)
    assert isinstance(chart.source("conditions"), Empty)


async def test_what_is_missing_is_asked_with_the_token() -> None:
    router = ehr(labs=httpx.Response(200, json=bundle(observation("o1"))))
    chart = await read(router, prefetch=prefetch(patient=PATIENT, conditions=None), **TOKEN)
    labs = chart.source("labs")
    assert isinstance(labs, Found)
    assert labs.complete
    assert [each.ref for each in labs.resources] == ["Observation/o1"]
    assert [str(call.request.url) for call in router.calls] == [f"{BASE}/Observation?patient=p1"]
    assert router.calls[0].request.headers["authorization"] == "Bearer s3cret"
    assert isinstance(chart.source("conditions"), Empty)


async def test_what_is_sent_without_being_asked_for_is_read_and_what_is_not_sent_is_not_asked_for() -> None:
    router = ehr()
    chart = await read(router, prefetch=prefetch(**WHOLE, procedures=bundle()), **TOKEN)
    assert isinstance(chart.source("procedures"), Empty)
    assert chart.source("medicationDispenses") == NotAsked()
    assert not router.calls


async def test_without_a_server_what_is_missing_was_not_asked() -> None:
    chart = await read(ehr(), prefetch=prefetch(patient=PATIENT))
    assert chart.source("labs") == NotAsked()


async def test_a_server_off_the_allow_list_is_never_called_and_says_why() -> None:
    router = ehr()
    chart = await read(
        router, prefetch=prefetch(patient=PATIENT), fhir_server="https://evil.example.org/fhir", token="t"
    )
    assert chart.source("labs") == Failed("the FHIR server of the request is not on this service's allow-list")
    assert not router.calls


async def test_a_prefetch_that_failed_is_asked_again() -> None:
    router = ehr(labs=httpx.Response(200, json=bundle(observation("o1"))))
    chart = await read(router, prefetch=prefetch(**{**WHOLE, "labs": outcome()}), **TOKEN)
    assert isinstance(chart.source("labs"), Found)
    assert len(router.calls) == 1


async def test_a_prefetch_that_failed_stays_failed_without_a_server() -> None:
    chart = await read(ehr(), prefetch=prefetch(**{**WHOLE, "labs": outcome()}))
    labs = chart.source("labs")
    assert isinstance(labs, Failed)
    assert "sorry" in labs.why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(401), "the FHIR server answered 401 (the token was not accepted)"),
        (httpx.Response(403), "the FHIR server answered 403 (access refused)"),
        (httpx.Response(404), "the FHIR server answered 404 (not found)"),
        (httpx.Response(500), "the FHIR server answered 500"),
        (httpx.Response(302, headers={"location": "/x"}), "answered 302 (redirects are not followed)"),
        (httpx.Response(200, text="<html>login</html>"), "not JSON"),
        (httpx.Response(200, text='{"resourceType":"Bundle","entry":[{'), "not JSON"),
        (httpx.Response(200, json={"not": "fhir"}), "not a FHIR resource"),
        (httpx.Response(200, json=[]), "was empty"),
        (httpx.Response(200, json=None), "was empty"),
        (httpx.Response(200, json={}), "was empty"),
        (httpx.Response(200), "was empty"),
        (httpx.Response(204), "answered 204"),
        (httpx.Response(200, json=PATIENT | {"resourceType": "Practitioner"}), "Practitioner came instead"),
        (httpx.Response(200, json=outcome("forbidden")), "sorry"),
        (httpx.Response(200, text="x" * 100_001), "larger than 100000 bytes"),
        (httpx.Response(200, json=bundle(observation("o1", subject={"reference": "Patient/p2"}))), "another patient"),
    ],
)
async def test_what_the_server_fails_at_is_said_and_the_rest_is_read(answer: httpx.Response, why: str) -> None:
    chart = await read(ehr(labs=answer), **TOKEN)
    labs = chart.source("labs")
    assert isinstance(labs, Failed)
    assert why in labs.why
    assert isinstance(chart.source("patient"), Found)
    assert isinstance(chart.source("conditions"), Empty)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_passing_trouble_is_tried_again(status: int) -> None:
    router = ehr()
    good = httpx.Response(200, json=bundle(observation("o1")))
    route = router.get(f"{BASE}/Observation").mock(side_effect=[httpx.Response(status), good])
    chart = await read(router, **TOKEN)
    assert isinstance(chart.source("labs"), Found)
    assert route.call_count == 2


@pytest.mark.parametrize("fault", [httpx.ConnectError("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")])
async def test_a_broken_connection_is_tried_thrice_and_then_said(fault: Exception) -> None:
    router = ehr()
    route = router.get(f"{BASE}/Observation").mock(side_effect=fault)
    chart = await read(router, **TOKEN)
    assert chart.source("labs") == Failed("the FHIR server could not be reached, or broke off")
    assert route.call_count == 3


async def test_a_wait_that_does_not_fit_the_budget_is_not_waited() -> None:
    router = ehr()
    slow_down = httpx.Response(429, headers={"retry-after": "60"})
    route = router.get(f"{BASE}/Observation").mock(return_value=slow_down)
    chart = await read(router, **TOKEN)
    assert chart.source("labs") == Failed("the FHIR server answered 429 (too many requests)")
    assert route.call_count == 1


async def test_a_refusal_is_not_tried_again() -> None:
    router = ehr()
    route = router.get(f"{BASE}/Observation").mock(return_value=httpx.Response(403))
    await read(router, **TOKEN)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("server", "sent", "status"),
    [
        ({}, {}, 412),
        ({}, {"patient": None}, 412),
        ({}, {"patient": outcome()}, 412),
        ({}, {"patient": PATIENT | {"id": "p2"}}, 412),
        ({}, {"patient": observation("o1")}, 412),
        (TOKEN, {}, None),
        (TOKEN, {"patient": None}, None),
        (TOKEN, {"patient": outcome()}, None),
        (TOKEN, {"patient": observation("o1")}, None),
    ],
)
async def test_the_patient_is_needed(server: dict[str, Any], sent: dict[str, Any], status: int | None) -> None:
    if status is None:
        chart = await read(ehr(), prefetch=prefetch(**sent), **server)
        assert isinstance(chart.source("patient"), Found)
        return
    with pytest.raises(Refusal) as refused:
        await read(ehr(), prefetch=prefetch(**sent), **server)
    assert refused.value.status == status
    assert "Patient" in refused.value.words


async def test_no_patient_on_the_server_either_is_a_412_that_says_why() -> None:
    with pytest.raises(Refusal) as refused:
        await read(ehr(patient=httpx.Response(404)), **TOKEN)
    assert refused.value.status == 412
    assert "answered 404" in refused.value.words


async def test_a_huge_prefetched_bundle_is_refused_and_a_huge_answer_is_a_gap() -> None:
    many = bundle(*[{}] * 6)
    with pytest.raises(Refusal) as refused:
        await read(ehr(), limits={"entries": 5}, prefetch=prefetch(**{**WHOLE, "labs": many}))
    assert (refused.value.status, refused.value.where) == (413, "prefetch.labs")
    chart = await read(ehr(labs=httpx.Response(200, json=many)), limits={"entries": 5}, **TOKEN)
    assert isinstance(chart.source("labs"), Failed)


async def test_an_odd_patient_id_cannot_leave_its_place_in_the_address() -> None:
    router = respx.Router(assert_all_called=False)
    router.route().mock(httpx.Response(404))
    with pytest.raises(Refusal):
        await read(router, patient_id="a?b&c=d#e", **TOKEN)
    urls = {str(call.request.url) for call in router.calls}
    assert f"{BASE}/Patient/a%3Fb%26c%3Dd%23e" in urls


def order(reference: str, name: str = "m1") -> dict[str, Any]:
    """An order that only refers to its drug."""
    return {
        "resourceType": "MedicationRequest", "id": name, "status": "draft", "subject": {"reference": "Patient/p1"},
        "medicationReference": {"reference": reference},
    }  # fmt: skip


def drafted(*orders: dict[str, Any]) -> Draft:
    """A draft with these orders."""
    return decode_draft(msgspec.json.encode(bundle(*orders)))


@pytest.mark.parametrize("reference", ["Medication/d1", f"{BASE}/Medication/d1", "Medication/d1/_history/2"])
async def test_a_drug_that_the_draft_refers_to_is_read(reference: str) -> None:
    router = ehr()
    drug = {"resourceType": "Medication", "id": "d1", "code": {"text": "nivolumab"}}
    router.get(f"{BASE}/Medication/d1").mock(httpx.Response(200, json=drug))
    chart = await read(router, drafted(order(reference)), **TOKEN)
    found = chart.medications[reference]
    assert found.code is not None
    assert found.code.text == "nivolumab"
    assert chart.notes == ()


@pytest.mark.parametrize(
    "reference", ["Medication/d1", "https://evil.example.org/fhir/Medication/d1", "Patient/p1", "#d1", "urn:uuid:1"]
)
async def test_a_drug_that_leads_nowhere_is_not_made_up(reference: str) -> None:
    router = ehr()
    router.get(f"{BASE}/Medication/d1").mock(httpx.Response(404))
    chart = await read(router, drafted(order(reference)), **TOKEN)
    assert not chart.medications
    assert all("evil" not in str(call.request.url) for call in router.calls)


async def test_no_more_drugs_are_read_than_allowed() -> None:
    router = ehr()
    route = router.get(url__regex=rf"{BASE}/Medication/.*").mock(httpx.Response(404))
    orders = [order(f"Medication/d{number}", f"m{number}") for number in range(9)]
    chart = await read(router, drafted(*orders), limits={"drugs": 4}, **TOKEN)
    assert route.call_count == 4
    assert chart.notes == ("9 referenced drugs could not be read",)
