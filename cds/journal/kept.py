"""The journal that is kept: remembered in this process, spooled on this machine, written to the database behind both.

What was answered is told from memory, which is filled from the database at the start and follows what other workers
write. Nothing here waits for the database while a request waits for its cards.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from cds.hooks.feedback import Feedback
from cds.journal.database import Database
from cds.journal.follow import Follower, card_shown
from cds.journal.kept_input import sealed_input
from cds.journal.keys import JournalKeys, SealRing
from cds.journal.memory import Memory
from cds.journal.outbox import Outbox
from cds.journal.purge import purge_inputs
from cds.journal.slips import DECISION, FEEDBACK, RULESET, Case, Slip, decision_body, feedback_body, plain_body
from cds.journal.writer import AWAY, JournalState, Writer
from cds.repeats import Remembered

START_SECONDS: Final = 10.0
LOOK_UP_SECONDS: Final = 1.0
UNWRITABLE: Final = (ValueError, TypeError, LookupError, AttributeError, msgspec.MsgspecError)
"""What a decision that cannot be put into words would raise; its answer goes out all the same."""

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Clock:
    """What the journal needs to know of time, and where its ids come from. ``now``: milliseconds since 1970."""

    today: Callable[[], date]
    now: Callable[[], int]
    mint: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Keyring:
    """The journal's keys, those for kept inputs, and for how many days inputs are kept (None: they are not)."""

    keys: JournalKeys
    ring: SealRing
    input_days: int | None


class Kept:
    """Keeps decisions and feedback in that database."""

    def __init__(self, database: Database, outbox: Outbox, memory: Memory, keyring: Keyring, clock: Clock) -> None:
        self.database, self.keys, self.ring = database, keyring.keys, keyring.ring
        self._outbox, self._memory, self._clock = outbox, memory, clock
        self.writer = Writer(outbox, database, self.keys, self.ring, clock.mint())
        self._follower = Follower(database, memory, self.writer.name)
        self._input_days = keyring.input_days

    @property
    def keeps_input(self) -> bool:
        """Whether the site wants inputs kept: then there is a key to seal them with."""
        return bool(self.ring) and self._input_days is not None

    @property
    def state(self) -> JournalState:
        """How the journal is."""
        return self.writer.state

    @property
    def is_losing(self) -> bool:
        """The disk takes nothing, and the database neither."""
        return self.state.held > 0 and bool(self.state.trouble)

    async def open(self, ruleset: str, archive: bytes) -> None:
        """What waited is written, everything known is remembered, and the rule set in use is in the journal.

        A database that is away, or a disk that is full, is no reason not to start: then all that comes later.
        """
        with suppress(OSError):
            self._outbox.adopt()
        self._outbox.put(Slip(RULESET, ruleset, self._clock.now(), archive))
        with suppress(*AWAY):
            async with asyncio.timeout(START_SECONDS):
                if await self.writer.drain():
                    await self._follower.follow()
        self.writer.follow = self._follower.follow
        self.writer.round = self._round
        self.writer.start()

    def lives_by(self, ruleset: str, archive: bytes) -> None:
        """The rule set that is in use from now on will be in the journal."""
        self._outbox.put(Slip(RULESET, ruleset, self._clock.now(), archive))

    async def close(self) -> None:
        """What waits was written if the database would have it; the rest is in the spool."""
        await self.writer.stop()
        self._outbox.close()
        await self.database.close()

    async def recall(self, who: str) -> Sequence[Remembered]:
        """What was answered for this patient, and what was shown since, oldest first."""
        return await self._memory.recall(who)

    async def note(self, case: Case) -> None:
        """The decision will outlive this process; its cards can be answered."""
        try:
            self._outbox.put(self._slip(case))
        except UNWRITABLE:
            self._outbox.miss(self._clock.now())
        await self._memory.note(case)

    def _slip(self, case: Case) -> Slip:
        kept = self.keeps_input and bool(case.posted)
        body = decision_body(case, self.keys, kept)
        now = self._clock.now()
        if not kept:
            return Slip(DECISION, case.id, now, body)
        return Slip(DECISION, case.id, now, body, self.ring.newest, sealed_input(case, self.ring))

    def record(self, kind: str, **told: object) -> None:
        """Something was done with the journal, or with the rules; that outlives this process too."""
        self._outbox.put(Slip(kind, self._clock.mint(), self._clock.now(), plain_body(**told)))

    async def take(self, service: str, feedback: Sequence[Feedback], caller: str = "", /) -> Sequence[bool]:
        """The feedback will outlive this process; for each report, whether its card is known and was the caller's."""
        day, by = self._clock.today(), self.keys.pseudonym(caller)
        for told in feedback:
            body = feedback_body(service, day, told, by)
            self._outbox.put(Slip(FEEDBACK, self._clock.mint(), self._clock.now(), body))
        known = [self._memory.answer(told, day, by) for told in feedback]
        if not all(known):
            await self._look_up([told.card for told, found in zip(feedback, known, strict=True) if not found], by)
            pairs = zip(feedback, known, strict=True)
            known = [found or self._memory.answer(told, day, by, wait=True) for told, found in pairs]
        return known

    async def _look_up(self, cards: Sequence[str], by: bytes) -> None:
        """Those of the cards that the database knows as that caller's are remembered; none if it is away."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                for uuid, card in await card_shown(self.database, cards):
                    if card.is_for(by):
                        self._memory.seen({uuid: card})
        except AWAY:
            return

    async def _round(self) -> None:
        """What other processes left behind is adopted; inputs past their days are gone."""
        self._outbox.adopt()
        if self._input_days is not None:
            before = self._clock.now() - self._input_days * _DAY_MS
            await purge_inputs(self.database, self.keys, self.writer.name, before, self._clock.now(), self._clock.mint)
