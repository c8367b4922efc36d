"""Whether the journal is as it was written: no entry edited, removed or slipped in, no row that no entry made.

It reads and reports; it mends nothing. An end that was cut off together with its head, as when an old copy of the whole
database is put back, shows only against a head that somebody noted down elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from cds.journal.chain import START, Link, OtherKey, head_seal, linked
from cds.journal.database import Database
from cds.journal.keys import CannotOpen, JournalKeys, SealRing
from cds.journal.projection import rows_of
from cds.journal.purge import BODY, INPUT
from cds.journal.slips import DECISION, LOSS, PURGE, READ_DECISION, Slip
from cds.journal.tables import ENTRIES, HEAD, INPUTS, MADE_FROM_ENTRIES, column_bytes

PIECE: Final = 500
BINARY: Final = frozenset(column.name for column in ENTRIES.columns if isinstance(column.type, sql.LargeBinary))

_INPUTS_WITH_THEIR_ENTRIES: Final = sql.select(
    INPUTS.c.decision,
    INPUTS.c.seq,
    INPUTS.c.at,
    INPUTS.c.key,
    ENTRIES.c.seq.label("own_seq"),
    ENTRIES.c.at.label("own_at"),
).select_from(sql.outerjoin(INPUTS, ENTRIES, INPUTS.c.decision == ENTRIES.c.id))


@dataclass(slots=True)
class Report:
    """What verification found. ``faults`` must not be; ``notes`` may."""

    entries: int = 0
    inputs: int = 0
    head: Link = field(default_factory=lambda: Link(0, START))
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Nothing was edited, removed or added."""
        return not self.faults


async def verify(database: Database, keys: JournalKeys, ring: SealRing, noted: str = "") -> Report:
    """The report over the whole journal. ``noted`` is a head that was noted down before, ``12:ab34…``.

    Raises OtherKey if the journal was written with another secret: then nothing can be said of it.
    """
    check = Check(keys, ring, noted)
    async with database.reading() as connection:
        await check.head(connection)
        async for entries in _pieces(connection):
            await check.entries(connection, entries)
        await check.end(connection)
    check.compare_with_noted()
    return check.report


