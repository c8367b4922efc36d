"""The time that reading may take."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic

READ_SHARE = 0.8
"""Part of the request's whole time that reads may use; the rest is for deciding and answering."""


@dataclass(frozen=True, slots=True)
class Budget:
    """An amount of seconds, and the moment on the monotonic clock at which it is spent."""

    seconds: float
    deadline: float

    @classmethod
    def starting_now(cls, seconds: float) -> Budget:
        """That many seconds from this moment."""
        return cls(seconds, monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self.deadline - monotonic())

    @property
    def words(self) -> str:
        """The amount in words, as ``2.4 s``."""
        return f"{self.seconds:g} s"

    async def sleep(self, seconds: float) -> bool:
        """Waits that long and tells true; false at once if the time does not suffice."""
        if seconds >= self.left:
            return False
        await asyncio.sleep(seconds)
        return True
