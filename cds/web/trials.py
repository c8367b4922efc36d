"""The release on trial, judged beside the answers: after each was sent, one at a time, at most half of the time.

It cannot slow or fail an answer: what comes too fast is left out and counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from cds.bootstrap import House
from cds.journal.kept import Kept
from cds.journal.slips import SHADOW
from cds.releases.trial import Trial
from cds.service import Answer
from cds.web.metrics import Metrics

MOST_WAITING: Final = 16
"""Answers that wait for their trial; each holds a chart."""

_LOG: Final = logging.getLogger("cds.releases")


@dataclass(frozen=True)
class Trials:
    """Judges answers of a house once more, by the release on trial."""

    house: House
    metrics: Metrics
    waiting: asyncio.Queue[Answer] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def consider(self, answer: Answer) -> None:
        """The answer, which has been sent, waits for its trial, if anything is on trial and there is room."""
        if self.house.trial is None or not isinstance(self.house.journal.journal, Kept):
            return
        try:
            self.waiting.put_nowait(answer)
        except asyncio.QueueFull:
            self.metrics.trials.labels("left out").inc()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Meanwhile what waits is judged."""
        task = asyncio.create_task(self._run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _run(self) -> None:
        while True:
            answer = await self.waiting.get()
            started = perf_counter()
            trial = self.house.trial
            if trial is not None:
                await self._judge(trial, answer)
            await asyncio.sleep(perf_counter() - started)

    async def _judge(self, trial: Trial, answer: Answer) -> None:
        """What the trial makes of it is in the journal. A rule that fails here fails where nobody waits for it."""
        journal = self.house.journal.journal
        try:
            told = await asyncio.to_thread(trial.of, answer, self.house.settings.canonical)
            if isinstance(journal, Kept):
                journal.record(SHADOW, **told)
        except Exception as fault:  # noqa: BLE001  # whatever is wrong with what is on trial, the service goes on
            _LOG.error("the trial of %s failed: %s", trial.release, type(fault).__name__)
            self.metrics.trials.labels("failed").inc()
        else:
            self.metrics.trials.labels("judged").inc()
