"""The database: opened when first used, one writer at a time, and what is begun is done whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from cds.hooks.refusal import Refusal
from cds.server.ask import CONFLICT
from cds.server.tables import METADATA, RESOURCE
from cds.sqlite import WRITES, share

IN_MEMORY: Final = "sqlite+aiosqlite://"
_DRIVERS: Final = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
BUSY_SECONDS: Final = 10
UNAVAILABLE: Final = 503


def database_address(written: str) -> str:
    """The address as SQLAlchemy takes it, of ``postgresql://…`` or the path of a file; in memory if nothing is written.

    Raises ValueError for a database of another kind.
    """
    scheme, found, rest = written.partition("://")
    if not written:
        return IN_MEMORY
    if not found:
        return f"{IN_MEMORY}/{written}"
    kind = scheme.partition("+")[0]
    if kind not in _DRIVERS:
        raise ValueError(f"no such database: {kind}; use postgresql://… or the path of a file")
    return f"{_DRIVERS[kind]}://{rest}"


@dataclass(slots=True)
class Store:
    """A database at that address. In memory there is one connection, and so one question at a time."""

    address: str = IN_MEMORY
    _engine: AsyncEngine | None = None
    _turn: anyio.Lock = field(default_factory=anyio.Lock)
    _opening: anyio.Lock = field(default_factory=anyio.Lock)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state of the data."""
        engine = await self._opened()
        if self.in_memory:
            async with self._turn, engine.connect() as connection:
                yield connection
        else:
            async with _plainly(), engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose changes are kept if the block ends well, and none of them otherwise.

        Raises Refusal: 409 if another writer was there first, 503 if the database stayed locked.
        """
        engine = await self._opened()
        async with self._turn, _plainly(), engine.connect() as connection:
            await connection.execution_options(**{WRITES: True})
            async with connection.begin():
                if engine.dialect.name == "postgresql":
                    await connection.exec_driver_sql(f"LOCK TABLE {RESOURCE.name} IN SHARE ROW EXCLUSIVE MODE")
                yield connection

    @property
    def in_memory(self) -> bool:
        """Whether the data end with the process."""
        return self.address in (IN_MEMORY, f"{IN_MEMORY}/", f"{IN_MEMORY}/:memory:")

    async def close(self) -> None:
        """The connections are closed."""
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    async def _opened(self) -> AsyncEngine:
        """The engine, with the tables in place."""
        if self._engine is None:
            async with self._opening:
                if self._engine is None:
                    self._engine = await _open(self.address, in_memory=self.in_memory)
        return self._engine


async def _open(address: str, *, in_memory: bool) -> AsyncEngine:
    """A new engine; the tables are made where they are missing."""
    pool: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {}
    engine = create_async_engine(address, **pool)
    if engine.dialect.name == "sqlite":
        share(engine, synchronous="NORMAL", patience=BUSY_SECONDS)
    async with _plainly(), engine.connect() as connection:
        await connection.execution_options(**{WRITES: True})
        async with connection.begin():
            await connection.run_sync(METADATA.create_all)
    return engine


@asynccontextmanager
async def _plainly() -> AsyncIterator[None]:
    """The database's troubles as refusals; no SQL and no value is told."""
    try:
        yield
    except IntegrityError:
        raise Refusal(CONFLICT, "conflict", "another request wrote the same resource first; read it again") from None
    except DBAPIError as fault:
        if not _is_passing(fault):
            raise
        raise Refusal(UNAVAILABLE, "lock-error", "the database is busy; try again") from None


def _is_passing(fault: DBAPIError) -> bool:
    """Whether the trouble goes away by itself: a lock that was not got in time."""
    return any(word in str(fault.orig).lower() for word in ("locked", "busy", "deadlock", "could not serialize"))
