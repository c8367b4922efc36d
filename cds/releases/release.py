"""One release as its steps tell it: what it holds, who answers for it, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cds.releases.event import Event, Step
from cds.releases.fault import NoRelease, ReleaseFault

RULES: Final = "rules"
DIFF: Final = "diff.txt"
CHANGES: Final = "changes.txt"
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"


@dataclass(frozen=True, slots=True)
class Release:
    """A release in its folder. ``events``: its steps, the proposal first; ``stored``: the same as they are stored."""

    id: str
    folder: Path
    events: tuple[Event, ...]
    stored: tuple[bytes, ...]

    @property
    def proposal(self) -> Event:
        """Who proposed what, and why."""
        return self.events[0]

    @property
    def title(self) -> str:
        """What it is about, in the author's words."""
        return self.proposal.note

    @property
    def content(self) -> str:
        """The hash over all of its files."""
        return self.proposal.content

    @property
    def rules(self) -> Path:
        """The rules directory."""
        return self.folder / RULES

    @property
    def said(self) -> Mapping[str, Any]:
        """What is on record about the proposal: its version and fingerprint, those of its base, its files."""
        return self.proposal.details

    def last(self, step: Step) -> Event | None:
        """The latest step of that kind, if there is one."""
        return next((each for each in reversed(self.events) if each.step is step), None)

    def every(self, step: Step) -> Iterator[Event]:
        """The steps of that kind."""
        return (each for each in self.events if each.step is step)

    @property
    def signature(self) -> Event | None:
        """The checker's signature, if there is one that was not withdrawn."""
        signed, withdrawn = self.last(Step.SIGNED), self.last(Step.WITHDRAWN)
        return None if signed and withdrawn and withdrawn.number > signed.number else signed

    @property
    def passed(self) -> bool:
        """Whether the latest check found no error."""
        check = self.last(Step.CHECKED)
        return check is not None and not check.details["errors"]

    @property
    def state(self) -> str:
        """How far it has come, in words."""
        if self.last(Step.APPROVED):
            return "approved"
        if self.signature:
            return "signed"
        if self.last(Step.CHECKED) is None:
            return "draft"
        return "checked" if self.passed else "draft with faults"

    def files(self) -> dict[str, bytes]:
        """The files as they were proposed. Raises NoRelease if anything was touched since."""
        wanted: dict[str, str] = self.said["files"]
        below = (path for path in self.rules.rglob("*") if path.is_symlink() or not path.is_dir())
        found = {path.relative_to(self.rules).as_posix(): path for path in below}
        touched = sorted(wanted.keys() ^ found.keys())
        contents: dict[str, bytes] = {}
        for name in wanted.keys() & found.keys():
            contents[name] = b"" if found[name].is_symlink() else found[name].read_bytes()
            if sha256(contents[name]).hexdigest() != wanted[name]:
                touched.append(name)
        if touched:
            why = f"not as it was proposed: {', '.join(sorted(touched)[:5])}"
            raise NoRelease(f"the files of {self.id} were touched", why, "nothing is signed twice: propose them again")
        return dict(sorted(contents.items()))

    def insist(self, *, untouched: bool = True, approved: bool = False) -> None:
        """Raises ReleaseFault if something is not so."""
        if approved and self.last(Step.APPROVED) is None:
            why = f"it is {self.state}: a second person signs it, a third approves it"
            raise ReleaseFault(f"{self.id} is not approved", why, f"bone-cds release sign {self.id}, then approve")
        if untouched:
            self.files()
            for name in (DIFF, CHANGES):
                if hash_of(self.folder / name) != self.said[name]:
                    raise NoRelease(f"{name} of {self.id} was touched", "people signed what it said", "propose again")


def hash_of(path: Path) -> str:
    """The file's hash, '' if it is not there."""
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    """Each file's hash."""
    return {name: sha256(data).hexdigest() for name, data in files.items()}


def content_hash(files: Mapping[str, bytes]) -> str:
    """One hash over names and contents."""
    lines = (f"{digest}  {name}\n" for name, digest in sorted(hashes(files).items()))
    return sha256("".join(lines).encode()).hexdigest()
