"""The processes in which this worker has errands done: long steps of releases, beside the answers and never in them.

Each is a process of its own that begins with none of our threads, and goes behind whoever answers prescribers. Where
an errand is, and how it ended, stands on the shelf; here is known only which process has it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from shutil import rmtree
from threading import Lock
from typing import Final

from cds.clock import now_ms
from cds.releases.errand import LOST, NOTHING, Errand, Errands, workplace
from cds.releases.shelf import with_releases
from cds.settings import Settings

NICENESS: Final = 10
"""The kernel lets who answers prescribers go first."""

END_SECONDS: Final = 5.0
"""In which a process that was told to end does so; then it is ended."""


class Runners:
    """The errands of one worker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = with_releases(settings)
        assert self._settings.releases is not None
        self.errands = Errands(self._settings.releases, now_ms)
        self._running: list[tuple[Errand, BaseProcess]] = []
        self._turn = Lock()

    def send(self, errand: Errand, day: date) -> None:
        """A process of its own carries it out. Raises OSError; then it has ended."""
        from cds.population.processes import without_program

        process = get_context("spawn").Process(target=_run, args=(self._settings, errand, day), daemon=True)
        try:
            with without_program():
                process.start()
        except OSError as fault:
            self.errands.end(errand, f"failed, and {NOTHING}: no process could be started ({fault})")
            raise
        assert process.pid is not None
        with suppress(OSError):  # it is gone already
            os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        with self._turn:
            self._running.append((errand, process))

    def look(self) -> None:
        """What died without a word is told as what it is, at once."""
        with self._turn:
            dead = [each for each in self._running if not each[1].is_alive()]
            self._running = [each for each in self._running if each not in dead]
        for errand, _ in dead:
            self.errands.end(errand, LOST)
            self._tidy(errand)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Errands go on meanwhile; at the end none is under way here."""
        yield
        await asyncio.to_thread(self.end)

    def end(self) -> None:
        """None is under way here any more, and each that was is told as stopped."""
        for errand, process in self._running:
            with suppress(OSError):  # without a word it is told as stopped all the same, a little later
                self.errands.end(errand, LOST)
            process.terminate()
        for errand, process in self._running:
            process.join(END_SECONDS)
            if process.is_alive():
                process.kill()
                process.join()
            self._tidy(errand)
        self._running.clear()

    def _tidy(self, errand: Errand) -> None:
        """It left nothing of patients behind, however it ended."""
        rmtree(workplace(self._settings.data_folder, errand), ignore_errors=True)


def _run(settings: Settings, errand: Errand, day: date) -> None:
    """The errand is carried out; what it needs is loaded here, in its own process."""
    from cds.releases.errand_run import run

    run(settings, errand, day)
