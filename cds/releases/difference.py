"""What a proposal changes: line by line, and in the words of the rule book."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cds.releases.intake import Files
from cds.ruleset.book import Site
from cds.ruleset.diff import Change, diff, diff_text
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.fingerprint import fingerprint
from cds.ruleset.folder import read_folder


def lines_changed(before: Files, after: Files) -> str:
    """Every changed line of every changed file, as a unified diff."""
    return "".join(
        line
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
        for line in _file_changed(name, before.get(name), after.get(name))
    )


def _file_changed(name: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    old, new = (None if each is None else _lines(each) for each in (before, after))
    origin, target = ("/dev/null" if each is None else name for each in (old, new))
    for line in difflib.unified_diff(old or [], new or [], origin, target):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[str]:
    return data.decode(errors="replace").splitlines(keepends=True)


def meaning_changed(before: Path, after: Path) -> tuple[str, dict[str, Any]]:
    """The change in sentences, and a summary: how many changes there are, and of what."""
    try:
        changes = diff(before, after)
    except RuleFaults as faults:
        return f"what changes cannot be told, as the proposal cannot be read:\n\n{faults}\n", {"unreadable": True}
    return f"{diff_text(changes)}\n", {"changes": len(changes), "of": sorted({_subject(each) for each in changes})}


def _subject(change: Change) -> str:
    return f"{change.kind} {change.subject}".strip()


def known_as(root: Path) -> tuple[str, str]:
    """Version and fingerprint of the rules directory, without what a site decides; '' for what cannot be told."""
    faults: list[RuleFault] = []
    folder = read_folder(root, faults)
    version = folder.book.it.version if folder.book else ""
    return version, "" if faults else fingerprint(folder, Site())
