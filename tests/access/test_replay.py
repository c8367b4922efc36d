"""A token opens the door once: in one process, and in several that share a database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cds.access import replay_sql
from cds.access.replay import SeenHere, StoreFull, token_key
from cds.access.replay_sql import SEEN, SWEEP_SECONDS, SeenByAll
from cds.bootstrap import build
from cds.settings import Settings
from tests.patience import NEVER

ONE, TWO = token_key("https://ehr", "1"), token_key("https://ehr", "2")


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncEngine]:
    """A database that workers share, and that is waited for however long the machine takes."""
    monkeypatch.setattr(replay_sql, "PATIENCE_SECONDS", NEVER)
    shared = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}")
    yield shared
    await shared.dispose()


def test_issuer_and_id_cannot_be_shifted_into_each_other() -> None:
    assert token_key("a", "b c") != token_key("a b", "c")
    assert token_key("https://ehr", "\ud800") != token_key("https://ehr", "?")


async def test_a_token_is_new_once_until_it_ends() -> None:
    seen = SeenHere(10)
    assert await seen.is_first(ONE, until=100, now=0)
    assert not await seen.is_first(ONE, until=100, now=100)
    assert await seen.is_first(TWO, until=100, now=50)
    assert await seen.is_first(ONE, until=200, now=101)


async def test_nothing_is_forgotten_to_make_room() -> None:
    seen = SeenHere(1)
    assert await seen.is_first(ONE, until=100, now=0)
    with pytest.raises(StoreFull):
        await seen.is_first(TWO, until=100, now=0)
    assert await seen.is_first(TWO, until=300, now=101)


def worker(engine: AsyncEngine) -> SeenByAll:
    """What one worker process has."""
    return SeenByAll(engine, SeenHere(10))


async def test_workers_see_each_others_tokens(engine: AsyncEngine, caplog: pytest.LogCaptureFixture) -> None:
    first, second = worker(engine), worker(engine)
    assert await first.is_first(ONE, until=100, now=0)
    assert not await second.is_first(ONE, until=100, now=0)
    assert await second.is_first(TWO, until=100, now=0)
    assert not await first.is_first(TWO, until=100, now=0)
    assert not caplog.records


async def test_ended_tokens_are_swept_out(engine: AsyncEngine) -> None:
    seen = worker(engine)
    assert await seen.is_first(ONE, until=100, now=0)
    assert await seen.is_first(TWO, until=100 + 2 * SWEEP_SECONDS, now=101 + SWEEP_SECONDS)
    async with engine.connect() as line:
        assert await line.scalar(select(func.count()).select_from(SEEN)) == 1


async def test_without_the_database_each_worker_watches_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    lost = create_async_engine("postgresql+asyncpg://127.0.0.1:9/nobody")
    seen = worker(lost)
    assert await seen.is_first(ONE, until=100, now=0)
    assert not await seen.is_first(ONE, until=100, now=0)
    assert await seen.is_first(TWO, until=100, now=0)
    (told,) = caplog.records
    assert told.getMessage().startswith("used tokens are known in this process alone")
    await lost.dispose()


@pytest.mark.parametrize(
    ("settings", "shared"),
    [
        ({}, False),
        ({"journal_database": "sqlite:///{}/j.sqlite"}, False),
        ({"journal_database": "sqlite:///{}/j.sqlite", "workers": 2}, True),
        ({"journal_database": "postgresql://cds@127.0.0.1:9/cds"}, True),
    ],
    ids=["no database", "one worker", "two workers", "perhaps several replicas"],
)
async def test_tokens_are_shared_where_there_may_be_several(
    tmp_path: Path, settings: dict[str, Any], shared: bool
) -> None:
    given: dict[str, Any] = {"journal_key": "k" * 32, "journal_spool": tmp_path / "spool", **settings}
    given["journal_database"] = given.get("journal_database", "").format(tmp_path)
    house = build(Settings(**given))
    assert isinstance(house.gate.seen, SeenByAll) is shared
    await house.close()
