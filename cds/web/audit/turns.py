"""Whose password is looked at now, and who waits: so few at a time that a crowd at the sign-in costs nobody else much.

One look takes 64 MB and all cores for a moment, on purpose; these bounds hold for one process.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

AT_ONCE: Final = 1
"""Passwords that are looked at at the same time."""

WAITING: Final = 10
"""Sign-ins that wait for their turn; one more is sent away."""

AGAIN_SECONDS: Final = 2
"""After which whoever was sent away may come back."""


class TooMany(Exception):
    """So many wait already that this sign-in is not even looked at."""


@dataclass(slots=True)
class Turns:
    """One turn after the other."""

    _looking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _inside: int = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Inside it is this sign-in's turn; raises TooMany at once if too many wait for theirs."""
        if self._inside >= AT_ONCE + WAITING:
            raise TooMany
        self._inside += 1
        try:
            async with self._looking:
                yield
        finally:
            self._inside -= 1
