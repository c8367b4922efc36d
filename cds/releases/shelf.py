"""The folder of all releases: what is on it, one writer at a time, and which release is in force or on trial.

What is in force is one small signed file that is replaced as a whole: it names the old release or the new one, never
half of either. A step that was cut off behind that file is completed by whoever looks next.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from cds.releases.durable import locked, sync_folder, write_folder, write_whole
from cds.releases.event import START, Event, Step, link_of, sealed, unsealed
from cds.releases.fault import NoRelease
from cds.releases.keys import Believed, ReleaseKeys, release_keys
from cds.releases.release import RULES, Release
from cds.settings import Settings

Marks = tuple[tuple[int, int] | None, ...]
Pointer = Literal["active", "trial"]
ACTIVE: Final[Pointer] = "active"
TRIAL: Final[Pointer] = "trial"
POINTERS: Final[tuple[Pointer, ...]] = (ACTIVE, TRIAL)
FOLDER: Final = "releases"
PUBLIC_KEY: Final = "release-key.pem"
_TURNS: Final = {
    ACTIVE: frozenset({Step.ACTIVATED, Step.ROLLED_BACK}),
    TRIAL: frozenset({Step.TRIAL_BEGAN, Step.TRIAL_ENDED}),
}
_EVENTS: Final = "events"
_ID: Final = re.compile(r"r\d{4,}")
_NEW: Final = ".new"


class Shelf:
    """The releases in that folder."""

    def __init__(self, root: Path, keys: ReleaseKeys) -> None:
        self.root, self.keys = root, keys

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Nobody else takes a step meanwhile. What a killed process left half-done is completed or gone."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self.root / ".lock"):
            for left in self.root.glob(f"{_NEW}*"):
                shutil.rmtree(left)
            self._complete()
            yield

    def ids(self) -> list[str]:
        """The names of all releases, oldest first."""
        if not self.root.is_dir():
            return []
        return sorted(
            (each.name for each in self.root.iterdir() if _ID.fullmatch(each.name)), key=lambda it: int(it[1:])
        )

    def release(self, name: str) -> Release:
        """The release of that name. Raises NoRelease if there is none or it is not as it was signed."""
        known = name.strip().lower()
        folder = self.root / known
        if not _ID.fullmatch(known) or not folder.is_dir():
            have = ", ".join(self.ids()[-5:]) or "there is none yet"
            raise NoRelease(f"there is no release {name!r}", f"the latest: {have}", "bone-cds release list names them")
        release = read_release(folder, self.keys)
        if release.id != known:
            raise NoRelease(f"what lies in {folder} is {release.id}", "it was copied there", "take it away")
        return release

    def releases(self) -> list[Release]:
        """All of them, oldest first. Raises NoRelease."""
        return [self.release(each) for each in self.ids()]

    def pointer(self, which: Pointer) -> Event | None:
        """The step by which a release came into force, or on trial; None if there was none.

        Raises NoRelease if it was changed, or put back to what it was earlier.
        """
        try:
            stored = (self.root / which).read_bytes()
        except FileNotFoundError:
            step = None
        else:
            step = unsealed(stored, self.keys, f"“{which}” in {self.root}")
        turns = [each.details["turn"] for it in self.releases() for each in it.events if each.step in _TURNS[which]]
        if max(turns, default=0) > _turn(step):
            why = "a later step is on record"
            raise NoRelease(f"“{which}” in {self.root} is not the latest", why, "bring the latest back from a copy")
        return step

    def turn(self, which: Pointer) -> int:
        """How often that was decided so far."""
        return _turn(self.pointer(which))

    def active(self) -> str:
        """The name of the release in force, '' for the rules of the settings."""
        step = self.pointer(ACTIVE)
        return "" if step is None else str(step.details["to"])

    def trial(self) -> str:
        """The name of the release on trial, '' for none. One that came into force is on trial no more."""
        step = self.pointer(TRIAL)
        name = "" if step is None else str(step.details["to"])
        if step is None or name in ("", self.active()):
            return ""
        later = self.release(name).events[step.number :]
        return "" if any(each.step is Step.ACTIVATED for each in later) else name

    def place(self, files: Mapping[str, bytes], beside: Mapping[str, bytes], proposal: Event) -> Release:
        """The new release is on the shelf, whole."""
        folder = self.root / proposal.release
        fresh = self.root / f"{_NEW}-{proposal.release}"
        contents = {f"{RULES}/{name}": data for name, data in files.items()}
        write_folder(fresh, {**contents, **beside, _event_file(1): sealed(proposal, self.keys)})
        fresh.rename(folder)
        sync_folder(self.root)
        if not (self.root / PUBLIC_KEY).is_file():
            write_whole(self.root / PUBLIC_KEY, self.keys.public_pem)
        return self.release(proposal.release)

    def next_id(self) -> str:
        """The name of the next release."""
        return f"r{max((int(each[1:]) for each in self.ids()), default=0) + 1:04}"

    def add(self, release: Release, event: Event, point: Pointer | None = None) -> Release:
        """The step is on record; with ``point``, it decides from now on what is in force or on trial."""
        stored = sealed(event, self.keys)
        if point is not None:
            write_whole(self.root / point, stored)
        write_whole(release.folder / _event_file(event.number), stored)
        return self.release(release.id)

    def _complete(self) -> None:
        """A step that decides what is in force is on record in its release, too."""
        for which in POINTERS:
            step = self.pointer(which)
            if step is None:
                continue
            release = self.release(step.release)
            if step.number > len(release.events):
                write_whole(release.folder / _event_file(step.number), (self.root / which).read_bytes())


def read_release(folder: Path, keys: Believed) -> Release:
    """The release in that folder, its steps whole and in order. Raises NoRelease."""
    files = sorted((folder / _EVENTS).glob("*.json"))
    if not files:
        raise NoRelease(f"{folder} holds no release", "there is no step on record", "bone-cds release list")
    stored = tuple(path.read_bytes() for path in files)
    names = (f"{folder.name}/{_EVENTS}/{path.name}" for path in files)
    events = tuple(unsealed(each, keys, name) for each, name in zip(stored, names, strict=True))
    link = START
    for number, (event, each) in enumerate(zip(events, stored, strict=True), start=1):
        if (event.number, event.previous) != (number, link) or event.release != events[0].release:
            why = "a step was taken out, put in, or comes from elsewhere"
            raise NoRelease(f"step {number} of {folder.name} does not follow on the one before", why, "use a copy")
        link = link_of(each)
    return Release(events[0].release, folder, events, stored)


def marks(settings: Settings) -> Marks:
    """What is different whenever another release came into force or on trial; quick to tell."""
    return tuple(_mark(settings.releases / which) for which in POINTERS) if settings.releases else ()


def _mark(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def shelf_of(settings: Settings) -> Shelf:
    """The shelf of the settings. Raises ReleaseFault."""
    return Shelf(settings.releases or settings.data_folder / FOLDER, release_keys(settings))


def with_releases(settings: Settings) -> Settings:
    """The settings with the releases in the data folder, if they name no other."""
    return settings if settings.releases else settings.model_copy(update={"releases": settings.data_folder / FOLDER})


def _event_file(number: int) -> str:
    return f"{_EVENTS}/{number:04}.json"


def _turn(step: Event | None) -> int:
    return 0 if step is None else int(step.details["turn"])
