"""How long something took of which the machine is not to blame: a bound in time that holds on a busy machine too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic, process_time

TICK = 0.02
NEVER = 60.0
"""Seconds after which nothing is waited for any more, whoever is to blame."""


class Stalls:
    """How long this process wanted to go on and was not let: its loop was late, and it was not at work itself."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def watch(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            began, worked = monotonic(), process_time()
            await asyncio.sleep(TICK)
            late, worked = monotonic() - began - TICK, process_time() - worked
            self.seconds += max(0.0, late - worked)


@asynccontextmanager
async def in_time(seconds: float) -> AsyncIterator[None]:
    """What is done inside takes no longer, besides the time in which the machine let this process stand still."""
    stalls = Stalls()
    watching = asyncio.create_task(stalls.watch())
    await asyncio.sleep(0)  # it watches
    began = monotonic()
    try:
        async with asyncio.timeout(NEVER):
            yield
        took = monotonic() - began
        await asyncio.sleep(TICK)  # the last stall is known
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    still = stalls.seconds
    assert took <= seconds + still, f"{took:.2f} s, of which the machine stood still for {still:.2f} s"
