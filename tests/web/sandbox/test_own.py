"""Bring your own: a sound Bundle or request is read; anything else is told in plain words, nothing is run or lost."""

import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest

from cds.resources import fixtures_directory
from tests.web.desk import NIVOLUMAB, bundle, hook
from tests.web.sandbox.bedside import HIP, SIGNED, decisions, exchanged, json_bytes, page, ward

EVIL = "<img src=x onerror=alert(1)>"
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "x", "gender": "female", "birthDate": "1950-01-01"}
ANOTHER = {**PATIENT, "id": "y"}
WOUNDS: list[tuple[bytes, str]] = [
    (b"", "Nothing was pasted"),
    (b"hello", "not sound JSON"),
    (b'{"resourceType": "Bundle"', "not sound JSON"),
    (b'{"a": NaN}', "not sound JSON"),
    (b'{"a": 1, "a": 2}', "not sound JSON"),
    (b"[" * 5000 + b"]" * 5000, "not sound JSON"),
    (b"[]", "must be an object"),
    (b"<Bundle/>", "XML or HTML"),
    (gzip.compress(b"{}"), "compressed"),
    (b"PK\x03\x04zip", "compressed"),
    (b"\xff\xfe{\x00}\x00", "not sound JSON"),
    (b"{}", "no FHIR resource and no hook request"),
    (json_bytes(PATIENT), "a FHIR resource of type Patient"),
    (b'{"resourceType": "Bundle", "type": "collection"}', "the bundle is empty"),
    (json_bytes(bundle({"resourceType": "Observation", "id": "o", "status": "final"})), "0 patients"),
    (json_bytes(bundle(PATIENT, ANOTHER)), "2 patients"),
    (json_bytes({"hook": "order-dispatch", "hookInstance": "1", "context": {"patientId": "p"}}), "No service"),
    (json_bytes({"hook": "order-sign"}), "hookInstance is missing"),
]  # fmt: skip


async def bring(client: httpx.AsyncClient, body: bytes, name: str = "mine.json") -> httpx.Response:
    """What the page says to a file with that in it."""
    return await client.post("/sandbox/own", files={"file": (name, body, "application/json")}, data={"text": ""})


async def test_what_cannot_be_read_is_told_and_nothing_is_stored(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        before = (await client.get("/fhir/Patient")).json()["total"]
        for body, words in WOUNDS:
            response = await bring(client, body, "mine.json" if body else "")
            assert response.status_code in (400, 422), words
            assert words in response.text, (words, response.text[-900:])
            assert "Traceback" not in response.text
        assert (await client.get("/fhir/Patient")).json()["total"] == before


async def test_what_was_typed_is_not_lost(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        typed = '{"resourceType": "Bundle", </textarea><script>alert(1)</script>'
        response = await client.post("/sandbox/own", files={"file": ("", b"")}, data={"text": typed})
    assert response.status_code == 422
    assert "&lt;/textarea&gt;&lt;script&gt;" in response.text
    assert "<script>alert" not in response.text


async def test_fifty_megabytes_are_refused_on_the_page(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        response = await bring(client, b'{"resourceType":"Bundle","x":"' + b"x" * 50 * 1024 * 1024 + b'"}')
        assert response.status_code == 413
        assert "larger than the 5 MB" in response.text
        assert (await client.get("/sandbox")).status_code == 200


async def test_a_bundle_becomes_a_patient_beside_the_others(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        body = (fixtures_directory() / "patients" / f"{HIP}.json").read_bytes()
        response = await bring(client, body)
        assert response.status_code == 303
        name = response.headers["location"].rpartition("/")[2]
        assert name.startswith("own-")
        own, theirs = await page(client, name, **SIGNED), await page(client, HIP, **SIGNED)
        (_, mine), (_, other) = await exchanged(client, own), await exchanged(client, theirs)
        assert decisions(mine) == decisions(other)
        assert (await client.get("/fhir/Patient")).json()["total"] == 2


async def test_markup_in_names_stays_text(tmp_path: Path) -> None:
    person = {**PATIENT, "name": [{"family": EVIL, "given": [EVIL]}]}
    problem = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/x"}, "code": {"text": EVIL}}
    async with ward(tmp_path) as client:
        response = await bring(client, json_bytes(bundle(person, problem)))
        shown = await client.get(response.headers["location"], params=SIGNED)
        listed = await client.get("/sandbox")
    for each in (shown, listed):
        assert "<img src=x" not in each.text
        assert "&lt;img src=x" in each.text


@pytest.mark.parametrize("name", ["order-sign", "order-select", "patient-view"])
async def test_a_hook_request_is_answered_as_it_is(tmp_path: Path, name: str) -> None:
    async with ward(tmp_path) as client:
        request = hook(name)
        response = await bring(client, json_bytes(request))
        assert response.status_code == 303
        text = (await client.get(response.headers["location"])).text
        sent, answer = await exchanged(client, text)
    assert sent == request
    assert answer["cards"] is not None
    assert name in text


async def test_another_fhir_server_is_never_taken_for_ours(tmp_path: Path) -> None:
    asking: dict[str, Any] = {"context": {"patientId": HIP, "draftOrders": bundle(NIVOLUMAB)}, "prefetch": {}}
    async with ward(tmp_path) as client:
        told = []
        for server in ("http://cds.example.org/fhir", "http://127.0.0.1:9/fhir", "https://ehr.example.org/fhir"):
            response = await bring(client, json_bytes(hook(fhirServer=server, **asking)))
            told.append((await client.get(response.headers["location"])).text)
    ours, unreachable, foreign = told
    assert "refused the request" not in ours
    assert "could not be reached" in unreachable
    assert "not on this service&#39;s allow-list" in foreign


async def test_a_refused_request_is_told_with_the_services_words(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        response = await bring(client, json_bytes(hook(prefetch={})))
        text = (await client.get(response.headers["location"])).text
    assert "The service refused the request (412)" in text
    assert "the Patient is needed" in text


@pytest.mark.parametrize("name", ["order-select", "patient-view"])
async def test_a_request_goes_to_its_own_hooks_service_whatever_else_it_names(tmp_path: Path, name: str) -> None:
    person = {**PATIENT, "id": "p1", "name": [{"family": "order-sign"}]}
    request = hook(name, prefetch={"patient": person}, extension={"from": "order-sign"})
    async with ward(tmp_path) as client:
        response = await bring(client, json_bytes(request))
        text = (await client.get(response.headers["location"])).text
        sent, answer = await exchanged(client, text)
    assert sent == request
    assert f"POST /cds-services/ici-bone-health-{name}" in text
    assert "cards" in answer, text
