"""What in the journal is made up: written by a writer of its own, told as such for ever, and never taken for real.

A simulated history is in the journal whole or not at all.
"""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from cds.journal.chain import append
from cds.journal.database import Database
from cds.journal.figures import Period
from cds.journal.kept_input import pressed
from cds.journal.keys import JournalKeys, SealRing
from cds.journal.outbox import Outbox
from cds.journal.slips import HISTORY
from cds.journal.tables import DECISIONS, ENTRIES

SIMULATED: Final = "simulated"
"""The writer of every made-up entry."""


class History(msgspec.Struct, frozen=True):
    """What a simulated history holds: whose orders, how many, their days, and how many cards were answered."""

    patients: int
    orders: int
    seed: int
    first: str
    last: str
    signed: int
    answers: int


_HISTORY: Final = msgspec.json.Decoder(History).decode


async def write_simulated(connection: AsyncConnection, keys: JournalKeys, ring: SealRing, outbox: Outbox) -> None:
    """The database has everything that waited, as simulated; the connection must be a writer's. Raises OSError."""
    while (load := outbox.load()) is not None:
        slips = [pressed(slip, ring) if slip.sealed else slip for slip in load.slips]
        await append(connection, keys, SIMULATED, slips)
        outbox.done(load)
    if outbox.lost:
        raise OSError("the disk is full")


async def histories(database: Database) -> list[History]:
    """Every simulated history that is in the journal, oldest first."""
    chosen = sql.select(ENTRIES.c.body).where(ENTRIES.c.kind == HISTORY).order_by(ENTRIES.c.seq)
    async with database.reading() as connection:
        return [_HISTORY(body) for body in (await connection.execute(chosen)).scalars()]


async def simulated_within(database: Database, period: Period) -> int:
    """How many decisions of the period are made up."""
    made_up = DECISIONS.c.seq.in_(sql.select(ENTRIES.c.seq).where(ENTRIES.c.writer == SIMULATED))
    chosen = sql.select(sql.func.count()).select_from(DECISIONS).where(period.of(DECISIONS), made_up)
    async with database.reading() as connection:
        return (await connection.execute(chosen)).scalar() or 0


async def is_simulated(database: Database, decision: str) -> bool:
    """Whether that decision is made up."""
    chosen = sql.select(ENTRIES.c.writer).where(ENTRIES.c.id == decision)
    async with database.reading() as connection:
        return (await connection.execute(chosen)).scalar() == SIMULATED
