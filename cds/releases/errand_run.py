"""One errand in a process of its own, beside the service.

What it finds is on record as the step that it is, by the same code as anywhere; or the errand says why there is
nothing. It ends when it was stopped, and when the process that started it is gone. It answers nobody.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from multiprocessing import parent_process
from threading import Thread
from time import sleep
from typing import Any, Final

from msgspec.structs import replace

from cds.clock import now_ms
from cds.journal.chain import OtherKey
from cds.journal.install import Archive, archive_of
from cds.journal.writer import AWAY
from cds.releases.desk import Desk
from cds.releases.errand import LOST, NOTHING, RECORDS, Errand, Errands
from cds.releases.fault import ReleaseFault
from cds.releases.impact import over_journal
from cds.releases.in_force import desk_of
from cds.releases.people import person
from cds.releases.progress import Progress, unwatched
from cds.releases.shelf import shelf_of
from cds.releases.signoff import findings
from cds.releases.trail import insist_on_journal, journalled
from cds.ruleset.fault import RuleFaults
from cds.settings import Settings

VIA: Final = "audit pages"
BEAT_SECONDS: Final = 1.0


def run(settings: Settings, errand: Errand, day: date) -> None:
    """The errand is carried out; for a process that does nothing else. ``day``: on which a check is made."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a keyboard; whoever started this process ends it
    pulse = Pulse(Errands(shelf_of(settings).root, now_ms), errand)
    Thread(target=pulse.beat, daemon=True).start()
    carry_out(settings, errand, day, pulse.watch)


class Pulse:
    """Lets it be known that the errand lives, and how far it is; ends the process when it is not wanted any more."""

    def __init__(self, errands: Errands, errand: Errand) -> None:
        self._errands, self.errand = errands, errand

    def watch(self, counted: str, done: int, total: int) -> None:
        """So far it is; the next beat tells."""
        self.errand = replace(self.errand, counted=counted, done=done, total=total)

    def beat(self) -> None:
        """Goes on until the process ends."""
        parent = parent_process()
        while True:
            sleep(BEAT_SECONDS)
            with suppress(OSError):
                if parent is not None and not parent.is_alive():
                    self._errands.end(self.errand, LOST)
                if not self._errands.heard(self.errand):
                    os._exit(0)


def carry_out(settings: Settings, errand: Errand, day: date, progress: Progress = unwatched) -> None:
    """The result is on record and in the journal, or the errand says why there is none. Never raises."""
    errands = Errands(shelf_of(settings).root, now_ms)
    try:
        asyncio.run(_carried_out(settings, errand, day, progress))
    except Exception as fault:  # noqa: BLE001  # whatever it was, the page tells it
        errands.end(errand, f"failed, and {NOTHING}: {_why(fault, errand)}")
    else:
        errands.done(errand)


async def _carried_out(settings: Settings, errand: Errand, day: date, progress: Progress) -> None:
    desk, archive = desk_of(settings, VIA), archive_of(settings)
    try:
        found = await _found(desk, archive, settings, errand, day, progress)
        await insist_on_journal(archive)
        if _recorded(desk, errand, found):
            with suppress(*AWAY):  # the step is on the shelf, and the next one brings it to the journal
                await journalled(archive, desk.shelf)
    finally:
        await archive.database.close()


async def _found(
    desk: Desk, archive: Archive, settings: Settings, errand: Errand, day: date, progress: Progress
) -> Mapping[str, Any]:
    if errand.step == "check":
        return findings(desk, errand.release, day, progress=progress)
    return await over_journal(desk, desk.unfinished(errand.release), archive, settings, progress)


def _recorded(desk: Desk, errand: Errand, found: Mapping[str, Any]) -> bool:
    """Whether the step is on record: it is not if the errand was stopped before."""
    errands = Errands(desk.shelf.root, now_ms)
    with desk.shelf.writing(), errands.turn():
        wanted = errands.is_on(errand)
        if wanted:
            desk.step(desk.unfinished(errand.release), RECORDS[errand.step], person(errand.by), details=found)
    return wanted


def _why(fault: Exception, errand: Errand) -> str:
    """What went wrong, and how to go on."""
    if isinstance(fault, (ReleaseFault, RuleFaults)) or (isinstance(fault, OSError) and fault.filename):
        return str(fault)
    if isinstance(fault, (*AWAY, OtherKey)):
        return "the journal is away, and each step is an entry of it; start it again later"
    command = f"bone-cds release {errand.step} {errand.release}"
    return f"an unexpected {type(fault).__name__}; start it again, and if that fails too, {command} tells more"
