"""Carries slips from the outbox into the database, and hears what other workers wrote, as long as the process lives.

It runs beside the answers and never before them. A database that is busy, restarting or away is tried again and again;
the slips wait. It forgets nothing that the database has not confirmed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from cds.journal.chain import OtherKey, append
from cds.journal.database import Database, StaleTables
from cds.journal.kept_input import pressed
from cds.journal.keys import JournalKeys, SealRing
from cds.journal.outbox import Load, Outbox

AWAY: Final = (SQLAlchemyError, OSError, TimeoutError)
"""Everything that a database which is away, or a disk that is full, may raise."""

ADOPTED: Final = "adopted"
"""Who wrote what a process that is gone had left in its spool: nobody remembers it, so everybody follows it."""

POLL_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.02
LONGEST_WAIT: Final = 5.0
LAST_TRY_SECONDS: Final = 5.0
ROUND_SECONDS: Final = 60.0


@dataclass(slots=True)
class JournalState:
    """How the journal is: what waits, what was lost, and why the database does not take it ('' if it does)."""

    written: int = 0
    failures: int = 0
    trouble: str = ""
    waiting_bytes: int = 0
    held: int = 0
    lost: int = 0
    torn: int = 0


class Writer:
    """The one task that writes. ``rounds`` are done now and then: following other workers, adopting, purging."""

    def __init__(self, outbox: Outbox, database: Database, keys: JournalKeys, ring: SealRing, name: str) -> None:
        self._outbox, self._database, self._keys, self._ring = outbox, database, keys, ring
        self.name = name
        self._task: asyncio.Task[None] | None = None
        self._written = self._failures = 0
        self._writing = asyncio.Lock()
        self.trouble = ""
        self.follow: Callable[[], Awaitable[None]] | None = None
        self.round: Callable[[], Awaitable[None]] | None = None
        self._is_ready = False
        self.told: Callable[[str], None] = lambda _trouble: None

    @property
    def state(self) -> JournalState:
        """How it is now."""
        box = self._outbox
        return JournalState(
            self._written, self._failures, self.trouble, box.waiting_bytes, box.held, box.lost, box.torn
        )

    def start(self) -> None:
        """It runs in this event loop from now on."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """It has ended, after a last try to write what waits; what the database did not take stays in the spool."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_TRY_SECONDS):
                await self.drain()

    async def drain(self) -> bool:
        """Whether the database has everything that waited. Never raises."""
        try:
            async with self._writing:
                await self._make_ready()
                while (load := self._outbox.load()) is not None:
                    await self._write(load)
        except (*AWAY, OtherKey, StaleTables) as fault:
            self._failures += 1
            self._say(_reason(fault))
            return False
        self._say("")
        return True

    async def _make_ready(self) -> None:
        """The tables are as this program wants them: the embedded ones are brought up to date. Raises StaleTables."""
        if self._is_ready:
            return
        if self._database.is_embedded:
            await self._database.migrate()
        elif not await self._database.is_current():
            raise StaleTables
        self._is_ready = True

    async def _write(self, load: Load) -> None:
        """The database has these slips, and the outbox no longer."""
        await self._outbox.sync()
        slips = [await asyncio.to_thread(pressed, slip, self._ring) if slip.sealed else slip for slip in load.slips]
        async with self._database.writing() as connection:
            writer = ADOPTED if load.adopted else self.name
            self._written += await append(connection, self._keys, writer, slips)
        self._outbox.done(load)

    def _say(self, trouble: str) -> None:
        """What is wrong is told once, and once more when it is over."""
        if trouble != self.trouble:
            self.trouble = trouble
            self.told(trouble)

    async def _run(self) -> None:
        wait = POLL_SECONDS
        next_round = monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._outbox.filled.wait()
            self._outbox.filled.clear()
            await asyncio.sleep(GATHER_SECONDS if not self.trouble else wait)
            fine = await self.drain()
            if fine and monotonic() >= next_round:
                next_round = monotonic() + ROUND_SECONDS
                fine = await self._aside(self.round)
            fine = fine and await self._aside(self.follow)
            wait = POLL_SECONDS if fine else min(LONGEST_WAIT, wait * 2)

    async def _aside(self, work: Callable[[], Awaitable[None]] | None) -> bool:
        """Whether that work could be done, too."""
        try:
            if work is not None:
                await work()
        except AWAY as fault:
            self._failures += 1
            self._say(_reason(fault))
            return False
        return True


def _reason(fault: BaseException) -> str:
    """The fault in a word or two, without a statement or its values: those are of patients."""
    if isinstance(fault, OtherKey | StaleTables):
        return str(fault)
    return type(getattr(fault, "orig", None) or fault).__name__
