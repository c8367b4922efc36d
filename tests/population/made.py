"""Small exports made from the fixture patients."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from cds.population.audit import Audited, audit
from cds.population.files import find_export
from cds.population.local import Here
from cds.population.partition import Question
from cds.resources import fixtures_directory, rules_directory
from cds.ruleset.book import Site

Plain = dict[str, Any]
AS_OF = date(2026, 11, 24)
CANONICAL = "https://bone-cds.example.org/fhir"
ALL = ("*",)


@cache
def _fixture(name: str) -> bytes:
    return (fixtures_directory() / "patients" / f"{name}.json").read_bytes()


def resources(name: str) -> list[Plain]:
    """The resources of a fixture patient."""
    return [entry["resource"] for entry in json.loads(_fixture(name))["entry"]]


def line(resource: Plain) -> bytes:
    """The resource as a line of NDJSON."""
    return json.dumps(resource, separators=(",", ":")).encode() + b"\n"


def export(folder: Path, *people: Iterable[Plain]) -> Path:
    """A folder with one file a type."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, list[bytes]] = {}
    for person in people:
        for each in person:
            files.setdefault(each["resourceType"], []).append(line(each))
    for kind, lines in files.items():
        (folder / f"{kind}.0001.ndjson").write_bytes(b"".join(lines))
    return folder


def question(compare: Path | None = None, rules: Path | None = None) -> Question:
    """What the tests ask."""
    return Question(rules or rules_directory(), Site(), AS_OF, CANONICAL, compare)


def audited(folder: Path, out: Path, *, asked: Iterable[str] = ALL, compare: Path | None = None) -> Audited:
    """The export audited in this process."""
    out.mkdir(parents=True, exist_ok=True)
    return audit(find_export(folder, asked), question(compare), out, engine=Here())
