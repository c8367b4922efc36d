"""What the journal says in numbers: how often the service speaks, how fast, what it could not read, what came of it.

Everything is counted from the tables that are made from entries; no number here is kept anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from typing import Any, Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from cds.journal.database import Database
from cds.journal.read import moment
from cds.journal.tables import ANSWERS, CARDS, DECISIONS, FEEDBACK, GAPS, ORDERS

Z: Final = 1.959963984540054
"""For 95 % of a normal distribution."""

COMMENTS: Final = 200
_SUGGESTED: Final = msgspec.json.Decoder(tuple[tuple[str, tuple[str, ...]], ...]).decode
_ACCEPTED: Final = msgspec.json.Decoder(tuple[str, ...]).decode


@dataclass(frozen=True, slots=True)
class Period:
    """From one moment (included) to another (not included), in milliseconds; of one service, or of all ('')."""

    since: int
    until: int
    service: str = ""

    def of(self, table: sql.Table) -> sql.ColumnElement[bool]:
        """The rows of the table that fall into it."""
        inside = (table.c.at >= self.since) & (table.c.at < self.until)
        return inside & (table.c.service == self.service) if self.service else inside


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the interval that Wilson's method gives (95 %); nothing of nothing has none."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """From where to where the true share may lie."""
        if not self.of:
            return None
        share, square = self.count / self.of, Z * Z / self.of
        centre, half = share + square / 2, Z * sqrt(share * (1 - share) / self.of + square / (4 * self.of))
        return max(0.0, (centre - half) / (1 + square)), min(1.0, (centre + half) / (1 + square))

    @property
    def words(self) -> str:
        """The share as people read it: ``25 % (9–53 %)``; ``–`` for nothing of nothing."""
        interval = self.interval
        if interval is None:
            return "–"
        return f"{100 * self.count / self.of:.0f} % ({100 * interval[0]:.0f}–{100 * interval[1]:.0f} %)"


@dataclass(frozen=True, slots=True)
class Burden:
    """How much the service speaks. ``rows``: topic, stratum, service, cards; ``gaps``: source, state, decisions."""

    decisions: int
    cards: int
    rows: list[tuple[str, str, str, int]]
    gaps: list[tuple[str, str, int]]
    latency: dict[str, float]
    days: list[tuple[str, int, int]]

    def per_hundred(self, cards: int) -> float:
        """Cards for each hundred decisions."""
        return 100 * cards / self.decisions if self.decisions else 0.0


@dataclass(frozen=True, slots=True)
class RuleAnswers:
    """What came of one rule's cards in one version. ``suggesting``: those that suggested an order."""

    rule: str
    version: int
    shown: int
    suggesting: int
    accepted: Share
    overridden: Share
    seen: Share


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of the cards.

    ``reasons``: rule, version, reason, count; ``comments``: when, rule, version, reason, words.
    """

    rules: list[RuleAnswers]
    reasons: list[tuple[str, int, str, int]]
    comments: list[tuple[str, str, int, str, str]]
    strange: int
    """Feedback for cards that nobody knows, or from somebody to whom they were not shown."""


async def burden(database: Database, period: Period) -> Burden:
    """How much the service spoke in that period."""
    async with database.reading() as connection:
        decisions = await _count(connection, sql.select(sql.func.count()).where(period.of(DECISIONS)))
        cards = await _count(connection, sql.select(sql.func.count()).where(period.of(CARDS)))
        names = (CARDS.c.topic, CARDS.c.stratum, CARDS.c.service)
        rows = await connection.execute(_counted(names, period.of(CARDS)))
        joined = sql.join(GAPS, DECISIONS, GAPS.c.decision == DECISIONS.c.id)
        of_gaps = _counted((GAPS.c.source, GAPS.c.state), period.of(DECISIONS)).select_from(joined)
        gaps = await connection.execute(of_gaps)
        latency = {f"p{part}": await _percentile(connection, period, decisions, part) for part in (50, 95, 99)}
        days = await _days(connection, period)
        return Burden(decisions, cards, [_row(each) for each in rows], [_row(each) for each in gaps], latency, days)


async def answers(database: Database, period: Period) -> Answers:
    """What came of the cards that were shown in that period."""
    async with database.reading() as connection:
        joined = sql.join(FEEDBACK, CARDS, ANSWERS)
        of_shown = sql.select(FEEDBACK).select_from(joined).where(period.of(CARDS)).order_by(FEEDBACK.c.seq)
        shown = [*await connection.execute(sql.select(CARDS).where(period.of(CARDS)).order_by(CARDS.c.seq))]
        told = {row.card: row for row in await connection.execute(of_shown)}
        orders = [*await connection.execute(sql.select(ORDERS))]
        of_nobody = period.of(FEEDBACK) & ~sql.exists().where(ANSWERS).correlate(FEEDBACK)
        strange = await _count(connection, sql.select(sql.func.count()).select_from(FEEDBACK).where(of_nobody))
    seen: dict[tuple[str, str], int] = {}
    for row in orders:
        seen[row.patient, row.option] = max(row.seq, seen.get((row.patient, row.option), 0))
    by_rule: dict[tuple[str, int], list[tuple[Any, Any]]] = {}
    for card in shown:
        by_rule.setdefault((card.rule, card.version), []).append((card, told.get(card.uuid)))
    rules = [_of_rule(*name, pairs, seen) for name, pairs in sorted(by_rule.items())]
    return Answers(rules, _reasons(by_rule), _comments(by_rule), strange)


def _of_rule(rule: str, version: int, pairs: list[tuple[Any, Any]], seen: dict[tuple[str, str], int]) -> RuleAnswers:
    answered = [(card, told) for card, told in pairs if told is not None]
    accepted = [(card, told) for card, told in answered if told.outcome == "accepted"]
    suggesting = sum(card.suggestions != "[]" for card, _ in pairs)
    ordered = [(card, told, options) for card, told in accepted if (options := taken_options(card, told))]
    later = sum(
        any(seen.get((card.patient, each), 0) > told.seq for each in options) for card, told, options in ordered
    )
    of = len(answered)
    shares = (Share(len(accepted), of), Share(of - len(accepted), of), Share(later, len(ordered)))
    return RuleAnswers(rule, version, len(pairs), suggesting, *shares)


def taken_options(card: Any, told: Any) -> list[str]:
    """The options of the suggestions that were taken up; of all of them, if it is not said which."""
    accepted = _ACCEPTED(told.accepted)
    suggested = _SUGGESTED(card.suggestions)
    named = [options for uuid, options in suggested if uuid in accepted] or [options for _, options in suggested]
    return list(dict.fromkeys(option for options in named for option in options))


def _reasons(by_rule: dict[tuple[str, int], list[tuple[Any, Any]]]) -> list[tuple[str, int, str, int]]:
    counts: dict[tuple[str, int, str], int] = {}
    for (rule, version), pairs in by_rule.items():
        for _, told in pairs:
            if told is not None and told.outcome == "overridden":
                name = (rule, version, told.reason or told.reason_code or "no reason given")
                counts[name] = counts.get(name, 0) + 1
    return sorted(((*name, count) for name, count in counts.items()), key=lambda row: (-row[3], row[:3]))


def _comments(by_rule: dict[tuple[str, int], list[tuple[Any, Any]]]) -> list[tuple[str, str, int, str, str]]:
    found = [
        (told.seq, (moment(told.at), rule, version, told.reason or told.reason_code, told.comment))
        for (rule, version), pairs in by_rule.items()
        for _, told in pairs
        if told is not None and told.comment
    ]
    return [row for _, row in sorted(found, reverse=True)[:COMMENTS]]


async def _count(connection: AsyncConnection, chosen: sql.Select[Any]) -> int:
    return int((await connection.execute(chosen)).scalar() or 0)


def _counted(names: tuple[Any, ...], which: sql.ColumnElement[bool]) -> sql.Select[Any]:
    count = sql.func.count()
    return sql.select(*names, count).where(which).group_by(*names).order_by(count.desc(), *names)


def _row(row: Any) -> Any:
    return tuple(row)


async def _percentile(connection: AsyncConnection, period: Period, of: int, part: int) -> float:
    """The milliseconds within which that part of the answers was given; 0 without answers."""
    chosen = sql.select(DECISIONS.c.ms).where(period.of(DECISIONS)).order_by(DECISIONS.c.ms)
    place = max(0, -(-of * part // 100) - 1)
    return float((await connection.execute(chosen.offset(place).limit(1))).scalar() or 0.0)


async def _days(connection: AsyncConnection, period: Period) -> list[tuple[str, int, int]]:
    """By day (UTC): decisions and cards."""
    day = DECISIONS.c.at / 86_400_000
    whole = sql.cast(sql.func.floor(day), sql.BigInteger)
    chosen = sql.select(whole, sql.func.count(), sql.func.sum(DECISIONS.c.cards)).where(period.of(DECISIONS))
    rows = await connection.execute(chosen.group_by(whole).order_by(whole))
    return [(_day(number), count, int(cards or 0)) for number, count, cards in rows]


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, tz=UTC).date().isoformat()
