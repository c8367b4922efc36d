"""What the database knows of cards and answers, in this process's memory: all at the start, then what others add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import msgspec
import sqlalchemy as sql

from cds.hooks.feedback import Feedback
from cds.journal.database import Database
from cds.journal.memory import Memory
from cds.journal.store import Shown, Suggested
from cds.journal.tables import ANSWERS, CARDS, ENTRIES, FEEDBACK
from cds.repeats import Remembered

_AT_ONCE: Final = 1000
_SUGGESTED: Final = msgspec.json.Decoder(Suggested).decode
_ACCEPTED: Final = msgspec.json.Decoder(tuple[str, ...]).decode


class Follower:
    """Reads the journal from where it stopped; what this process wrote itself is in its memory already."""

    def __init__(self, database: Database, memory: Memory, writer: str) -> None:
        self._database, self._memory, self._writer = database, memory, writer
        self._seen: int | None = None

    async def follow(self) -> None:
        """The memory holds what was written up to now. Raises what the database raises."""
        async with self._database.reading() as connection:
            last = (await connection.execute(sql.select(sql.func.max(ENTRIES.c.seq)))).scalar() or 0
            if self._seen is None:
                mine = _answered_patients()
                rows = [*await connection.execute(_cards(0, last, mine)), *await connection.execute(_feedback(0, last))]
            elif last > self._seen:
                others = ENTRIES.c.writer != self._writer
                cards = await connection.execute(_cards(self._seen, last, _written_by(CARDS, others)))
                told = await connection.execute(_feedback(self._seen, last, _written_by(FEEDBACK, others)))
                rows = [*cards, *told]
            else:
                return
        self._remember(sorted(rows, key=lambda row: row.seq))
        self._seen = last

    def _remember(self, rows: Iterable[Any]) -> None:
        for row in rows:
            if hasattr(row, "outcome"):
                told = Feedback(card=row.card, outcome=row.outcome, accepted=_ACCEPTED(row.accepted))
                self._memory.answer(told, date.fromisoformat(row.day), bytes.fromhex(row.caller), wait=True)
            else:
                self._memory.seen({row.uuid: _shown(row)})


async def card_shown(database: Database, cards: Sequence[str]) -> list[tuple[str, Shown]]:
    """Those of the cards that were shown, by uuid."""
    async with database.reading() as connection:
        rows = await connection.execute(sql.select(CARDS).where(CARDS.c.uuid.in_(cards[:_AT_ONCE])))
        return [(row.uuid, _shown(row)) for row in rows]


def _shown(row: Any) -> Shown:
    card = Remembered(row.topic, row.rule, row.version, row.stratum, row.indicator, date.fromisoformat(row.day))
    return Shown(bytes.fromhex(row.patient), card, _SUGGESTED(row.suggestions), bytes.fromhex(row.caller))


def _answered_patients() -> sql.ColumnElement[bool]:
    """The card is of a patient of whom some card was answered."""
    joined = sql.join(CARDS, FEEDBACK, ANSWERS)
    return CARDS.c.patient.in_(sql.select(CARDS.c.patient).select_from(joined))


def _written_by(table: sql.Table, who: sql.ColumnElement[bool]) -> sql.ColumnElement[bool]:
    return table.c.seq.in_(sql.select(ENTRIES.c.seq).where(who))


def _cards(after: int, last: int, which: sql.ColumnElement[bool]) -> sql.Select[Any]:
    return sql.select(CARDS).where(CARDS.c.seq > after, CARDS.c.seq <= last, which).order_by(CARDS.c.seq)


def _feedback(after: int, last: int, which: sql.ColumnElement[bool] | None = None) -> sql.Select[Any]:
    chosen = sql.select(FEEDBACK).where(FEEDBACK.c.seq > after, FEEDBACK.c.seq <= last)
    return (chosen if which is None else chosen.where(which)).order_by(FEEDBACK.c.seq)
