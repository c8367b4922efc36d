"""The chain: every entry's hash is made of its own content and of the hash of the entry before it, with a key.

There is one chain a journal. Whoever appends holds the head, so that several workers append one after the other. The
head is sealed: only with the key can an end that was cut off be made to look like the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from cds.journal.keys import JournalKeys
from cds.journal.projection import rows_of
from cds.journal.slips import Slip
from cds.journal.tables import ENTRIES, HEAD, INPUTS

START: Final = bytes(32)
"""What the first entry is linked to."""

_IDS_AT_ONCE: Final = 500


class OtherKey(Exception):
    """The journal was begun with another secret than the one at hand."""

    def __init__(self) -> None:
        super().__init__("this journal was written with another BONE_CDS_JOURNAL_KEY")


@dataclass(frozen=True, slots=True)
class Link:
    """The last entry's number and hash."""

    seq: int
    hash: bytes


def linked(keys: JournalKeys, previous: bytes, seq: int, slip: Slip, writer: str, body_hash: bytes) -> bytes:
    """The hash of the entry with that number."""
    named = (slip.kind.encode(), slip.id.encode(), writer.encode(), slip.at.to_bytes(8, "big", signed=True))
    return keys.link(previous, seq.to_bytes(8, "big"), *named, body_hash)


def head_seal(keys: JournalKeys, link: Link) -> bytes:
    """What shows that the head is as a writer left it."""
    return keys.link(b"head", link.seq.to_bytes(8, "big"), link.hash)


async def append(connection: AsyncConnection, keys: JournalKeys, writer: str, slips: Iterable[Slip]) -> int:
    """The slips that the journal does not have yet are its newest entries; how many. Raises OtherKey.

    The connection must be a writer's, which no other writer shares.
    """
    fresh = await _unknown(connection, slips)
    if not fresh:
        return 0
    link = await head_of(connection, keys)
    entries: list[dict[str, Any]] = []
    for slip in fresh:
        body_hash = sha256(slip.body).digest()
        made = linked(keys, link.hash, link.seq + 1, slip, writer, body_hash)
        entries.append(_entry(slip, writer, link, made, body_hash))
        link = Link(link.seq + 1, made)
    await connection.execute(ENTRIES.insert(), entries)
    await _derive(connection, entries, fresh)
    seal = head_seal(keys, link)
    await connection.execute(HEAD.update().values(seq=link.seq, hash=link.hash, seal=seal))
    return len(fresh)


async def insist_on_key(connection: AsyncConnection, keys: JournalKeys) -> None:
    """The journal is new, or was begun with this secret. Raises OtherKey."""
    mark = (await connection.execute(sql.select(HEAD.c.mark))).scalar_one_or_none()
    if mark is not None and bytes(mark) != keys.mark:
        raise OtherKey


async def head_of(connection: AsyncConnection, keys: JournalKeys) -> Link:
    """The journal's last link; begun if it is new. Raises OtherKey."""
    row = (await connection.execute(sql.select(HEAD))).one_or_none()
    if row is None:
        link = Link(0, START)
        values = {"one": 1, "seq": 0, "hash": START, "seal": head_seal(keys, link), "mark": keys.mark}
        await connection.execute(HEAD.insert(), [values])
        return link
    if bytes(row.mark) != keys.mark:
        raise OtherKey
    return Link(row.seq, bytes(row.hash))


def _entry(slip: Slip, writer: str, link: Link, made: bytes, body_hash: bytes) -> dict[str, Any]:
    return {
        "seq": link.seq + 1,
        "kind": slip.kind,
        "id": slip.id,
        "at": slip.at,
        "writer": writer,
        "body": slip.body,
        "body_hash": body_hash,
        "previous": link.hash,
        "hash": made,
    }


async def _unknown(connection: AsyncConnection, slips: Iterable[Slip]) -> list[Slip]:
    """The slips whose ids are not in the journal, each once."""
    by_id = {slip.id: slip for slip in slips}
    for some in _pieces([*by_id]):
        known = await connection.execute(sql.select(ENTRIES.c.id).where(ENTRIES.c.id.in_(some)))
        for name in known.scalars():
            del by_id[name]
    return [*by_id.values()]


def _pieces(ids: list[str]) -> Iterator[list[str]]:
    return (ids[place : place + _IDS_AT_ONCE] for place in range(0, len(ids), _IDS_AT_ONCE))


async def _derive(connection: AsyncConnection, entries: list[dict[str, Any]], slips: list[Slip]) -> None:
    """The tables that are made from entries hold what these entries say; sealed inputs are kept beside."""
    gathered: dict[sql.Table, list[dict[str, Any]]] = {}
    for entry, slip in zip(entries, slips, strict=True):
        for table, row in rows_of(entry):
            gathered.setdefault(table, []).append(row)
        if slip.sealed:
            kept = {"decision": slip.id, "seq": entry["seq"], "at": slip.at, "key": slip.key, "sealed": slip.sealed}
            gathered.setdefault(INPUTS, []).append(kept)
    for table, rows in gathered.items():
        await connection.execute(table.insert(), rows)
