"""Transactions happen whole or not at all, batches entry by entry, and references lead to where things are here."""

from typing import Any

import pytest

from cds.server.server import FhirServer
from tests.server.clinic import BASE, Json, ask, entry, ids, keep, observation, patient, refusal, told, transaction

NEW: Json = {"resourceType": "Patient"}


def lab(reference: str, **more: Any) -> Json:
    """A new observation about whom the reference leads to."""
    return {k: v for k, v in observation("x", subject={"reference": reference}, **more).items() if k != "id"}


async def test_references_to_new_resources_lead_to_their_new_names(fhir: FhirServer) -> None:
    urn = "urn:uuid:7c3f3b6e-0f0e-4a1b-9d2a-1f6f4c1f0a11"
    far = "https://other.example.org/fhir/Patient/77"
    bundle = transaction(
        entry("POST", "Observation", lab(urn)),
        entry("POST", "Observation", lab("Patient/77", derivedFrom=[{"reference": "urn:uuid:lost"}])),
        entry("POST", "Patient", NEW, urn),
        entry("POST", "Patient", NEW, far),
        entry("PUT", "Observation/mine", observation("mine", subject={"reference": far})),
        entry("GET", "Observation?patient=new-3"),
    )
    answer = await told(fhir, "POST", "", bundle)
    assert [each["response"]["status"] for each in answer["entry"]] == ["201"] * 5 + ["200"]
    assert answer["entry"][0]["resource"]["subject"]["reference"] == "Patient/new-3"
    assert answer["entry"][1]["resource"]["subject"]["reference"] == "Patient/new-4"
    assert answer["entry"][1]["resource"]["derivedFrom"] == [{"reference": "urn:uuid:lost"}]
    assert answer["entry"][2]["response"]["location"] == f"{BASE}/Patient/new-3/_history/1"
    assert answer["entry"][5]["resource"]["total"] == 1
    assert await ids(fhir, "Observation?patient=new-4") == ["new-2", "mine"]


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        (entry("POST", "Patient", {"resourceType": "Patient", "gender": 1}), 422),
        (entry("POST", "Patient", observation("x")), 400),
        (entry("POST", "Nonsense", {"resourceType": "Nonsense"}), 404),
        (entry("POST", "Patient"), 400),
        (entry("PUT", "Patient/a", patient("b")), 400),
        (entry("PUT", "Patient/p1", patient("p1", gender="male"), ifMatch='W/"9"'), 412),
        (entry("GET", "Patient/nobody"), 404),
        (entry("DELETE", "Patient/p1", ifMatch='W/"9"'), 412),
        (entry("POST", "Observation", lab("Patient?identifier=nobody")), 412),
        (entry("POST", "Observation", lab("Patient?foo=1")), 400),
        (entry("PATCH", "Patient/p1"), 400),
        (entry("PUT", "Patient/twice", patient("twice")), 400),
        ({"resource": NEW}, 400),
    ],
)
async def test_one_bad_entry_undoes_the_whole_transaction(fhir: FhirServer, broken: Json, status: int) -> None:
    await keep(fhir, patient("p1"), patient("keep"))
    good = [
        entry("POST", "Patient", NEW),
        entry("DELETE", "Patient/keep"),
        entry("PUT", "Patient/twice", patient("twice")),
    ]
    issue = refusal(await ask(fhir, "POST", "", transaction(*good, broken)), status)
    assert issue["expression"][0].startswith("Bundle.entry[3]") or "two entries" in issue["diagnostics"]
    assert await ids(fhir, "Patient") == ["p1", "keep"]
    assert "gender" not in await told(fhir, "GET", "Patient/p1")


async def test_conditions_hold_inside_a_transaction(fhir: FhirServer) -> None:
    await keep(fhir, patient("p1", identifier=[{"value": "1"}]))
    bundle = transaction(
        entry("POST", "Patient", NEW, "urn:uuid:a", ifNoneExist="identifier=1"),
        entry("PUT", "Practitioner?identifier=9", {"resourceType": "Practitioner", "identifier": [{"value": "9"}]}),
        entry("POST", "Observation", lab("urn:uuid:a")),
        entry("POST", "Observation", lab("Patient?identifier=1")),
    )
    answer = await told(fhir, "POST", "", bundle)
    assert [each["response"]["status"] for each in answer["entry"]] == ["200", "201", "201", "201"]
    assert len(await ids(fhir, "Observation?patient=p1")) == 2


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_an_entry_that_matched_says_where_the_match_stands(fhir: FhirServer, kind: str) -> None:
    await keep(fhir, patient("p1", identifier=[{"value": "1"}]))
    bundle = transaction(entry("POST", "Patient", NEW, ifNoneExist="identifier=1"), kind=kind)
    response = (await told(fhir, "POST", "", bundle, prefer="return=minimal"))["entry"][0]["response"]
    assert (response["status"], response["etag"]) == ("200", 'W/"1"')
    assert response["location"] == f"{BASE}/Patient/p1/_history/1"


async def test_a_batch_does_what_it_can(fhir: FhirServer) -> None:
    await keep(fhir, patient("p1"))
    bundle = transaction(
        entry("GET", "Patient/p1"),
        entry("GET", "Patient/nobody"),
        entry("POST", "Patient", {"resourceType": "Patient", "gender": 1}),
        entry("POST", "Patient", NEW),
        {"request": {"method": "GET"}},
        entry("GET", "Patient?_summary=count"),
        kind="batch",
    )
    answer = await told(fhir, "POST", "", bundle)
    assert answer["type"] == "batch-response"
    assert [each["response"]["status"] for each in answer["entry"]] == ["200", "404", "422", "201", "400", "200"]
    assert answer["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert answer["entry"][5]["resource"]["total"] == 2


@pytest.mark.parametrize("bundle", [{"resourceType": "Bundle", "type": "collection"}, NEW, {"resourceType": "Bundle"}])
async def test_other_bundles_are_not_taken_at_the_base(fhir: FhirServer, bundle: Json) -> None:
    refusal(await ask(fhir, "POST", "", bundle), 400, "transaction or batch")


async def test_an_empty_transaction_does_nothing(fhir: FhirServer) -> None:
    assert await told(fhir, "POST", "", transaction()) == {"resourceType": "Bundle", "type": "transaction-response"}
    refusal(await ask(fhir, "POST", "", transaction() | {"entry": {"a": 1}}), 400)
