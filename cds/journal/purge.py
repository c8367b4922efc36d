"""What is past its retention goes, and the journal says so itself: a tombstone in the chain names every entry.

Inputs go whole. Of an entry the body goes; its number, time and hashes stay, so that the chain still closes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from cds.journal.chain import append, head_of
from cds.journal.database import Database
from cds.journal.keys import JournalKeys
from cds.journal.slips import DECISION, FEEDBACK, PURGE, SHADOW, VIEW, Slip, plain_body
from cds.journal.tables import ENTRIES, INPUTS, MADE_FROM_ENTRIES

AT_ONCE: Final = 1000
PERSONAL: Final = (DECISION, FEEDBACK, VIEW, SHADOW)
"""The kinds of entries that tell of people; releases and tombstones stay."""

INPUT, BODY = "input", "body"


async def purge_inputs(
    database: Database, keys: JournalKeys, writer: str, before: int, now: int, mint: Callable[[], str]
) -> int:
    """Kept inputs from before that moment are gone; how many. Raises OtherKey."""
    return await _purged(database, keys, writer, INPUT, (before, now), mint)


async def purge_entries(
    database: Database, keys: JournalKeys, writer: str, before: int, now: int, mint: Callable[[], str]
) -> int:
    """Decisions, feedback, views and trials from before that moment are without content; how many. Raises OtherKey."""
    await purge_inputs(database, keys, writer, before, now, mint)
    return await _purged(database, keys, writer, BODY, (before, now), mint)


async def _purged(
    database: Database, keys: JournalKeys, writer: str, what: str, span: tuple[int, int], mint: Callable[[], str]
) -> int:
    """All of it is purged, some at a time, each with its tombstone in the same transaction."""
    total = 0
    while True:
        async with database.writing() as connection:
            await head_of(connection, keys)
            chosen = _old_inputs(span[0]) if what == INPUT else _old_entries(span[0])
            seqs = [*(await connection.execute(chosen)).scalars()]
            if not seqs:
                return total
            await (_drop_inputs if what == INPUT else _empty_entries)(connection, seqs)
            body = plain_body(what=what, before=span[0], seqs=seqs)
            await append(connection, keys, writer, [Slip(PURGE, mint(), span[1], body)])
        total += len(seqs)


def _old_inputs(before: int) -> sql.Select[Any]:
    return sql.select(INPUTS.c.seq).where(INPUTS.c.at < before).order_by(INPUTS.c.seq).limit(AT_ONCE)


def _old_entries(before: int) -> sql.Select[Any]:
    old = ENTRIES.c.kind.in_(PERSONAL) & (ENTRIES.c.at < before) & ENTRIES.c.body.is_not(None)
    return sql.select(ENTRIES.c.seq).where(old).order_by(ENTRIES.c.seq).limit(AT_ONCE)


async def _drop_inputs(connection: AsyncConnection, seqs: list[int]) -> None:
    await connection.execute(INPUTS.delete().where(INPUTS.c.seq.in_(seqs)))


async def _empty_entries(connection: AsyncConnection, seqs: list[int]) -> None:
    await connection.execute(ENTRIES.update().where(ENTRIES.c.seq.in_(seqs)).values(body=None))
    for table in MADE_FROM_ENTRIES:
        await connection.execute(table.delete().where(table.c.seq.in_(seqs)))
