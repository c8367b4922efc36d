"""A FHIR server in memory on a fixed clock, asked without HTTP, and small resources for it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import unquote

import msgspec

from cds.server.answers import pairs_of
from cds.server.ask import Answer, Ask
from cds.server.server import FhirServer
from cds.server.store import Store

BASE = "http://ehr.example.org/fhir"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
Json = dict[str, Any]


def server(address: str = "sqlite+aiosqlite://") -> FhirServer:
    """A server with nothing in it; the ids that it makes are new-1, new-2 …"""
    numbers = count(1)
    return FhirServer(Store(address), lambda: NOW, lambda: f"new-{next(numbers)}")


async def ask(fhir: FhirServer, method: str, url: str, body: Any = None, **headers: str) -> Answer:
    """The answer; ``body`` is JSON, or bytes as they are; ``if_match`` is the header If-Match."""
    path, _, query = url.partition("?")
    sent = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    steps = tuple(unquote(each) for each in path.split("/") if each)
    return await fhir.answer(Ask(method, steps, BASE, pairs_of(query), told, sent))


async def told(fhir: FhirServer, method: str, url: str, body: Any = None, **headers: str) -> Json:
    """The body of a good answer."""
    answer = await ask(fhir, method, url, body, **headers)
    assert answer.status < 300, answer.body
    return json(answer)


def json(answer: Answer) -> Json:
    """The body of the answer."""
    found: Json = msgspec.json.decode(answer.body)
    return found


async def keep(fhir: FhirServer, *resources: Json) -> None:
    """The resources are in the server, under their ids."""
    for each in resources:
        await told(fhir, "PUT", f"{each['resourceType']}/{each['id']}", each)


async def ids(fhir: FhirServer, url: str, **headers: str) -> list[str]:
    """The ids that the search finds, over all its pages, in order."""
    return [each["resource"]["id"] async for each in entries(fhir, url, **headers) if each["search"]["mode"] == "match"]


async def entries(fhir: FhirServer, url: str, **headers: str) -> AsyncIterator[Json]:
    """Every entry of every page."""
    while url:
        page = await told(fhir, "GET", url, **headers)
        for each in page.get("entry", ()):
            yield each
        url = link(page, "next").removeprefix(f"{BASE}/")


def link(page: Json, relation: str) -> str:
    """The link of the page, '' without one."""
    return next((each["url"] for each in page["link"] if each["relation"] == relation), "")


def refusal(answer: Answer, status: int, words: str = "", code: str = "") -> Json:
    """The answer's OperationOutcome, which has that status, says these words and shows no workings."""
    outcome = json(answer)
    assert (answer.status, outcome["resourceType"]) == (status, "OperationOutcome"), answer.body
    issue: Json = outcome["issue"][0]
    assert words in issue["diagnostics"]
    assert code in ("", issue["code"])
    assert b"Traceback" not in answer.body
    assert b"SELECT" not in answer.body
    return issue


def patient(named: str = "p1", /, **more: Any) -> Json:
    """A patient."""
    return {"resourceType": "Patient", "id": named, **more}


def observation(named: str, code: str = "2160-0", system: str = LOINC, **more: Any) -> Json:
    """A final observation of patient p1."""
    coding = {"system": system, "code": code} if system else {"code": code}
    return {
        "resourceType": "Observation",
        "id": named,
        "status": "final",
        "code": {"coding": [coding]},
        "subject": {"reference": "Patient/p1"},
        **more,
    }


def transaction(*requests: Json, kind: str = "transaction") -> Json:
    """The Bundle of those entries."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(requests)}


def entry(method: str, url: str, resource: Json | None = None, full_url: str = "", **request: str) -> Json:
    """One entry of it."""
    found: Json = {"request": {"method": method, "url": url, **request}}
    return found | ({"resource": resource} if resource else {}) | ({"fullUrl": full_url} if full_url else {})


def numbered(count_: int) -> Iterator[Json]:
    """So many observations, one a day."""
    for number in range(count_):
        yield observation(f"o{number:03}", effectiveDateTime=f"2026-01-{1 + number % 28:02}")
