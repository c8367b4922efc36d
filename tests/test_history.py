"""A made-up past: loaded through the service and the journal, whole or not at all, and never taken for a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sql

from cds.access.safety import UnsafeSettings
from cds.cli.history import orders_of
from cds.clock import fresh_uuid
from cds.history import already_there, keeping_inputs, load_history
from cds.journal.database import Database
from cds.journal.figures import Period, answers, burden
from cds.journal.install import archive_of, journal_keys, prepare_journal, seal_ring
from cds.journal.simulated import SIMULATED, History, histories, is_simulated, simulated_within
from cds.journal.tables import DECISIONS, ENTRIES, INPUTS
from cds.journal.verify import verify
from cds.replay.again import Replayer
from cds.settings import Settings
from cds.synth import Orders, Population
from tests.audit.desk import audited, browsing
from tests.journal.desk import settings_for

PRESENT = date(2026, 11, 20)
COUNT = 30


def small(seed: int = 1) -> Orders:
    """Thirty orders."""
    return Orders(Population(130, seed, PRESENT), COUNT, 90)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the journal with the history lies."""
    return tmp_path_factory.mktemp("history")


def settings_in(folder: Path) -> Settings:
    """Settings of a demonstration."""
    return keeping_inputs(settings_for(f"sqlite:///{folder}/journal.sqlite", folder, as_of=None))


@asynccontextmanager
async def loaded(folder: Path) -> AsyncIterator[tuple[Settings, Database, History]]:
    """The journal with the history, loaded at the first time."""
    settings = settings_in(folder)
    await prepare_journal(settings)
    history = await already_there(settings, small()) or await load_history(settings, small(), lambda _: None)
    database = Database(settings.journal_database)
    yield settings, database, history
    await database.close()


def period(first: date, last: date) -> Period:
    """From one day to another, both included."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    return Period(int(start.timestamp() * 1000), int(end.timestamp() * 1000))


async def test_every_order_is_journalled_on_the_day_on_which_it_was_signed(folder: Path) -> None:
    async with loaded(folder) as (_, database, history):
        assert (history.signed, history.last) == (COUNT, PRESENT.isoformat())
        async with database.reading() as connection:
            rows = [*await connection.execute(sql.select(DECISIONS).order_by(DECISIONS.c.seq))]
        days = [datetime.fromtimestamp(row.at / 1000, tz=UTC).date().isoformat() for row in rows]
        assert days == [row.day for row in rows] == sorted(row.day for row in rows)
        assert [row.at for row in rows] == sorted(row.at for row in rows)
        assert (days[0], days[-1]) == (history.first, history.last)
        assert len(set(days)) > 5
        assert len({row.patient for row in rows}) > 10


async def test_the_audit_has_its_figures(folder: Path) -> None:
    async with loaded(folder) as (_, database, history):
        whole = period(PRESENT - timedelta(days=90), PRESENT)
        told = await burden(database, whole)
        assert told.decisions == COUNT
        assert told.cards > COUNT / 2
        assert all(ms > 0 for ms in told.latency.values())
        came = await answers(database, whole)
        assert sum(each.accepted.of for each in came.rules) == history.answers > 5
        assert any(each.overridden.count for each in came.rules)
        assert came.reasons
        assert not came.strange


async def test_everything_made_up_says_so(folder: Path) -> None:
    async with loaded(folder) as (_, database, _):
        async with database.reading() as connection:
            writers = {row.writer for row in await connection.execute(sql.select(ENTRIES.c.writer))}
            decision = (await connection.execute(sql.select(DECISIONS.c.id))).scalars().first()
        assert writers == {SIMULATED}
        assert await is_simulated(database, str(decision))
        assert await simulated_within(database, period(PRESENT - timedelta(days=90), PRESENT)) == COUNT
        assert not await is_simulated(database, fresh_uuid())


async def test_the_pages_say_so_too(tmp_path: Path) -> None:
    async with loaded(tmp_path) as (_, database, _), database.reading() as connection:
        decision = (await connection.execute(sql.select(DECISIONS.c.id))).scalars().first()
    house = await audited(tmp_path)
    days = f"?first={PRESENT - timedelta(days=90)}&last={PRESENT}"
    async with browsing(house, "phil") as phil:
        for page in ("burden", "overrides", "decisions"):
            assert f"{COUNT} decisions of this period are made up" in (await phil.see(f"/audit/{page}{days}")).text
        assert "this order is made up" in (await phil.see(f"/audit/decisions/{decision}")).text
        assert "made up" not in (await phil.see("/audit/burden?first=2020-01-01&last=2020-01-02")).text
    await house.close()


async def test_the_chain_holds_and_the_clock_never_went_back(folder: Path) -> None:
    async with loaded(folder) as (settings, database, _):
        report = await verify(database, journal_keys(settings), seal_ring(settings))
        assert report.faults == []
        assert report.notes == []
        assert report.inputs == COUNT


async def test_a_past_order_can_be_judged_again(folder: Path) -> None:
    async with loaded(folder) as (settings, _, _):
        archive = archive_of(settings)
        replayer = Replayer(archive, settings)
        assert {(await replayer.again(each)).result for each in (await replayer.decisions())[-5:]} == {"identical"}
        await archive.database.close()


async def test_it_is_loaded_once_for_a_seed(folder: Path) -> None:
    async with loaded(folder) as (settings, database, history):
        assert await already_there(settings, small()) == history
        assert await already_there(settings, small(seed=2)) is None
        assert await histories(database) == [history]


async def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await prepare_journal(settings)

    def stopped(signed: int) -> None:
        if signed > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await load_history(settings, small(), stopped)
    database = Database(settings.journal_database)
    async with database.reading() as connection:
        for table in (ENTRIES, DECISIONS, INPUTS):
            assert (await connection.execute(sql.select(sql.func.count()).select_from(table))).scalar() == 0
    assert await histories(database) == []
    await database.close()


async def test_production_gets_no_made_up_past(tmp_path: Path) -> None:
    settings = settings_in(tmp_path).model_copy(update={"env": "production"})
    with pytest.raises(UnsafeSettings):
        await load_history(settings, small(), lambda _: None)


def test_it_ends_yesterday() -> None:
    orders = orders_of(50, 10, 3)
    assert (orders.population.size, orders.count, orders.population.seed) == (50, 10, 3)
