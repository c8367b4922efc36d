"""A shelf with a small change of the shipped rules on it, taken as far as a test wants."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from cds.releases.desk import Desk
from cds.releases.event import Step
from cds.releases.intake import files_of_folder
from cds.releases.keys import ReleaseKeys
from cds.releases.proposal import propose
from cds.releases.release import Release
from cds.releases.shelf import Shelf
from cds.releases.signoff import approve, record, sign
from cds.resources import rules_directory
from cds.ruleset.book import Site

ADA, CARL, ANN = "Ada Lovelace", "Carl Linné", "Ann Curtis"
SOUND: Mapping[str, Any] = {
    "as_of": "2026-11-24", "errors": 0, "warnings": 0, "notes": 0, "cases": 1, "mutation": None, "findings": [],
}  # fmt: skip
"""What a check puts on record that found nothing."""


def keys(letter: str = "k") -> ReleaseKeys:
    """The same keys for the same letter."""
    return ReleaseKeys([letter.encode() * 32])


def clock() -> Callable[[], int]:
    """A clock that goes on by a second whenever it is asked."""
    seconds = count(1_795_000_000)
    return lambda: next(seconds) * 1000


def desk_at(root: Path, own: ReleaseKeys | None = None) -> Desk:
    """A desk over that folder."""
    return Desk(Shelf(root, own or keys()), rules_directory(), Site(), clock(), "test")


def noisier(rules: Path) -> Path:
    """The rules in which risk is very high from a T-score of -2.0 on."""
    numbers = rules / "parameters.yaml"
    before = numbers.read_bytes()
    after = before.replace(b"t_score.very_high: {value: -3.0", b"t_score.very_high: {value: -2.0")
    assert before != after
    numbers.write_bytes(after)
    return rules


def changed(to: Path, version: str = "2026.12", base: Path | None = None) -> Path:
    """Rules with another version, written there."""
    shutil.copytree(base or rules_directory(), to)
    book = to / "ruleset.yaml"
    text = book.read_text("utf-8")
    now = next(line for line in text.splitlines() if line.startswith("version:"))
    book.write_text(text.replace(now, f'version: "{version}"'), encoding="utf-8")
    return to


def draft(desk: Desk, folder: Path, version: str = "2026.12", by: str = ADA) -> Release:
    """Ada, or somebody else, has proposed rules with another version than those in force."""
    return propose(desk, files_of_folder(changed(folder / version, version, desk.in_force())), by, "another version")


def passed(desk: Desk, release: Release) -> Release:
    """A check that found nothing is on record."""
    return record(desk, release.id, ADA, Step.CHECKED, SOUND)


def approved(desk: Desk, folder: Path, version: str = "2026.12") -> Release:
    """Carl has signed, Ann has approved."""
    return signed_off(desk, draft(desk, folder, version))


def signed_off(desk: Desk, release: Release) -> Release:
    """The draft has passed its check, Carl has signed it and Ann approved it."""
    passed(desk, release)
    sign(desk, release.id, CARL)
    return approve(desk, release.id, ANN)
