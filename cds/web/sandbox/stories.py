"""What ``fixtures/README.md`` tells of each synthetic person and recorded request: its tables, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

_CELLS: Final = re.compile(r"(?<!\\)\|")
_TODAY: Final = re.compile(r"today is \*\*(\d{4}-\d{2}-\d{2})\*\*")
_UNSAID: Final = frozenset({"", "–", "-"})
_EXPECTED: Final = ("expected cards", "expected")
_NAME: Final = "file"
_PATIENT: Final = re.compile(rb"\"resourceType\"\s*:\s*\"Patient\",\s*\"id\"\s*:\s*\"([^\"]+)\"")
"""The id of a Patient, which stands right behind its type in our fixtures."""


@dataclass(frozen=True, slots=True)
class Person:
    """One fixture: its name, where it lies, what is told of it and what is expected; '' for what is not said."""

    name: str
    path: Path
    story: str = ""
    expected: str = ""

    def read(self) -> bytes:
        """The fixture as it lies on disk."""
        return self.path.read_bytes()


def people(fixtures: Path, folder: str) -> dict[str, Person]:
    """The fixtures of that folder by name, in order of name, with their stories; none if there is no such folder."""
    rows = dict(_rows(_readme(fixtures), folder))
    return {each.stem: _person(each, rows.get(each.name, {})) for each in sorted((fixtures / folder).glob("*.json"))}


def fixed_day(fixtures: Path) -> date | None:
    """The day for which the fixtures were made, None if their README does not say."""
    found = _TODAY.search(_readme(fixtures))
    return date.fromisoformat(found[1]) if found else None


def _readme(fixtures: Path) -> str:
    """The README of the fixtures, '' if there is none."""
    path = fixtures / "README.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _person(path: Path, row: Mapping[str, str]) -> Person:
    """The fixture with what its row says."""
    expected = next((row[name] for name in _EXPECTED if row.get(name)), "")
    rest = (text for name, text in row.items() if name not in (_NAME, "shows", *_EXPECTED))
    return Person(path.stem, path, " · ".join(text for text in rest if text not in _UNSAID), expected)


def _rows(readme: str, folder: str) -> Iterator[tuple[str, dict[str, str]]]:
    """File name and row of each row of the table under the folder's heading."""
    header: list[str] = []
    for cells in _table(readme, folder):
        if cells and cells[0] == _NAME:
            header = cells
        elif header and cells[0].startswith("`"):
            yield cells[0].strip("`"), dict(zip(header, cells, strict=False))


def _table(readme: str, folder: str) -> Iterable[list[str]]:
    """The cells of each table row under the folder's heading."""
    section = next((part for part in readme.split("\n## ") if part.lower().startswith(folder)), "")
    lines = (line.strip() for line in section.splitlines())
    return ([cell.strip() for cell in _CELLS.split(line.strip("|"))] for line in lines if line.startswith("|"))


def patient_stories(fixtures: Path) -> dict[str, Person]:
    """The synthetic patients by the id of their Patient resource."""
    told = people(fixtures, "patients").values()
    return {found[1].decode(): each for each in told if (found := _PATIENT.search(each.read()))}
