"""One decision made once more: from its kept input, on its day, with the rules that it was made with or with others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import httpx
import msgspec
import sqlalchemy as sql

from cds.decide import Decision
from cds.gateway.budget import Budget
from cds.gateway.read import Gateway
from cds.gateway.tape import Played
from cds.gateway.visit import Limits
from cds.hooks.discovery import offer_of
from cds.hooks.feedback import Feedback
from cds.hooks.refusal import Refusal
from cds.hooks.wire import HookResponse
from cds.journal.chain import insist_on_key
from cds.journal.install import Archive
from cds.journal.kept_input import Input, opened
from cds.journal.keys import CannotOpen
from cds.journal.read import decision_body
from cds.journal.rulebooks import kept_rules, kept_site
from cds.journal.slips import READ_DECISION, Case, DecisionTold, nameless
from cds.journal.tables import DECISIONS, INPUTS
from cds.repeats import Remembered
from cds.replay.changes import Change, changes
from cds.ruleset.fault import RuleFaults
from cds.ruleset.load import load
from cds.ruleset.needs import templates
from cds.ruleset.ruleset import RuleSet
from cds.service import Service
from cds.settings import Settings

Result = Literal["identical", "different", "same", "changed", "not replayed"]
"""With the rules that made it, an answer is identical or different, byte for byte. With others it names another
rule book, and beside that it is the same or changed."""

PLENTY: Final = 3600.0
"""Seconds; nothing is waited for, and a budget that runs out would change the answer."""

_RESPONSE: Final = msgspec.json.Decoder(HookResponse).decode


@dataclass(frozen=True, slots=True)
class Again:
    """How the second time went: ``why`` there was none, or what is different. ``response`` holds pseudonyms."""

    decision: str
    result: Result
    why: str = ""
    told: DecisionTold | None = None
    now: Decision | None = None
    response: HookResponse | None = None
    changes: tuple[Change, ...] = ()


@dataclass(slots=True)
class Past:
    """A journal that tells what was known then, and takes what is decided now without keeping it."""

    history: Sequence[Remembered]
    case: Case | None = None
    keeps_input: bool = field(default=False, init=False)
    is_losing: bool = field(default=False, init=False)

    async def recall(self, _who: str) -> Sequence[Remembered]:
        """What was known then."""
        return self.history

    async def note(self, case: Case) -> None:
        """The case is at hand, for whoever compares."""
        self.case = case

    async def take(self, _service: str, feedback: Sequence[Feedback], _caller: str = "", /) -> Sequence[bool]:
        """Nobody answers in the past."""
        return [False for _ in feedback]


class Replayer:
    """Makes decisions of one journal once more: each with its own rules, or all with other ``rules``.

    A directory of rules is taken with what the site had decided when the decision was made. Raises OtherKey, before
    anything is decided, if the journal was written with another secret: every pseudonym would be another one.
    """

    def __init__(self, archive: Archive, settings: Settings, rules: RuleSet | Path | None = None) -> None:
        self._archive, self._settings, self._rules = archive, settings, rules
        self._known: dict[str, RuleSet | str] = {}
        self._is_ours = False

    async def decisions(self) -> list[str]:
        """Every decision in the journal, oldest first."""
        await self._insist_on_key()
        async with self._archive.database.reading() as connection:
            return [*(await connection.execute(sql.select(DECISIONS.c.id).order_by(DECISIONS.c.seq))).scalars()]

    async def again(self, decision: str) -> Again:
        """The decision, made once more and compared."""
        await self._insist_on_key()
        body = await decision_body(self._archive.database, decision)
        if body is None:
            return Again(decision, "not replayed", "it is not in the journal, or its content is purged")
        told = READ_DECISION(body)
        kept = await self._input(told)
        rules = await self._rules_for(told.ruleset)
        if isinstance(kept, str) or isinstance(rules, str):
            return Again(decision, "not replayed", kept if isinstance(kept, str) else str(rules), told)
        past = Past(told.history)
        try:
            await self._made(told, kept, rules, past)
        except Refusal as refused:
            result: Result = "different" if rules.fingerprint == told.ruleset else "changed"
            why = f"now refused: {refused.words}"
            return Again(decision, result, why, told, changes=(Change("cards", why),))
        assert past.case is not None
        return self._compared(told, kept, past.case)

    async def _insist_on_key(self) -> None:
        if not self._is_ours:
            async with self._archive.database.reading() as connection:
                await insist_on_key(connection, self._archive.keys)
            self._is_ours = True

    async def _input(self, told: DecisionTold) -> Input | str:
        """The kept input; in words why it is not to be had."""
        if not told.kept:
            return "its input was not kept (BONE_CDS_JOURNAL_KEEP_INPUT)"
        async with self._archive.database.reading() as connection:
            row = (await connection.execute(sql.select(INPUTS).where(INPUTS.c.decision == told.id))).one_or_none()
        if row is None:
            return "its input was purged"
        try:
            return opened(row.key, row.sealed, told.id, self._archive.ring)
        except CannotOpen as fault:
            return f"its input cannot be opened: {fault}"

    async def _rules_for(self, fingerprint: str) -> RuleSet | str:
        """The rules for a decision that was made with the rule set of that fingerprint; in words why there are none."""
        if isinstance(self._rules, RuleSet):
            return self._rules
        if fingerprint not in self._known:
            self._known[fingerprint] = await self._read(fingerprint, self._rules)
        return self._known[fingerprint]

    async def _read(self, fingerprint: str, directory: Path | None) -> RuleSet | str:
        if directory is None:
            return await kept_rules(self._archive.database, fingerprint)
        site = await kept_site(self._archive.database, fingerprint)
        try:
            return site if isinstance(site, str) else await asyncio.to_thread(load, directory, site)
        except RuleFaults as faults:
            return f"the rules cannot be used with what the site had decided then: {faults}"

    async def _made(self, told: DecisionTold, kept: Input, rules: RuleSet, past: Past) -> None:
        """The past journal holds the case, decided once more; raises Refusal."""
        settings, tape = self._settings, Played({**kept.heard, **kept.silent})
        limits = Limits(settings.max_pages, settings.max_entries, settings.max_drug_reads)
        async with httpx.AsyncClient() as nobody:
            service = Service(
                ruleset=rules,
                reader=Gateway(nobody, tape, limits, settings.max_answer_bytes, getter=tape),
                journal=past,
                queries=lru_cache(lambda hook, day: templates(rules, hook, day)),
                today=lambda: told.day,
                mint=_numbered(),
                canonical=kept.canonical,
                budget_seconds=PLENTY,
                max_entries=settings.max_entries,
                scan_bytes=settings.scan_bytes,
            )
            offer = offer_of(told.service)
            assert offer is not None
            await service.answer(offer, kept.posted, Budget.starting_now(PLENTY))

    def _compared(self, told: DecisionTold, kept: Input, case: Case) -> Again:
        """Its own rules must give the same bytes; of others it is told what they change."""
        body, before = nameless(case.body, kept.who, self._archive.keys), _RESPONSE(told.response)
        now = _RESPONSE(body)
        found = changes(before, now, told.verdicts, case.decision.verdicts)
        result: Result = "changed" if found else "same"
        if case.decision.ruleset.fingerprint == told.ruleset:
            same = _without_uuids(body, case.id, now) == _without_uuids(bytes(told.response), told.id, before)
            result = "identical" if same else "different"
            found = () if same else found or (Change("words", "the bytes of the answer differ"),)
        return Again(told.id, result, "", told, case.decision, now, found)


def _numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: str(UUID(int=next(numbers)))


def _without_uuids(body: bytes, decision: str, response: HookResponse) -> bytes:
    """The body with a number in place of every UUID that was made for it."""
    suggestions = (each.uuid for card in response.cards for each in card.suggestions)
    made = [decision, *(card.uuid for card in response.cards), *suggestions]
    for number, uuid in enumerate(filter(None, made)):
        body = body.replace(f'"{uuid}"'.encode(), f'"{number}"'.encode())
    return body
