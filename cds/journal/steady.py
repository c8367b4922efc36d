"""A journal that may fail without taking the answer with it: advice is given, and it is told that nothing was kept.

Without its memory the service shows advice again that was answered before; it never leaves any out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from time import monotonic
from typing import Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from cds.hooks.feedback import Feedback
from cds.hooks.refusal import OVERLOADED, Refusal
from cds.journal.slips import Case
from cds.journal.store import Journal
from cds.repeats import Remembered

SECONDS: Final = 0.2
"""That one answer waits for the journal, twice at most: to recall and to note."""

FEEDBACK_SECONDS: Final = 5.0
REST_SECONDS: Final = 1.0
"""After a failure the journal is not tried for so long, so that not every answer has to wait for it."""

FAULTS: Final = (OSError, TimeoutError, SQLAlchemyError)
"""What a disk, a connection or a database raises; anything else is our own fault and falls through."""

Side = Literal["read", "write"]
_LOG: Final = logging.getLogger("cds.journal")


class Steady:
    """The journal behind it, each question bounded in time; what failed is logged by its kind, and counted.

    Reading and writing fail apart: on a full disk the one works and the other does not.
    """

    def __init__(self, journal: Journal, seconds: float = SECONDS) -> None:
        self.journal = journal
        self.failures = 0
        self._seconds = seconds
        self._rests: dict[Side, float] = {}

    async def recall(self, who: str) -> Sequence[Remembered]:
        """What the journal knows of the patient; nothing if it fails."""
        if self._is_resting("read"):
            return ()
        try:
            async with asyncio.timeout(self._seconds):
                found = await self.journal.recall(who)
        except FAULTS as fault:
            self._failed("read", fault)
            return ()
        self._rests.pop("read", None)
        return found

    @property
    def keeps_input(self) -> bool:
        """Whether the journal wants what was asked and heard."""
        return self.journal.keeps_input

    @property
    def is_losing(self) -> bool:
        """Whether the journal can keep nothing more."""
        return self.journal.is_losing

    async def note(self, case: Case) -> None:
        """The decision is kept, unless the journal fails."""
        if self._is_resting("write"):
            self.failures += 1
            return
        try:
            async with asyncio.timeout(self._seconds):
                await self.journal.note(case)
        except FAULTS as fault:
            self._failed("write", fault)
        else:
            self._rests.pop("write", None)

    async def take(self, service: str, feedback: Sequence[Feedback], caller: str = "", /) -> Sequence[bool]:
        """The feedback is kept; raises Refusal (503) if the journal fails, so that it is sent again and not lost."""
        try:
            async with asyncio.timeout(FEEDBACK_SECONDS):
                known = await self.journal.take(service, feedback, caller)
        except FAULTS as fault:
            self._failed("write", fault)
            raise Refusal(OVERLOADED, "transient", "feedback cannot be kept at the moment; send it again") from None
        self._rests.pop("write", None)
        return known

    async def is_well(self) -> bool:
        """Whether the journal answers now, and kept what it was last given."""
        self._rests.pop("read", None)
        await self.recall("")
        return not self._rests and not self.is_losing

    def _is_resting(self, side: Side) -> bool:
        return side in self._rests and monotonic() < self._rests[side]

    def _failed(self, side: Side, fault: BaseException) -> None:
        """It is known that the journal fails; the message may quote what it was told, so the kind alone is logged."""
        self.failures += 1
        self._rests[side] = monotonic() + REST_SECONDS
        cause = getattr(fault, "orig", None)
        _LOG.error("the journal cannot %s: %s %s", side, type(fault).__name__, type(cause).__name__ if cause else "")
