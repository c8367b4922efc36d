"""Slips on their way to the database: in the spool, and in memory where the disk will not take them. Never raises.

If the disk is full and the database away for so long that memory is full too, the newest slips are lost; how many, and
from when to when, is counted and becomes an entry of its own, so that the journal shows the hole.
"""

from __future__ import annotations

from asyncio import Event, to_thread
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from cds.journal.slips import ENCODE_SLIP, LOSS, READ_SLIP, Slip, plain_body
from cds.journal.spool import Spool

BATCH_BYTES: Final = 4 * 1024 * 1024
HELD_BYTES: Final = 64 * 1024 * 1024
"""Slips that wait in memory while the disk is full."""

TORN: Final = ".torn"


class Load(NamedTuple):
    """Some slips, and where they came from: a spool up to a place, or memory."""

    slips: list[Slip]
    spool: Spool | None
    place: int
    adopted: bool = False


class Outbox:
    """The slips of this process, and those that a process which is gone left behind."""

    def __init__(self, folder: Path, most_bytes: int, mint: Callable[[], str]) -> None:
        self._folder, self._most, self._mint = folder, most_bytes, mint
        self._own: Spool | None = None
        self._orphans: list[Spool] = []
        self._held: deque[Slip] = deque()
        self._held_bytes = 0
        self._hole: tuple[int, int, int] | None = None
        self.lost = self.torn = 0
        self.filled = Event()

    @property
    def waiting_bytes(self) -> int:
        """Bytes that the database does not have yet."""
        return sum(each.waiting for each in self._spools()) + self._held_bytes

    @property
    def held(self) -> int:
        """Slips that are in memory alone, because the disk did not take them."""
        return len(self._held)

    def adopt(self) -> None:
        """What processes that are gone left behind waits here too; raises OSError."""
        for spool in Spool.orphans(self._folder, self._most):
            if spool.waiting:
                self._orphans.append(spool)
            else:
                spool.close()
        if self.waiting_bytes:
            self.filled.set()

    def put(self, slip: Slip) -> None:
        """The slip will outlive this process, or at least waits in memory."""
        try:
            self._spool().append(ENCODE_SLIP(slip))
        except OSError:
            self._hold(slip)
        self.filled.set()

    def miss(self, at: int) -> None:
        """One slip is lost; the next that is written says so."""
        lost, since, _ = self._hole or (0, at, 0)
        self._hole = (lost + 1, since, at)
        self.lost += 1

    def load(self) -> Load | None:
        """The next slips for the database; None if there are none."""
        for spool in self._spools():
            slips, place = spool.read(BATCH_BYTES)
            if slips:
                return Load([READ_SLIP(each) for each in slips], spool, place, spool is not self._own)
            if spool.waiting:
                self._set_aside(spool)
        if self._hole:
            lost, since, until = self._hole
            self._held.append(Slip(LOSS, self._mint(), until, plain_body(lost=lost, since=since, until=until)))
            self._hole = None
        return Load([*self._held], None, len(self._held)) if self._held else None

    def done(self, load: Load) -> None:
        """The database has these slips."""
        if load.spool is None:
            for _ in range(load.place):
                self._held_bytes -= _size(self._held.popleft())
            self._held_bytes = max(0, self._held_bytes)
            return
        load.spool.take(load.place)
        if load.spool in self._orphans and not load.spool.waiting:
            self._orphans.remove(load.spool)
            load.spool.close()

    async def sync(self) -> None:
        """What is in this process's spool is on the disk; raises OSError."""
        if self._own is not None:
            await to_thread(self._own.sync)

    def close(self) -> None:
        """The spools are released; what waits in them is found at the next start."""
        for spool in self._spools():
            spool.close()
        self._own, self._orphans = None, []

    def _spools(self) -> list[Spool]:
        return [*self._orphans, *([self._own] if self._own else ())]

    def _spool(self) -> Spool:
        if self._own is None:
            self._own = Spool.fresh(self._folder, self._most)
        return self._own

    def _hold(self, slip: Slip) -> None:
        if self._held_bytes + _size(slip) > HELD_BYTES:
            self.miss(slip.at)
            return
        self._held.append(slip)
        self._held_bytes += _size(slip)

    def _set_aside(self, spool: Spool) -> None:
        """A spool in which nothing more can be read keeps its bytes under another name, for a person to look at."""
        self.torn += 1
        spool.path.replace(spool.path.with_suffix(TORN))
        if spool is self._own:
            self._own = None
        else:
            self._orphans.remove(spool)
        spool.abandon()


def _size(slip: Slip) -> int:
    return len(slip.body) + len(slip.sealed)
