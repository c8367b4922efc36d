"""What the server stores and says is valid R4 by validators that others wrote; what it claims is what it does."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.clinic import Json, entry, observation, patient, transaction
from tests.server.live import service
from tests.server.validators import defined, modelled

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
SEVERAL = 250
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client of a server that holds the fixtures, Synthea's patients too."""
    with service(fhir_load=FIXTURES) as address, httpx.Client(base_url=f"{address}/fhir", timeout=60) as made:
        yield made


def pages(client: httpx.Client, url: str) -> Iterator[Json]:
    """Every page of a search."""
    while url:
        page = client.get(url).raise_for_status().json()
        yield page
        url = next((each["url"] for each in page["link"] if each["relation"] == "next"), "")


@pytest.fixture(scope="module")
def stored(client: httpx.Client) -> list[Json]:
    """Everything that the server holds."""
    kinds = [each["type"] for each in client.get("/metadata").json()["rest"][0]["resource"]]
    return [
        each["resource"]
        for kind in kinds
        if client.get(f"/{kind}?_summary=count").json()["total"]
        for page in pages(client, f"/{kind}?_count=1000")
        for each in page["entry"]
    ]


@pytest.fixture(scope="module")
def said(client: httpx.Client) -> list[Json]:
    """One of each thing that the server says by itself."""
    bundle = transaction(
        entry("POST", "Patient", {"resourceType": "Patient"}, "urn:uuid:1"),
        entry("PUT", "Patient/said", patient("said")),
        entry("PUT", "Observation/said", observation("said", subject={"reference": "Patient/said"})),
        entry("GET", "Patient?_count=2"),
        entry("DELETE", "Patient/nobody"),
    )
    batch = transaction(entry("GET", "Patient/nobody"), entry("GET", "Observation/said"), kind="batch")
    base = f"{client.base_url}".rstrip("/")
    answers = [
        client.get("/metadata"),
        client.get("/Patient?_count=3&_revinclude=Observation:patient"),
        client.get("/Patient?nonsense=1&_elements=gender"),
        client.get("/Patient?_id=nobody"),
        client.get("/Patient/said/$everything"),
        client.get("/Patient/said/_history"),
        client.get("/Patient/nobody"),
        client.post("/Patient", json={"resourceType": "Patient", "gender": 1}),
        client.put("/Patient/said", json=patient("said"), headers={"prefer": "return=OperationOutcome"}),
        httpx.post(base, json=bundle),
        httpx.post(base, json=batch),
    ]
    return [answer.json() for answer in answers]


def test_what_is_stored_is_valid_by_the_models(stored: list[Json]) -> None:
    assert len(stored) > 2000
    assert modelled(stored[:: len(stored) // SEVERAL]) == []


def test_what_is_stored_is_valid_by_the_definitions(stored: list[Json]) -> None:
    assert defined(stored) == []


def test_what_is_said_is_valid_by_the_models(said: list[Json]) -> None:
    assert modelled(said) == []


def test_what_is_said_is_valid_by_the_definitions(said: list[Json]) -> None:
    assert defined(said) == []


def test_every_type_that_is_claimed_can_be_searched_by_all_that_is_claimed(client: httpx.Client) -> None:
    values = {
        "token": "a|b",
        "reference": "Patient/1",
        "date": "ge2020",
        "string": "a",
        "uri": "urn:a",
        "number": "1",
        "quantity": "1||mg",
    }
    for kind in client.get("/metadata").json()["rest"][0]["resource"]:
        query = {each["name"]: values[each["type"]] for each in kind["searchParam"]}
        answer = client.get(f"/{kind['type']}", params=query, headers={"prefer": "handling=strict"})
        assert (answer.status_code, answer.json()["total"]) == (200, 0), kind["type"]
        includes = [("_include", each) for each in kind.get("searchInclude", ())]
        includes += [("_revinclude", each) for each in kind.get("searchRevInclude", ())[:50]]
        answer = client.get(
            f"/{kind['type']}", params=[*includes, ("_count", "1")], headers={"prefer": "handling=strict"}
        )
        assert answer.status_code == 200, (kind["type"], answer.text[:500])
