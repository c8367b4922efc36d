"""Databases: on file and in memory, many writers at once, a locked file, and what is begun is done or undone."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cds.server import store
from cds.server.server import FhirServer
from cds.server.store import IN_MEMORY, database_address
from tests.server.clinic import ask, ids, json, keep, observation, patient, refusal, server, told


@pytest.fixture(params=["file", "memory"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FhirServer]:
    """A server on a file, and one in memory."""
    made = server(f"sqlite+aiosqlite:///{tmp_path / 'fhir.db'}" if request.param == "file" else IN_MEMORY)
    yield made
    await made.close()


async def test_many_writers_at_once_lose_nothing(either: FhirServer) -> None:
    one = asyncio.gather(*(ask(either, "PUT", f"Patient/p{number}", patient(f"p{number}")) for number in range(40)))
    same = asyncio.gather(*(ask(either, "PUT", "Patient/same", patient("same", language=f"l{n}")) for n in range(20)))
    reads = asyncio.gather(*(ask(either, "GET", "Patient?_count=1000") for _ in range(20)))
    made, changed, seen = await asyncio.gather(one, same, reads)
    assert {each.status for each in made} == {201}
    assert sorted(each.status for each in changed) == [200] * 19 + [201]
    assert {each.status for each in seen} == {200}
    assert len(await ids(either, "Patient")) == 41
    assert (await told(either, "GET", "Patient/same"))["meta"]["versionId"] == "20"


async def test_of_writers_who_expect_the_same_version_one_wins(either: FhirServer) -> None:
    await keep(either, patient())
    tries = (ask(either, "PUT", "Patient/p1", patient(language=f"l{n}"), if_match='W/"1"') for n in range(10))
    assert sorted(each.status for each in await asyncio.gather(*tries)) == [200] + [412] * 9


async def test_readers_see_all_of_a_transaction_or_nothing(either: FhirServer) -> None:
    rows = [
        {"resource": observation(f"o{n}"), "request": {"method": "PUT", "url": f"Observation/o{n}"}} for n in range(300)
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": rows}
    written = asyncio.create_task(ask(either, "POST", "", bundle))
    seen = set()
    while not written.done():
        seen.add((await told(either, "GET", "Observation?_summary=count"))["total"])
        await asyncio.sleep(0)
    assert (await written).status == 200
    assert seen <= {0, 300}


async def test_two_servers_share_a_file(tmp_path: Path) -> None:
    address = f"sqlite+aiosqlite:///{tmp_path / 'fhir.db'}"
    one, two = server(address), server(address)
    writes = [keep(fhir, patient(f"{name}{n}")) for n in range(10) for name, fhir in (("a", one), ("b", two))]
    await asyncio.gather(*writes)
    assert sorted(await ids(one, "Patient")) == sorted(await ids(two, "Patient"))
    assert len(await ids(one, "Patient")) == 20
    await one.close()
    await two.close()
    again = server(address)
    assert len(await ids(again, "Patient")) == 20
    await again.close()


async def test_a_database_that_stays_locked_is_told_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0)
    fhir = server(f"sqlite+aiosqlite:///{tmp_path / 'fhir.db'}")
    await keep(fhir, patient("before"))
    with sqlite3.connect(tmp_path / "fhir.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        refusal(await ask(fhir, "PUT", "Patient/during", patient("during")), 503, "busy", "lock-error")
        assert await ids(fhir, "Patient") == ["before"]
        other.execute("ROLLBACK")
    other.close()
    await keep(fhir, patient("after"))
    assert await ids(fhir, "Patient") == ["before", "after"]
    await fhir.close()


async def test_a_write_that_is_cancelled_leaves_nothing_behind(either: FhirServer) -> None:
    await keep(either, patient("before"))
    for pause in (0, 0.001, 0.003, 0.01):
        task = asyncio.create_task(ask(either, "PUT", f"Patient/{pause}", patient(str(pause))))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await keep(either, patient("after"))
    found = await ids(either, "Patient")
    assert {"before", "after"} <= set(found)
    for name in set(found) - {"before", "after"}:
        assert json(await ask(either, "GET", f"Patient/{name}"))["id"] == name


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", IN_MEMORY),
        ("some/file.db", "sqlite+aiosqlite:///some/file.db"),
        ("/some/file.db", "sqlite+aiosqlite:////some/file.db"),
        ("sqlite:///file.db", "sqlite+aiosqlite:///file.db"),
        ("postgresql://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
    ],
)
def test_a_database_is_named_as_people_name_it(written: str, address: str) -> None:
    assert database_address(written) == address


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="use postgresql"):
        database_address("mysql://h/d")
