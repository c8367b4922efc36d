"""Long steps of a release that are taken in the background: who started them, how far they are, how they ended.

Each is a small file on the shelf that is replaced as a whole, so that every worker and every machine that shares the
shelf tells the same. It proves nothing: what an errand found is a step of its release, or is not on record at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from cds.releases.durable import locked, write_whole
from cds.releases.event import Step, moment_words
from cds.releases.fault import ReleaseFault
from cds.releases.release import Release
from cds.settings import Settings

Long = Literal["check", "impact", "impact-export"]
RECORDS: Final[Mapping[Long, Step]] = {"check": Step.CHECKED, "impact": Step.IMPACT, "impact-export": Step.IMPACT}
"""As which step the result of an errand is on record."""

OVER: Final[Mapping[Long, str]] = {"impact": "journal", "impact-export": "export"}
"""What the impact is counted over, as its record says."""

NAMES: Final[Mapping[Long, str]] = {
    "check": "check",
    "impact": "impact over the journal",
    "impact-export": "impact over the export",
}
VIA: Final = "audit pages"
"""The door by which its result is put on record."""

SILENT_MS: Final = 30_000
"""An errand that was not heard of for so long is dead."""

MOST_AT_ONCE: Final = 2
"""Errands of all releases together: they take their time from the machine that answers prescribers."""

FOLDER: Final = "errands"
SCRATCH: Final = "scratch"
NOTHING: Final = "nothing was put on record"
LOST: Final = f"stopped before it was finished, and {NOTHING}; start it again"


class Errand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of them. ``token`` is its own; ``began`` and ``heard`` of in milliseconds since 1970; ``ended``: why."""

    release: str
    step: Long
    by: str
    token: str
    began: int
    heard: int
    counted: str = ""
    done: int = 0
    total: int = 0
    ended: str = ""

    def runs(self, now: int) -> bool:
        """Whether it is under way."""
        return not self.ended and now - self.heard <= SILENT_MS


def workplace(data: Path, errand: Errand) -> Path:
    """The folder below ``data`` in which the errand works on copies of patients' data; it is gone with it."""
    return data / SCRATCH / errand.token


def the_export(settings: Settings) -> Path:
    """The export over whose patients an impact is counted. Raises ReleaseFault if the site has none."""
    if settings.export is None:
        raise ReleaseFault("there is no export to count over", "BONE_CDS_EXPORT is not set", "set it to a folder")
    return settings.export


@dataclass(frozen=True, slots=True)
class Told:
    """An errand as its page tells it."""

    step: Long
    name: str
    words: str
    runs: bool
    done: int
    total: int


_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(Errand).decode


class Errands:
    """The errands of the shelf in that folder."""

    def __init__(self, root: Path, now: Callable[[], int]) -> None:
        self._folder, self._now = root / FOLDER, now

    def begin(self, release: str, step: Long, by: str) -> Errand:
        """The errand is under way, and no other of its kind. Raises ReleaseFault."""
        with self.turn():
            now = self._now()
            under_way = [each for each in self._every() if each.runs(now)]
            for each in under_way:
                if (each.release, each.step) == (release, step):
                    why = f"{each.by} started it on {moment_words(each.began)}"
                    what = f"the {NAMES[step]} of {release} is under way already"
                    raise ReleaseFault(what, why, "wait for it, or stop it")
            if len(under_way) >= MOST_AT_ONCE:
                why = " and ".join(f"the {NAMES[each.step]} of {each.release} ({each.by})" for each in under_way)
                raise ReleaseFault("too much is under way already", why, "wait until one of them is finished")
            errand = Errand(release, step, by, token_hex(8), now, now)
            self._keep(errand)
        return errand

    def heard(self, errand: Errand) -> bool:
        """Whether it may go on; then it is known how far it is, and that it lives."""
        with self.turn():
            may = self.is_on(errand)
            if may:
                self._keep(replace(errand, heard=self._now()))
        return may

    def is_on(self, errand: Errand) -> bool:
        """Whether it is under way still: not stopped, nor taken for dead and started by somebody once more."""
        kept = self._read(self._file(errand.release, errand.step))
        return kept is not None and kept.token == errand.token and not kept.ended

    def under_way(self) -> frozenset[str]:
        """The tokens of those that are, of any release."""
        now = self._now()
        return frozenset(each.token for each in self._every() if each.runs(now))

    def end(self, errand: Errand, why: str) -> None:
        """It has ended without a result, if it was under way still."""
        with self.turn():
            if self.is_on(errand):
                self._keep(replace(errand, ended=why))

    def stop(self, release: str, step: Long, by: str) -> None:
        """It has ended without a result, because somebody did not want it, if it was under way."""
        with self.turn():
            kept = self._read(self._file(release, step))
            if kept is not None and kept.runs(self._now()):
                self._keep(replace(kept, ended=f"stopped by {by}; {NOTHING}"))

    def done(self, errand: Errand) -> None:
        """Its result is on record, and there is nothing more to tell of it."""
        with self.turn():
            if self.is_on(errand):
                self._file(errand.release, errand.step).unlink()

    def kept(self, release: str) -> list[Errand]:
        """The errands of that release."""
        found = (self._read(self._file(release, step)) for step in RECORDS)
        return [each for each in found if each is not None]

    def told(self, kept: Iterable[Errand], release: Release) -> list[Told]:
        """What is under way, and what has ended without a result that is on record since."""
        now = self._now()
        return [_told(each, now) for each in kept if not _is_past(each, release, now)]

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else changes an errand meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self._folder / ".lock"):
            yield

    def _every(self) -> list[Errand]:
        found = (self._read(path) for path in sorted(self._folder.glob("*.json")))
        return [each for each in found if each is not None]

    def _file(self, release: str, step: str) -> Path:
        return self._folder / f"{release}.{step}.json"

    def _read(self, file: Path) -> Errand | None:
        """The errand in the file; one that another version of the program wrote is as good as none."""
        try:
            return _DECODE(file.read_bytes())
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def _keep(self, errand: Errand) -> None:
        write_whole(self._file(errand.release, errand.step), _ENCODE(errand))


def _is_past(errand: Errand, release: Release, now: int) -> bool:
    """Whether a result is on record since: its own, told before it could say so, or somebody's else."""
    over = OVER.get(errand.step)
    recorded = (each for each in release.every(RECORDS[errand.step]) if not over or each.details.get("over") == over)
    return not errand.runs(now) and any(each.at >= errand.began for each in recorded)


def _told(errand: Errand, now: int) -> Told:
    runs = errand.runs(now)
    how = errand.ended or (_far(errand) if runs else LOST)
    name = NAMES[errand.step]
    words = f"{name[:1].upper()}{name[1:]}, started by {errand.by} on {moment_words(errand.began)}: {how}"
    return Told(errand.step, name, words, runs, errand.done, errand.total)


def _far(errand: Errand) -> str:
    if not errand.total:
        return "rules and data are being read"
    return f"{errand.done:,} of {errand.total:,} {errand.counted} are done"
