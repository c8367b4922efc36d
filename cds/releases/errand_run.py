"""One errand in a process of its own, beside the service.

What it finds is on record as the step that it is, by the same code as anywhere; or the errand says why there is
nothing. It ends when it was stopped, and when the process that started it is gone. It answers nobody.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Container, Mapping
from contextlib import suppress
from datetime import date
from multiprocessing import parent_process
from pathlib import Path
from shutil import rmtree
from threading import Thread
from time import sleep
from typing import Any, Final

from msgspec.structs import replace

from cds.clock import now_ms
from cds.journal.chain import OtherKey
from cds.journal.install import Archive, archive_of
from cds.journal.writer import AWAY
from cds.population.files import UnusableExport
from cds.population.local import AUDITING, Here
from cds.releases.desk import Desk
from cds.releases.errand import LOST, NOTHING, RECORDS, VIA, Errand, Errands, Long, the_export, workplace
from cds.releases.fault import ReleaseFault
from cds.releases.impact import over_journal
from cds.releases.impact_export import over_export, question_of
from cds.releases.in_force import desk_of
from cds.releases.people import person
from cds.releases.progress import Progress, unwatched
from cds.releases.shelf import shelf_of
from cds.releases.signoff import findings
from cds.releases.trail import insist_on_journal, journalled
from cds.ruleset.fault import RuleFaults
from cds.settings import Settings

_AT_THE_TERMINAL: Final[Mapping[Long, str]] = {
    "check": "bone-cds release check {}",
    "impact": "bone-cds release impact {} --journal",
    "impact-export": "bone-cds release impact {} --export DIR",
}
BEAT_SECONDS: Final = 1.0


def run(settings: Settings, errand: Errand, day: date) -> None:
    """The errand is carried out; for a process that does nothing else. ``day``: on which a check is made."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a keyboard; whoever started this process ends it
    pulse = Pulse(Errands(shelf_of(settings).root, now_ms), errand, workplace(settings.data_folder, errand))
    Thread(target=pulse.beat, daemon=True).start()
    carry_out(settings, errand, day, pulse.watch)


class Pulse:
    """Lets it be known that the errand lives, and how far it is; ends the process when it is not wanted any more."""

    def __init__(self, errands: Errands, errand: Errand, place: Path) -> None:
        self._errands, self.errand, self._place = errands, errand, place

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
                    rmtree(self._place, ignore_errors=True)
                    os._exit(0)


def carry_out(settings: Settings, errand: Errand, day: date, progress: Progress = unwatched) -> None:
    """The result is on record and in the journal, or the errand says why there is none. Never raises."""
    errands = Errands(shelf_of(settings).root, now_ms)
    place = workplace(settings.data_folder, errand)
    try:
        _tidied(place, errands.under_way())
        asyncio.run(_carried_out(settings, errand, day, progress))
    except Exception as fault:  # noqa: BLE001  # whatever it was, the page tells it
        errands.end(errand, f"failed, and {NOTHING}: {_why(fault, errand)}")
    else:
        errands.done(errand)
    finally:
        rmtree(place, ignore_errors=True)


def _tidied(place: Path, under_way: Container[str]) -> None:
    """The workplace is there and empty, and what those left beside it whose machine died is gone."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for each in place.parent.iterdir():
        if each.name not in under_way:
            rmtree(each, ignore_errors=True)


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
    release = desk.unfinished(errand.release)
    if errand.step == "impact-export":
        question = question_of(desk, release, day, settings)
        place, export = workplace(settings.data_folder, errand), the_export(settings)
        return over_export(question, export, within=place, engine=Here(), progress=_parts(progress))
    return await over_journal(desk, release, archive, settings, progress)


def _parts(progress: Progress) -> Progress:
    """What an audit tells, in parts of its export; how many there are is known when it was read."""

    def told(what: str, done: int, total: int) -> None:
        if what == AUDITING:
            progress("parts of the export", done, total)

    return told


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
    if isinstance(fault, ReleaseFault):
        return fault.on_page
    if isinstance(fault, RuleFaults) or (isinstance(fault, OSError) and fault.filename):
        return str(fault)
    if isinstance(fault, UnusableExport):
        return f"{fault}: {fault.why}; {fault.fix}"
    if isinstance(fault, (*AWAY, OtherKey)):
        return "the journal is away, and each step is an entry of it; start it again later"
    command = _AT_THE_TERMINAL[errand.step].format(errand.release)
    more = f"whoever runs the service learns more by {command}"
    return f"an unexpected {type(fault).__name__}; start it again, and if that fails too, {more}"
