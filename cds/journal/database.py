"""The journal's database: embedded SQLite or PostgreSQL, opened, brought up to date, and written to one at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from cds.sqlite import WRITES, share

_DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_BUSY_SECONDS: Final = 5
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x626F6E65
"""The number under which one migration keeps the others waiting on PostgreSQL."""


class StaleTables(Exception):
    """The tables are not those that this version of the program writes to."""

    def __init__(self) -> None:
        super().__init__("the journal's tables are not up to date: run bone-cds journal migrate")


class Database:
    """An engine over that address. Raises ValueError if the address is none of a database that we know."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)
        self.is_embedded = self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one moment of the journal."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that no other writer shares; it is kept if nothing is raised inside."""
        async with self.engine.connect() as connection:
            chosen = await connection.execution_options(**{WRITES: True})
            async with chosen.begin():
                if not self.is_embedded:
                    await chosen.execute(text("LOCK TABLE head IN EXCLUSIVE MODE"))
                yield chosen

    async def migrate(self) -> tuple[str, str]:
        """The tables are up to date; the step that they were at ('' for none), and the step that they are at."""
        async with self.engine.connect() as connection:
            chosen = await connection.execution_options(**{WRITES: True})
            async with chosen.begin():
                if not self.is_embedded:
                    await chosen.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                before = await chosen.run_sync(_step)
                if before != newest_step():
                    await chosen.run_sync(_upgrade)
                return before, await chosen.run_sync(_step)

    async def is_current(self) -> bool:
        """Whether the tables are as this version of the program wants them."""
        async with self.reading() as connection:
            return await connection.run_sync(_step) == newest_step()

    async def close(self) -> None:
        """Every connection is closed."""
        await self.engine.dispose()


def newest_step() -> str:
    """The last step that this version of the program knows."""
    return max(path.stem[1:5] for path in (_MIGRATIONS / "versions").glob("v*.py"))


def _engine(address: str) -> AsyncEngine:
    try:
        url = make_url(address)
    except ArgumentError:
        raise ValueError(f"BONE_CDS_JOURNAL_DATABASE: {_form()}") from None
    backend = url.drivername.partition("+")[0]
    if backend not in _DRIVERS:
        raise ValueError(f"BONE_CDS_JOURNAL_DATABASE: {_form()}, not {backend}")
    url = url.set(drivername=_DRIVERS[backend])
    if backend != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, pool_size=4, connect_args={"timeout": 5})
    in_memory: dict[str, Any] = {} if url.database and url.database != ":memory:" else {"poolclass": StaticPool}
    if not in_memory:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_async_engine(url, **in_memory)
    share(engine, synchronous="FULL", patience=_BUSY_SECONDS)
    return engine


def _form() -> str:
    return "give sqlite:///path/to/journal.sqlite or postgresql://user@host/database"


def _step(connection: Connection) -> str:
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - heavy, and a journal that is up to date needs none of it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
