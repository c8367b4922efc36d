"""On PostgreSQL the server answers exactly as it does on SQLite."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest

from cds.server.server import FhirServer
from cds.server.store import database_address
from tests.postgres import Server
from tests.server.clinic import (
    ask,
    entry,
    ids,
    keep,
    numbered,
    observation,
    patient,
    refusal,
    server,
    told,
    transaction,
)
from tests.server.test_pages import OTHERS, VISITS, both
from tests.server.test_search import LAB_SEARCHES, LABS, PATIENT_SEARCHES, PEOPLE, found

_NUMBERS = count(1)


@pytest.fixture
async def fhir(postgres: Server) -> AsyncIterator[FhirServer]:
    """A server with nothing in it, in a database of its own."""
    made = server(database_address(postgres.create(f"fhir{next(_NUMBERS)}")))
    yield made
    await made.close()


async def test_every_search_finds_the_same(fhir: FhirServer) -> None:
    await keep(fhir, *PEOPLE, *LABS)
    searches = [("Patient", *row) for row in PATIENT_SEARCHES.items()]
    searches += [("Observation", *row) for row in LAB_SEARCHES.items()]
    for kind, query, expected in searches:
        assert await found(fhir, kind, query) == sorted(expected.split()), query


async def test_orders_pages_and_includes_are_the_same(fhir: FhirServer) -> None:
    await keep(fhir, *OTHERS, *VISITS)
    for order, expected in {"-date": "a d b c", "subject,-date": "a d c b", "-_id": "d c b a"}.items():
        assert await ids(fhir, f"Observation?_sort={order}&_count=1") == expected.split()
    query = "Organization?_revinclude=Patient:organization&_revinclude:iterate=Observation:patient"
    assert sorted((await both(fhir, query))["include"]) == ["a", "c", "d", "p1"]
    for unsound in ("_sort=date&_page=WyJhIiwxXQ", "_sort=date&_page=WzFlMzAsMV0", "_id=a%00", "date=9999-12-31"):
        assert (await ask(fhir, "GET", f"Observation?{unsound}")).status in (200, 400)


async def test_writers_at_once_lose_nothing_and_one_of_rivals_wins(fhir: FhirServer) -> None:
    await keep(fhir, patient())
    rivals = (ask(fhir, "PUT", "Patient/p1", patient(language=f"l{n}"), if_match='W/"1"') for n in range(5))
    assert sorted(each.status for each in await asyncio.gather(*rivals)) == [200] + [412] * 4
    await asyncio.gather(*(keep(fhir, each) for each in numbered(20)))
    assert len(await ids(fhir, "Observation")) == 20


async def test_a_bad_transaction_leaves_nothing(fhir: FhirServer) -> None:
    good, bad = entry("POST", "Patient", {"resourceType": "Patient"}), entry("PUT", "Patient/a", patient("b"))
    refusal(await ask(fhir, "POST", "", transaction(good, bad)), 400)
    assert await ids(fhir, "Patient") == []
    await told(fhir, "POST", "", transaction(good, entry("PUT", "Observation/o", observation("o"))))
    assert (len(await ids(fhir, "Patient")), await ids(fhir, "Observation?patient=p1")) == (1, ["o"])
    await ask(fhir, "DELETE", "Observation/o")
    refusal(await ask(fhir, "GET", "Observation/o"), 410)
