"""A changed rule book becomes a draft: copied, hashed, compared with the rules in force. It need not be sound yet."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cds.releases.desk import Desk
from cds.releases.difference import known_as, lines_changed, meaning_changed
from cds.releases.durable import write_folder
from cds.releases.event import START, Event, Step
from cds.releases.fault import ReleaseFault
from cds.releases.intake import Files, files_of_folder
from cds.releases.people import person
from cds.releases.release import CHANGES, DIFF, Release, content_hash, hashes


def propose(desk: Desk, files: Files, by: str, title: str) -> Release:
    """The files are a draft on the shelf. Raises ReleaseFault; then nothing of them is kept."""
    author, about = person(by), " ".join(title.split())
    if not about:
        raise ReleaseFault(
            "the proposal has no title", "people must see what it is about", 'give one: --title "…"', "give one"
        )
    with desk.shelf.writing():
        root = desk.in_force()
        before = files_of_folder(root)
        if content_hash(before) == content_hash(files):
            raise ReleaseFault(
                "nothing differs from the rules in force", "there is nothing to release", "change a rule"
            )
        beside, said = _compared(desk, root, before, files)
        name = desk.shelf.next_id()
        content, at = content_hash(files), desk.now()
        first = Event(name, 1, Step.PROPOSED, author, at, content, START, desk.via, about, said)
        return desk.shelf.place(files, beside, first)


def _compared(desk: Desk, root: Path, before: Files, files: Files) -> tuple[Files, dict[str, Any]]:
    """The differences as files, and what is on record about them and about the proposal's own files."""
    with TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "rules"
        write_folder(fresh, files)
        text, summary = meaning_changed(root, fresh)
        version, fingerprint = known_as(fresh)
    beside = {DIFF: lines_changed(before, files).encode(), CHANGES: text.encode()}
    of_base = known_as(root)
    base = {"version": of_base[0], "fingerprint": of_base[1], "release": desk.shelf.active()}
    own = {"version": version, "fingerprint": fingerprint, "files": hashes(files)}
    return beside, {**own, "base": base, "summary": summary, **hashes(beside)}
