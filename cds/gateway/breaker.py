"""A server that keeps failing is left alone for a while, then tried with one question before all the others.

What was not asked for this reason is a failed read with its reason, like any other; it is never an empty one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Literal

from cds.gateway.budget import Budget
from cds.gateway.origin import origin

State = Literal["closed", "open", "half-open"]

RESTING: Final = "the FHIR server was not asked: it failed several times in a row, and is left alone for a moment"
PATIENCE: Final = 0.5
"""Seconds that other questions wait for the outcome of the one that tries the server."""

_MOST_SERVERS: Final = 256


@dataclass(slots=True)
class Breaker:
    """One server's failures in a row; from ``most`` on it rests for ``rest`` seconds, then one question tries it."""

    most: int
    rest: float
    failures: int = 0
    until: float = 0.0
    trial: asyncio.Event | None = field(default=None, repr=False)

    @property
    def state(self) -> State:
        """Closed: all may ask. Open: none may. Half-open: one is asking."""
        if self.failures < self.most:
            return "closed"
        return "open" if self.trial is None else "half-open"

    async def admits(self, budget: Budget) -> bool:
        """Whether a question may be asked now; whoever asks must say how it went, or that it gave up."""
        if self.failures < self.most:
            return True
        if self.trial is not None:
            return await self._after_trial(self.trial, budget)
        if monotonic() < self.until:
            return False
        self.trial = asyncio.Event()
        return True

    def answered(self) -> None:
        """The server answered: all may ask."""
        self.failures = 0
        self.gave_up()

    def failed(self) -> None:
        """The server failed once more."""
        self.failures += 1
        self.until = monotonic() + self.rest
        self.gave_up()

    def gave_up(self) -> None:
        """The trial is over, whatever came of it; those who waited for it go on."""
        if self.trial is not None:
            self.trial.set()
            self.trial = None

    async def _after_trial(self, trial: asyncio.Event, budget: Budget) -> bool:
        """Whether the trial went well, soon enough."""
        try:
            async with asyncio.timeout(min(PATIENCE, budget.left)):
                await trial.wait()
        except TimeoutError:
            return False
        return self.failures < self.most


class Breakers:
    """The breaker of each server; the one that was not met for longest is forgotten if there are too many."""

    def __init__(self, most: int = 10, rest: float = 10.0) -> None:
        self._most, self._rest = most, rest
        self._known: OrderedDict[str, Breaker] = OrderedDict()

    def of(self, url: str) -> Breaker:
        """The breaker of the server of that address."""
        found = origin(url)
        server = "{}://{}:{}".format(*found) if found else ""
        known = self._known.get(server)
        if known is None:
            known = self._known[server] = Breaker(self._most, self._rest)
            if len(self._known) > _MOST_SERVERS:
                self._known.popitem(last=False)
        self._known.move_to_end(server)
        return known

    def states(self) -> dict[str, State]:
        """How it stands with each server that was met."""
        return {server: breaker.state for server, breaker in self._known.items()}
