"""Decisions found by what is known of them: time, service, topic of a card, patient's pseudonym; newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sql

from cds.journal.database import Database
from cds.journal.figures import Period
from cds.journal.read import moment
from cds.journal.tables import CARDS, DECISIONS

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What decisions are looked for; '' stands for any. ``patient`` is a pseudonym, or how it begins."""

    period: Period
    topic: str = ""
    patient: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """One decision that was found."""

    id: str
    when: str
    service: str
    patient: str
    topics: tuple[str, ...]
    ms: float


async def search(database: Database, wanted: Wanted) -> tuple[int, list[Hit]]:
    """How many there are, and those of the page that is wanted."""
    which = wanted.period.of(DECISIONS)
    if wanted.patient:
        which &= DECISIONS.c.patient.startswith(wanted.patient, autoescape=True)
    if wanted.topic:
        which &= DECISIONS.c.id.in_(sql.select(CARDS.c.decision).where(CARDS.c.topic == wanted.topic))
    chosen = sql.select(DECISIONS).where(which).order_by(DECISIONS.c.seq.desc())
    async with database.reading() as connection:
        total = (await connection.execute(sql.select(sql.func.count()).where(which))).scalar() or 0
        rows = [*await connection.execute(chosen.limit(PAGE).offset((wanted.page - 1) * PAGE))]
        topics = await connection.execute(
            sql.select(CARDS.c.decision, CARDS.c.topic).where(CARDS.c.decision.in_([row.id for row in rows]))
        )
        by_decision: dict[str, list[str]] = {}
        for decision, topic in topics:
            by_decision.setdefault(decision, []).append(topic)
    return total, [_hit(row, by_decision.get(row.id, [])) for row in rows]


async def topics_shown(database: Database) -> list[str]:
    """Every topic of which a card was ever shown."""
    async with database.reading() as connection:
        return [*(await connection.execute(sql.select(CARDS.c.topic).distinct().order_by(CARDS.c.topic))).scalars()]


def _hit(row: Any, topics: list[str]) -> Hit:
    return Hit(row.id, moment(row.at), row.service, row.patient, tuple(topics), row.ms)
