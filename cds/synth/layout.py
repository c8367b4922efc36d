"""A population on disk, written as it is drawn: NDJSON as a Bulk Data export lays it out, or a Bundle a person.

Whatever its size, only one person is held in memory.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from cds.synth.population import Person, Population

BUFFER: Final = 1 << 18
FORMULARY: Final = "Medication"
STORIES: Final = "stories.csv"
MANIFEST: Final = "manifest.json"
Lines = IO[bytes] | gzip.GzipFile
Told = Callable[[Person], None]
"""Called after each person, for a progress bar."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How NDJSON is laid out: files a resource type, gzip or not."""

    files: int = 1
    compressed: bool = False

    def name(self, kind: str, part: int) -> str:
        """The file of that type and part."""
        numbered = f"{kind}.{part + 1:03d}" if self.files > 1 else kind
        return f"{numbered}.ndjson.gz" if self.compressed else f"{numbered}.ndjson"


@dataclass(slots=True)
class _Export:
    """The open files of an export, and how many resources went into each."""

    folder: Path
    layout: Layout
    stack: ExitStack
    encoder: msgspec.json.Encoder = field(default_factory=msgspec.json.Encoder)
    open: dict[tuple[str, int], Lines] = field(default_factory=dict)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    shared: set[str] = field(default_factory=set)
    """Formulary entries that were written; they belong to nobody, so each stands there once."""

    def add(self, person: Person) -> None:
        """The person's resources, a line each."""
        part = person.number % self.layout.files
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for resource in person.resources:
            by_kind.setdefault(resource["resourceType"], []).append(resource)
        if FORMULARY in by_kind:
            by_kind[FORMULARY] = self._first_seen(by_kind[FORMULARY])
        for kind, resources in by_kind.items():
            if resources:
                place = (kind, part)
                self.counts[place] += len(resources)
                (self.open.get(place) or self._opened(place)).write(self.encoder.encode_lines(resources))

    def _first_seen(self, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        new = [each for each in entries if each["id"] not in self.shared]
        self.shared.update(each["id"] for each in new)
        return new

    def _opened(self, place: tuple[str, int]) -> Lines:
        path = self.folder / self.layout.name(*place)
        file: IO[bytes] = self.stack.enter_context(path.open("wb", buffering=BUFFER))
        if self.layout.compressed:
            # neither a name nor a time goes into the header, so that the same people are the same bytes
            return self.open.setdefault(place, self.stack.enter_context(gzip.GzipFile("", "wb", 6, file, mtime=0)))
        return self.open.setdefault(place, file)


def write_ndjson(population: Population, folder: Path, layout: Layout, told: Told) -> Counter[str]:
    """The folder holds the population as a Bulk Data export, with its manifest and stories; how much of each type."""
    with ExitStack() as stack:
        export = _Export(folder, layout, stack)
        stories = _stories(folder, stack)
        for person in population:
            export.add(person)
            stories(person)
            told(person)
    (folder / MANIFEST).write_bytes(_manifest(population, export))
    total: Counter[str] = Counter()
    for (kind, _), count in export.counts.items():
        total[kind] += count
    return total


def write_bundles(population: Population, folder: Path, told: Told) -> Counter[str]:
    """The folder holds a Bundle a person, named by its id, and their stories; how much of each type."""
    total: Counter[str] = Counter()
    with ExitStack() as stack:
        stories = _stories(folder, stack)
        for person in population:
            text = msgspec.json.encode(person.bundle(population.as_of))
            (folder / f"{person.id}.json").write_bytes(msgspec.json.format(text, indent=1) + b"\n")
            total.update(each["resourceType"] for each in person.resources)
            stories(person)
            told(person)
    return total


def _stories(folder: Path, stack: ExitStack) -> Told:
    """Writes a line a person into the list of stories."""
    file = stack.enter_context((folder / STORIES).open("w", encoding="utf-8", newline=""))
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("number", "patient", "archetype", "habit", "story"))
    return lambda person: _told(writer.writerow, person)


def _told(row: Callable[[Iterable[Any]], object], person: Person) -> None:
    row((person.number, person.id, person.archetype, person.habit, person.story))


def _manifest(population: Population, export: _Export) -> bytes:
    """What a Bulk Data server would answer when the export is complete; addresses are file names."""
    manifest = {
        "transactionTime": f"{population.as_of.isoformat()}T08:00:00Z",
        "request": f"bone-cds fixtures make --patients {population.size} --seed {population.seed}",
        "requiresAccessToken": False,
        "output": list(_outputs(export)),
        "error": [],
    }
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def _outputs(export: _Export) -> Iterator[dict[str, Any]]:
    for (kind, part), count in sorted(export.counts.items()):
        yield {"type": kind, "url": export.layout.name(kind, part), "count": count}