class Check:
    """One walk along the chain."""

    def __init__(self, keys: JournalKeys, ring: SealRing, noted: str) -> None:
        self.report = Report()
        self._noted, self._met_noted = noted, False
        self._keys, self._ring = keys, ring
        self._last = Link(0, START)
        self._at = 0
        self._empty: set[int] = set()
        self._kept: set[int] = set()
        self._stones: dict[str, set[int]] = {INPUT: set(), BODY: set()}
        self._unopened = 0

    async def head(self, connection: AsyncConnection) -> None:
        """The head was read; raises OtherKey."""
        row = (await connection.execute(sql.select(HEAD))).one_or_none()
        if row is None:
            return
        if bytes(row.mark) != self._keys.mark:
            raise OtherKey
        self.report.head = Link(row.seq, bytes(row.hash))
        if bytes(row.seal) != head_seal(self._keys, self.report.head):
            self._fault(f"the head (entry {row.seq}) was changed by somebody without the key")

    async def entries(self, connection: AsyncConnection, entries: list[dict[str, Any]]) -> None:
        """These entries, which follow on one another, were checked, and the rows that they stand behind."""
        for entry in entries:
            self._entry(entry)
        span = (entries[0]["seq"], entries[-1]["seq"])
        for table in MADE_FROM_ENTRIES:
            await self._table(connection, table, span, entries)

    def _entry(self, entry: dict[str, Any]) -> None:
        seq = entry["seq"]
        self.report.entries += 1
        if seq != self._last.seq + 1:
            self._fault(f"{_span(self._last.seq + 1, seq - 1)} missing")
        elif entry["previous"] != self._last.hash:
            self._fault(f"entry {seq} does not follow on entry {seq - 1}")
        slip = Slip(entry["kind"], entry["id"], entry["at"], b"")
        made = linked(self._keys, entry["previous"], seq, slip, entry["writer"], entry["body_hash"])
        if made != entry["hash"]:
            self._fault(f"entry {seq} ({entry['kind']} {entry['id']}) was changed")
        self._body(entry)
        if entry["at"] < self._at:
            self.report.notes.append(f"the clock went back by {(self._at - entry['at']) / 1000:g} s at entry {seq}")
        self._at = entry["at"]
        self._last = Link(seq, entry["hash"])
        self._met_noted = self._met_noted or head_words(self._last) == self._noted

    def _body(self, entry: dict[str, Any]) -> None:
        """The body is the one that was written; what it says of purges, losses and inputs is remembered."""
        seq, body = entry["seq"], entry["body"]
        if body is None:
            self._empty.add(seq)
            return
        if sha256(body).digest() != entry["body_hash"]:
            self._fault(f"the content of entry {seq} ({entry['kind']} {entry['id']}) was changed")
            entry["kind"] = ""
        elif entry["kind"] == PURGE:
            said = msgspec.json.decode(body)
            self._stones[said["what"]].update(said["seqs"])
        elif entry["kind"] == LOSS:
            lost = msgspec.json.decode(body)["lost"]
            self.report.notes.append(f"{lost} entries were lost before entry {seq}: disk full, database away")
        elif entry["kind"] == DECISION and READ_DECISION(body).kept:
            self._kept.add(seq)

    async def _table(
        self, connection: AsyncConnection, table: sql.Table, span: tuple[int, int], entries: list[dict[str, Any]]
    ) -> None:
        """The table's rows are those that these entries make."""
        made = [row for entry in entries for each, row in rows_of(entry) if each is table]
        found = await connection.execute(sql.select(table).where(table.c.seq.between(*span)))
        wanted, there = _by_key(table, made), _by_key(table, (dict(row) for row in found.mappings()))
        for key in wanted.keys() | there.keys():
            if wanted.get(key) != there.get(key):
                entry = (wanted.get(key) or there.get(key) or {})["seq"]
                what = "is missing" if key not in there else "was changed" if key in wanted else "was slipped in"
                self._fault(f"table {table.name}: a row of entry {entry} {what}")

    async def end(self, connection: AsyncConnection) -> None:
        """The chain ends where its head says; purged content and inputs are accounted for."""
        if self._last.seq < self.report.head.seq:
            self._fault(f"{_span(self._last.seq + 1, self.report.head.seq)} missing at the end")
        elif self._last != self.report.head:
            self._fault(f"the journal goes on beyond its head (entry {self.report.head.seq})")
        for seq in sorted(self._empty - self._stones[BODY]):
            self._fault(f"the content of entry {seq} was removed, and no tombstone says so")
        for table in MADE_FROM_ENTRIES:
            beyond = sql.select(sql.func.count()).where(~table.c.seq.in_(sql.select(ENTRIES.c.seq)))
            count = (await connection.execute(beyond)).scalar() or 0
            if count:
                self._fault(f"table {table.name}: {count} rows belong to no entry")
        await self._inputs(connection)

    async def _inputs(self, connection: AsyncConnection) -> None:
        there: set[int] = set()
        for row in await connection.execute(_INPUTS_WITH_THEIR_ENTRIES):
            if row.own_seq is None:
                self._fault(f"an input was slipped in beside entry {row.seq}: it is of no decision")
                continue
            there.add(row.own_seq)
            if (row.seq, row.at) != (row.own_seq, row.own_at):
                self._fault(f"the number or the moment of the kept input of entry {row.own_seq} was changed")
            if row.key in self._ring:
                await self._opens(connection, row)
            else:
                self._unopened += 1
        for seq in sorted(self._kept - there - self._stones[INPUT]):
            self._fault(f"the kept input of entry {seq} was removed, and no tombstone says so")
        for seq in sorted(there - self._kept):
            self._fault(f"an input was slipped in beside entry {seq}")
        if self._unopened:
            self.report.notes.append(f"{self._unopened} kept inputs were not checked: their key is not here")

    async def _opens(self, connection: AsyncConnection, row: Any) -> None:
        chosen = sql.select(INPUTS.c.sealed).where(INPUTS.c.decision == row.decision)
        sealed = column_bytes((await connection.execute(chosen)).scalar()) or b""
        self.report.inputs += 1
        try:
            self._ring.open(row.key, sealed, row.decision)
        except CannotOpen:
            entry = row.own_seq
            self._fault(f"the kept input of entry {entry} was changed, or sealed with another key named {row.key!r}")

    def compare_with_noted(self) -> None:
        """The head that was noted down before is part of this chain, or that is a fault."""
        if self._noted and not self._met_noted:
            self._fault(f"the head that was noted down ({self._noted.partition(':')[0]}) is not in this journal")

    def _fault(self, words: str) -> None:
        self.report.faults.append(words)


async def _pieces(connection: AsyncConnection) -> AsyncIterator[list[dict[str, Any]]]:
    """All entries in order, some at a time."""
    after = None
    while True:
        chosen = sql.select(ENTRIES).order_by(ENTRIES.c.seq).limit(PIECE)
        rows = await connection.execute(chosen if after is None else chosen.where(ENTRIES.c.seq > after))
        piece = [
            {name: column_bytes(value) if name in BINARY else value for name, value in row.items()}
            for row in rows.mappings()
        ]
        if not piece:
            return
        yield piece
        after = piece[-1]["seq"]


def _by_key(table: sql.Table, rows: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    names = [column.name for column in table.primary_key]
    return {tuple(row[name] for name in names): row for row in rows}


def _span(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def head_words(link: Link) -> str:
    """The head as it may be noted down: number and hash."""
    return f"{link.seq}:{link.hash.hex()}"
