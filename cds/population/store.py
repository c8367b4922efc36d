"""The work folder of an audit: what was extracted and which partitions are done, so that it can go on after a kill.

A file is there whole or not at all: it is written beside and moved into place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from cds.population.extract import Extracted
from cds.population.files import Export
from cds.population.partition import Question
from cds.population.row import Passed, Result

WORK: Final = ".audit-work"
_RESULT: Final = msgspec.json.Decoder(Result)
T = TypeVar("T")


def plan_key(export: Export, question: Question, fingerprints: tuple[str, ...]) -> str:
    """Changes when anything does that the results depend on: a file, the question, a rule set."""
    files = [[each.name, each.size, each.path.stat().st_mtime_ns] for each in export.files]
    asked = sorted(export.asked) if export.asked is not None else None
    parts = [files, asked, question.as_of.isoformat(), question.as_then, question.canonical, fingerprints]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


@dataclass(frozen=True, slots=True)
class Workbench:
    """The work folder below ``out``."""

    root: Path

    @property
    def staged(self) -> Path:
        """Where the extracted partitions lie."""
        return self.root / "staged"

    def open(self, key: str, resume: bool) -> Extracted | None:
        """What was extracted before for the same question, if that is to go on; else None, and the folder is empty."""
        plan = self.root / "plan"
        if resume and plan.is_file() and plan.read_text() == key:
            return self._extracted()
        self.clear()
        (self.root / "done").mkdir(parents=True)
        _put(plan, key.encode())
        return None

    def clear(self) -> None:
        """Nothing is left of the folder."""
        shutil.rmtree(self.root, ignore_errors=True)

    def keep(self, extracted: Extracted) -> None:
        """The extraction is done."""
        _put(self.root / "extracted", msgspec.json.encode(extracted))

    def _extracted(self) -> Extracted | None:
        file = self.root / "extracted"
        return msgspec.json.decode(file.read_bytes(), type=Extracted) if file.is_file() else None

    def is_done(self, number: int) -> bool:
        """Whether the partition has been audited."""
        return self._done(number).is_file()

    def put(self, number: int, result: Result) -> Passed:
        """The partition is done; what else it held."""
        _put(self._done(number), msgspec.json.encode(result))
        return result.passed

    def results(self) -> Iterator[Result]:
        """Every partition's result, one at a time."""
        for file in sorted((self.root / "done").glob("*.json")):
            yield _RESULT.decode(file.read_bytes())

    def _done(self, number: int) -> Path:
        return self.root / "done" / f"{number:06d}.json"


def _put(file: Path, content: bytes) -> None:
    beside = file.with_suffix(f".{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(file)
