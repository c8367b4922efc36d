"""SQLite under SQLAlchemy's asynchronous engine: many processes share a file, and each waits for its turn."""

from __future__ import annotations

import asyncio
import sqlite3
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, event

if TYPE_CHECKING:
    from aiosqlite import Connection as Raw
    from sqlalchemy.ext.asyncio import AsyncEngine

WRITES: Final = "bone_cds_writes"
"""The execution option of a connection whose transactions write."""
_PAUSE: Final = 0.01


def share(engine: AsyncEngine, *, synchronous: str, patience: float) -> None:
    """Every new connection keeps a write-ahead log, waits that many seconds for another writer, and leaves BEGIN to us.

    *synchronous* is SQLite's: FULL survives a power cut, NORMAL may lose the last transactions of one.
    """

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={round(patience * 1000)}")
        connection.run_async(lambda raw: _keep_log(raw, patience))
        for pragma in (f"synchronous={synchronous}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", _begin)


async def _keep_log(raw: Raw, patience: float) -> None:
    """Where several open a new file at once, SQLite refuses all but one at once, whatever its timeout: we ask again."""
    end = monotonic() + patience
    while True:
        try:
            await raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() >= end:
                raise
            await asyncio.sleep(_PAUSE)
        else:
            return


def _begin(connection: Connection) -> None:
    """A writer takes its lock at once: two that wait for each other's snapshot would both fail."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
