"""``bone-cds audit --fhir``: the export is asked for, waited for, fetched and deleted, over a real connection."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from joserfc.jwk import ECKey

from cds.clock import fresh_uuid, moment
from cds.gateway.client import ANYWHERE, make_client
from cds.population.bulk import BulkServer
from cds.population.files import find_export
from cds.population.smart import Backend, BulkFailed, read_key, token_url_of
from tests.population.bulk_server import Bulk
from tests.population.made import audited, export, resources

KEY = ECKey.generate_key("P-384", private=True)


@pytest.fixture
def bulk(tmp_path: Path) -> Iterator[Bulk]:
    """The server, with the export of two patients."""
    folder = export(tmp_path / "there", resources("on-treatment-6-months"), resources("high-frax"))
    state = Bulk(folder, KEY)
    server = uvicorn.Server(uvicorn.Config(state.app(), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    state.base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield state
    server.should_exit = True
    thread.join()


async def fetched(bulk: Bulk, folder: Path, key: ECKey = KEY, group: str = "", patience: float = 60) -> list[float]:
    """The export lies in the folder; the pauses that were made."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    base = f"{bulk.base}/fhir"
    async with make_client(reach=ANYWHERE) as client:
        backend = Backend(client, "audit", key, await token_url_of(client, base), moment, fresh_uuid)
        await BulkServer(base, client, backend, moment, patience, sleep).export(folder, group)
    return pauses


def test_an_export_is_fetched_and_audited_and_the_servers_copy_deleted(bulk: Bulk, tmp_path: Path) -> None:
    pauses = asyncio.run(fetched(bulk, tmp_path / "here", group="icis"))
    assert pauses[:2] == [7.0, 7.0]
    assert bulk.deleted
    assert "/Group/icis/$export?_type=AllergyIntolerance,Condition" in bulk.asked[0]
    assert find_export(tmp_path / "here").asked
    there = sorted(file.read_bytes() for file in bulk.folder.glob("*.ndjson"))
    assert sorted(file.read_bytes() for file in (tmp_path / "here").glob("*.ndjson")) == there
    result = audited(tmp_path / "here", tmp_path / "o", asked=())
    assert result.tally.statuses["on-treatment"] == 1
    assert result.absent == ()
    assert not result.incomplete


def test_what_the_server_could_not_export_makes_the_results_incomplete(bulk: Bulk, tmp_path: Path) -> None:
    bulk.error = True
    asyncio.run(fetched(bulk, tmp_path / "here"))
    result = audited(tmp_path / "here", tmp_path / "o", asked=())
    assert [fault.what for fault in result.faults] == ["not everything was exported"]
    assert "no labs" in result.faults[0].why
    assert result.tally.statuses["not-known"] == 1


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"expires": "2020-01-01T00:00:00Z"}, "expired"),
        ({"count_off": 1}, "could not be downloaded"),
        ({"broken_status": 500 + 1}, "failed on the server"),
        ({"polls_left": 99}, "takes too long"),
    ],
    ids=["expired", "short files", "failed", "late"],
)
def test_an_export_that_cannot_be_had_says_why_and_is_deleted(
    bulk: Bulk, tmp_path: Path, state: dict[str, str | int], told: str
) -> None:
    for name, value in state.items():
        setattr(bulk, name, value)
    with pytest.raises(BulkFailed, match=told) as failed:
        asyncio.run(fetched(bulk, tmp_path / "here", patience=5 if told == "takes too long" else 60))
    assert failed.value.fix
    assert bulk.deleted


def test_a_key_that_the_server_does_not_know_gets_no_token(bulk: Bulk, tmp_path: Path) -> None:
    with pytest.raises(BulkFailed, match="no token"):
        asyncio.run(fetched(bulk, tmp_path / "here", ECKey.generate_key("P-384", private=True)))
    assert not (tmp_path / "here" / "manifest.json").exists()


def test_a_key_is_read_as_pem_or_jwk_and_anything_else_refused() -> None:
    assert read_key(KEY.as_pem(private=True).decode()).is_private
    assert read_key(json.dumps(KEY.as_dict(private=True))).is_private
    for wrong in ("", "no key", KEY.as_pem(private=False).decode()):
        with pytest.raises(BulkFailed, match="private key"):
            read_key(wrong)
