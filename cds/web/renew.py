"""SIGHUP, or another release in force: rules, site file and clients are read anew.

What is not sound changes nothing, and is told.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from threading import current_thread, main_thread
from typing import Final

from structlog.typing import FilteringBoundLogger

from cds.access.safety import UnsafeSettings
from cds.bootstrap import House, Wiring, fresh_wiring
from cds.releases.shelf import marks
from cds.ruleset.fault import RuleFaults
from cds.web.metrics import Metrics

LOOK_SECONDS: Final = 1.0
"""Between two looks at which release is in force."""


@dataclass(slots=True)
class Renewal:
    """Renews a house while it serves, one renewal after the other."""

    house: House
    metrics: Metrics
    log: FilteringBoundLogger
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _under_way: set[asyncio.Task[bool]] = field(default_factory=set)

    async def renew(self) -> bool:
        """Whether the house lives by what is written now; if not, it lives on as before, and why is logged."""
        async with self._turn:
            fresh = await asyncio.to_thread(self._fresh)
            before = self.house.ruleset.short_fingerprint
            if isinstance(fresh, Wiring):
                self.house.take_up(fresh)
                self.metrics.renewed("done", self.house.ruleset)
                self.log.info("renewed", before=before, ruleset=self.house.ruleset.short_fingerprint)
                gc.unfreeze()
                gc.collect()
                gc.freeze()
                return True
            self.metrics.renewed("refused", self.house.ruleset)
            for line in fresh.splitlines():
                self.log.error("not renewed", ruleset=before, why=line.strip())
            return False

    def _fresh(self) -> Wiring | str:
        """The fresh wiring, or why there is none."""
        try:
            return fresh_wiring(self.house)
        except (RuleFaults, UnsafeSettings, ValueError, OSError) as refused:
            return str(refused)

    @asynccontextmanager
    async def on_release(self) -> AsyncIterator[None]:
        """Meanwhile the house follows what is in force and on trial; every worker sees to it for itself."""
        task = asyncio.create_task(self._follow()) if self.house.settings.releases else None
        yield
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _follow(self) -> None:
        """What was refused is not tried again before something changes."""
        tried = self.house.released
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = marks(self.house.settings)
            if now != tried:
                tried = now
                await self.renew()

    def start(self) -> None:
        """A renewal has begun."""
        task = asyncio.create_task(self.renew())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    @asynccontextmanager
    async def on_hangup(self) -> AsyncIterator[None]:
        """Meanwhile SIGHUP renews the house, where this thread may listen to signals."""
        listens = hasattr(signal, "SIGHUP") and current_thread() is main_thread()
        loop = asyncio.get_running_loop()
        if listens:
            loop.add_signal_handler(signal.SIGHUP, self.start)
        yield
        if listens:
            loop.remove_signal_handler(signal.SIGHUP)
