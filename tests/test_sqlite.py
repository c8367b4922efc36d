"""A new file that several open at once: SQLite refuses the change to a write-ahead log at once, and we wait."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cds.sqlite import WRITES, share
from tests.patience import NEVER


def shared(path: Path, patience: float) -> AsyncEngine:
    """An engine over that file."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    share(engine, synchronous="NORMAL", patience=patience)
    return engine


async def pragma(engine: AsyncEngine, name: str) -> object:
    """What a new connection answers."""
    async with engine.connect() as connection:
        return (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()


def test_sqlite_itself_does_not_wait(tmp_path: Path) -> None:
    """Why this module waits; when this test fails, it need not any more."""
    with sqlite3.connect(tmp_path / "new.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite3.connect(tmp_path / "new.db", timeout=NEVER).execute("PRAGMA journal_mode=WAL")


async def test_a_new_file_that_another_writes_to_is_waited_for(tmp_path: Path) -> None:
    engine = shared(tmp_path / "new.db", NEVER)
    with sqlite3.connect(tmp_path / "new.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(pragma(engine, "journal_mode"))
        assert not (await asyncio.wait([opening], timeout=0.2))[0]
        other.execute("CREATE TABLE theirs (name TEXT)")
        other.execute("COMMIT")
        assert await opening == "wal"
    other.close()
    await engine.dispose()


async def test_a_file_that_stays_locked_is_given_up(tmp_path: Path) -> None:
    engine = shared(tmp_path / "new.db", 0.05)
    with sqlite3.connect(tmp_path / "new.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            await pragma(engine, "journal_mode")
    other.close()
    assert await pragma(engine, "journal_mode") == "wal"
    await engine.dispose()


@pytest.mark.parametrize(("name", "value"), [("busy_timeout", 2500), ("synchronous", 1), ("foreign_keys", 1)])
async def test_every_connection_is_prepared(tmp_path: Path, name: str, value: int) -> None:
    engine = shared(tmp_path / "new.db", 2.5)
    assert [await pragma(engine, name) for _ in range(2)] == [value] * 2
    await engine.dispose()


async def test_a_writer_waits_for_the_one_before_and_sees_what_it_wrote(tmp_path: Path) -> None:
    engines = [shared(tmp_path / "new.db", NEVER) for _ in range(3)]

    async def count(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await connection.execution_options(**{WRITES: True})
            async with connection.begin():
                await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS number (n INTEGER)")
                before = (await connection.exec_driver_sql("SELECT coalesce(max(n), 0) FROM number")).scalar_one()
                await asyncio.sleep(0)
                await connection.exec_driver_sql(f"INSERT INTO number VALUES ({before + 1})")

    await asyncio.gather(*(count(engine) for engine in engines for _ in range(4)))
    async with engines[0].connect() as connection:
        found = (await connection.exec_driver_sql("SELECT n FROM number ORDER BY n")).scalars().all()
    assert found == list(range(1, 13))
    for engine in engines:
        await engine.dispose()
