"""Nothing that was answered is lost: to kill -9, a busy SQLite, a PostgreSQL that restarts, a full disk."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import msgspec
import pytest

from cds.bootstrap import build
from cds.journal.database import Database
from cds.settings import Settings
from tests.journal.desk import KEY, checked, decision_of, entries, journal_of, open_house, settings_for, settled, sign
from tests.journal.desk import somebody as somebody_s
from tests.patience import in_time
from tests.postgres import Server
from tests.web.desk import SIGN
from tests.web.test_server import PATIENCE, ROOT, free_port

START = """
import resource
from pathlib import Path
from cds.settings import Settings
from cds.web import serve
if {most}:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
serve(Settings(port={port}, as_of="2026-11-24", journal_database={address!r}, data_dir=Path({folder!r}),
    journal_key={key!r}, log_level="error"))
"""


@contextmanager
def served(address: str, folder: Path, most: int = 0) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A server in a process of its own with that journal, whose files grow to ``most`` bytes; and a client."""
    port = free_port()
    code = START.format(port=port, address=address, folder=str(folder), key=KEY, most=most)
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            end = monotonic() + PATIENCE
            while not _answers(client):
                assert process.poll() is None
                assert monotonic() < end
                sleep(0.1)
            yield process, client
    finally:
        process.kill()
        process.wait()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def signed(client: httpx.Client, number: int) -> str:
    """The id of the decision that was answered."""
    response = client.post(SIGN, content=msgspec.json.encode(somebody_s(number)))
    assert response.status_code == 200, response.text
    return decision_of(response.json())


async def journalled(settings: Settings) -> set[str]:
    """The decisions in the journal, once a new process has opened it."""
    house = await open_house(settings)
    assert (await checked(house)).faults == []
    found = {entry.id for entry in await entries(house, "decision")}
    await house.close()
    return found


@pytest.mark.slow
async def test_kill_9_right_after_an_answer_loses_nothing(address: str, tmp_path: Path) -> None:
    settings = settings_for(address, tmp_path)
    await (await open_house(settings)).close()
    answered: set[str] = set()
    for turn in range(3):
        with served(address, tmp_path) as (process, client):
            answered |= {signed(client, number) for number in range(turn * 7 + 1)}
            process.kill()
    assert len(answered) == 24
    assert await journalled(settings) == answered


@pytest.mark.slow
async def test_kill_9_while_sqlite_is_busy_loses_nothing(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/journal.sqlite"
    settings = settings_for(address, tmp_path)
    await (await open_house(settings)).close()
    with served(address, tmp_path) as (process, client):
        other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        answered = {signed(client, number) for number in range(5)}
        process.kill()
        process.wait()
        assert list((tmp_path / "spool").glob("*.spool"))
        other.execute("ROLLBACK")
        other.close()
    assert await journalled(settings) == answered


async def test_a_busy_sqlite_is_waited_for(tmp_path: Path) -> None:
    house = await open_house(settings_for(f"sqlite:///{tmp_path}/journal.sqlite", tmp_path))
    await settled(house)
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(settled(house))
    async with in_time(PATIENCE / 4):
        response = await sign(house)
    other.execute("ROLLBACK")
    other.close()
    await waiting
    await settled(house)
    assert [entry.id for entry in await entries(house, "decision")] == [decision_of(response)]
    await house.close()


async def test_a_postgresql_that_crashes_and_restarts_is_waited_for(postgres: Server, tmp_path: Path) -> None:
    house = await open_house(settings_for(postgres.create("restarted"), tmp_path))
    answered = [decision_of(await sign(house, somebody_s(0)))]
    await settled(house)
    await asyncio.to_thread(postgres.stop)
    try:
        answered += [decision_of(await sign(house, somebody_s(number))) for number in range(1, 4)]
        assert not await journal_of(house).writer.drain()
        assert journal_of(house).state.waiting_bytes > 0
        assert journal_of(house).state.trouble
    finally:
        await asyncio.to_thread(postgres.start)
    answered.append(decision_of(await sign(house, somebody_s(4))))
    await settled(house)
    report = await checked(house)
    assert report.faults == []
    assert [entry.id for entry in await entries(house, "decision")] == answered
    assert journal_of(house).state.trouble == ""
    await house.close()


@pytest.mark.slow
async def test_a_service_starts_while_postgresql_is_away(postgres: Server, tmp_path: Path) -> None:
    address = postgres.create("away")
    await (await open_house(settings_for(address, tmp_path))).close()
    await asyncio.to_thread(postgres.stop)
    try:
        with served(address, tmp_path) as (process, client):
            answered = {signed(client, number) for number in range(3)}
            process.kill()
    finally:
        await asyncio.to_thread(postgres.start)
    assert await journalled(settings_for(address, tmp_path)) == answered


@pytest.mark.slow
async def test_a_full_disk_fails_no_answer_and_the_database_still_gets_it(postgres: Server, tmp_path: Path) -> None:
    address = postgres.create("full")
    settings = settings_for(address, tmp_path)
    await (await open_house(settings)).close()
    with served(address, tmp_path, most=20_000) as (_, client):
        answered = {signed(client, number) for number in range(12)}
        end = monotonic() + PATIENCE
        while "bone_cds_journal_waiting_bytes 0.0" not in client.get("/metrics").text:
            assert monotonic() < end
            sleep(0.2)
    assert await journalled(settings) == answered


@pytest.mark.parametrize("step", ["", "0003"])
async def test_tables_that_are_not_up_to_date_are_told_and_nothing_is_lost(
    postgres: Server, tmp_path: Path, step: str
) -> None:
    address = postgres.create(f"stale{step}")
    if step:
        database = Database(address)
        assert await database.migrate() == ("", step)
        await database.close()
    house = build(settings_for(address, tmp_path))
    await house.open()
    await sign(house)
    assert await journal_of(house).writer.drain() is bool(step)
    assert ("bone-cds journal migrate" in journal_of(house).state.trouble) is not bool(step)
    await house.close()
