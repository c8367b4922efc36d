"""What an author of rules hears when something is wrong: file, line, what, why, how to fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error keeps the rules from loading; a warning is shown and changes nothing; a note asks for nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class RuleFault:
    """One finding. ``file`` is relative to the rules directory, ``line`` counts from 1 (0: the file as a whole)."""

    file: str
    line: int
    what: str
    why: str
    fix: str
    level: Level = Level.ERROR

    def __str__(self) -> str:
        """The finding in three lines."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.level}: {self.what}\n    why: {self.why}\n    fix: {self.fix}"


class RuleFaults(Exception):
    """The rules cannot be used; ``faults`` are all the reasons, sorted by file and line."""

    def __init__(self, faults: Iterable[RuleFault], where: str = "the rules") -> None:
        self.faults = tuple(sorted(set(faults)))
        self.where = where
        super().__init__(str(self))

    def __str__(self) -> str:
        """Every finding, and their number."""
        count = len(self.faults)
        return "\n".join([*map(str, self.faults), f"{count} {'fault' if count == 1 else 'faults'} in {self.where}"])


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is spelt most like this one, else one that begins with it, or ''."""
    words = list(known)
    beginning = [each for each in words if len(word) >= 4 and each.startswith(word)]
    found = difflib.get_close_matches(word, words, n=1, cutoff=0.6) or beginning
    return found[0] if found else ""


def correction(word: str, known: Iterable[str], otherwise: str) -> str:
    """``write `x``` with the nearest known spelling, else the advice that fits when nothing is near."""
    close = nearest(word, known)
    return f"did you mean `{close}`?" if close else otherwise
