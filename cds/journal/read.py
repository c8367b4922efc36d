"""The journal told to people: the latest decisions, and one of them with its reasoning. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sql

from cds.engine.fact import Cause, Fact, Known, Range, Seen, Span, Unknown, Value
from cds.engine.narrate import narrate_rule
from cds.engine.trace import RuleTrace, trace_rule
from cds.facts.catalogue import CATALOGUE, Type
from cds.hooks.wire import HookResponse
from cds.journal.database import Database
from cds.journal.rulebooks import kept_rules
from cds.journal.slips import DECISION, READ_DECISION, DecisionTold
from cds.journal.tables import ANSWERS, CARDS, DECISIONS, ENTRIES, FEEDBACK
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.words import words_of

NOT_LOOKED_AT: Final = Unknown("was not needed and not looked at", Cause.NOT_STATED)
_RESPONSE: Final = msgspec.json.Decoder(HookResponse).decode


@dataclass(frozen=True, slots=True)
class Listed:
    """One decision in a list."""

    id: str
    when: str
    service: str
    cards: int
    kept: bool


@dataclass(frozen=True, slots=True)
class ToldFacts:
    """Facts as a decision met them; of one that it never asked for, that it did not."""

    facts: Mapping[str, Fact]
    as_of: date

    def __getitem__(self, name: str, /) -> Fact:
        return self.facts.get(name, NOT_LOOKED_AT)


async def latest(database: Database, count: int) -> list[Listed]:
    """The latest decisions, newest first."""
    async with database.reading() as connection:
        rows = await connection.execute(sql.select(DECISIONS).order_by(DECISIONS.c.seq.desc()).limit(count))
        return [Listed(row.id, moment(row.at), row.service, row.cards, row.kept) for row in rows]


def moment(at: int) -> str:
    """The moment as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


async def decision_body(database: Database, decision: str) -> bytes | None:
    """What the journal holds of the decision; None if it holds none of that id, or no longer."""
    chosen = sql.select(ENTRIES.c.body).where(ENTRIES.c.kind == DECISION, ENTRIES.c.id == decision)
    async with database.reading() as connection:
        body = (await connection.execute(chosen)).scalar_one_or_none()
    return None if body is None else bytes(body)


async def decision_text(database: Database, body: bytes) -> str:
    """The decision as sentences: what was read, each rule's answer with the facts behind it, cards and answers."""
    told = READ_DECISION(body)
    rules = await kept_rules(database, told.ruleset)
    answers = await answers_to(database, told.id)
    return "\n".join([*_heading(told), *_sources(told), *_reasoning(told, rules), *_cards(told, answers)])


async def answers_to(database: Database, decision: str) -> dict[str, list[str]]:
    """By card, how it was answered, oldest first."""
    joined = sql.join(FEEDBACK, CARDS, ANSWERS)
    chosen = sql.select(FEEDBACK).select_from(joined).where(CARDS.c.decision == decision).order_by(FEEDBACK.c.seq)
    found: dict[str, list[str]] = {}
    async with database.reading() as connection:
        for row in await connection.execute(chosen):
            said = [row.outcome, row.reason or row.reason_code, row.comment]
            found.setdefault(row.card, []).append(": ".join(filter(None, said)))
    return found


def _heading(told: DecisionTold) -> Iterator[str]:
    yield f"Decision {told.id}, {told.hook}, as of {told.day.isoformat()}, {told.ms:g} ms."
    yield f"Patient {told.patient}, user {told.user} (pseudonyms)."
    yield f"Rule book {told.book}, fingerprint {told.ruleset[:12]}."
    yield ""


def _sources(told: DecisionTold) -> Iterator[str]:
    yield "What was read"
    for name, source in told.sources.items():
        count = f"{source.count} " if source.count else ""
        yield f"  {name}: {count}{source.state}" + (f" ({source.why})" if source.why else "")
    yield from (f"  passed over: {note}" for note in told.notes)
    yield ""


def _reasoning(told: DecisionTold, rules: RuleSet | str) -> Iterator[str]:
    if isinstance(rules, str):
        yield f"The reasoning cannot be told: {rules}."
        return
    words = words_of(rules)
    for verdict, trace in zip(told.verdicts, traces(told, rules), strict=True):
        yield rules.rule(verdict.rule).written.title
        yield from (f"  {line}" for line in narrate_rule(trace, verdict, words))
        yield ""


def _cards(told: DecisionTold, answers: Mapping[str, list[str]]) -> Iterator[str]:
    for card in _RESPONSE(told.response).cards:
        yield f"[{card.indicator}] {card.summary}"
        yield from (f"  {answer}" for answer in answers.get(card.uuid, ["not answered"]))


def traces(told: DecisionTold, rules: RuleSet) -> tuple[RuleTrace, ...]:
    """Every condition of every judged rule as the decision met it."""
    facts = ToldFacts({name: fact_of(name, told) for name, (_, told) in told.facts.items()}, told.day)
    return tuple(trace_rule(rules.rule(verdict.rule).rule, facts) for verdict in told.verdicts)


def fact_of(name: str, told: Mapping[str, Any]) -> Fact:
    """The fact as it was known then, from how the journal keeps it."""
    seen = tuple(Seen(each["ref"], each.get("when", "")) for each in told["seen_in"])
    if "why" in told:
        return Unknown(told["why"], Cause(told["cause"]), seen)
    return Known(_value(CATALOGUE[name].type if name in CATALOGUE else None, told["value"]), seen, told["note"])


def _value(kind: Type | None, told: Any) -> Value:
    if isinstance(told, list):
        return frozenset(told)
    if isinstance(told, dict) and "earliest" in told:
        return Span(date.fromisoformat(told["earliest"]), date.fromisoformat(told["latest"]))
    if isinstance(told, dict):
        low, high = told["low"], told["high"]
        open_ends = (told["low_open"], told["high_open"])
        return Range(float("-inf") if low is None else low, float("inf") if high is None else high, *open_ends)
    if kind is Type.DATE and isinstance(told, str):
        return date.fromisoformat(told)
    value: Value = told
    return value
