"""One patient's lines from an export, each resource once, and the chart that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final, NamedTuple

from cds.facts.sources import SOURCES
from cds.fhir.admission import make_chart
from cds.fhir.chart import Chart, Empty, Failed, Found, NotAsked, Source, Unreadable
from cds.fhir.decode import gathered, read_resource
from cds.fhir.reading import Mended, Read
from cds.fhir.resources import Medication
from cds.population.faults import Wanting

DRUG: Final = "Medication"
_FILED_IN: Final = {source.resource_type: name for name, source in reversed([*SOURCES.items()])}
"""By type: the one source that its resources are put into, the first that asks for them."""


class Record(NamedTuple):
    """One line: whose, of which type and id, when it was last changed, and the resource as JSON."""

    patient: str
    kind: str
    id: str | None
    updated: str | None
    version: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Records:
    """One patient's resources by type, the newest version of each; ``repeated`` counts the lines that were older."""

    patient: str
    by_kind: Mapping[str, tuple[Read, ...]] = field(default_factory=dict)
    repeated: int = 0

    def of(self, kind: str) -> tuple[Read, ...]:
        """The resources of that type."""
        return self.by_kind.get(kind, ())

    def joined(self, others: Records) -> Records:
        """These and the patient's resources of other types."""
        return Records(self.patient, {**self.by_kind, **others.by_kind}, self.repeated + others.repeated)


def patients_in(records: Iterable[Record]) -> Iterator[tuple[str, list[Record]]]:
    """Each patient with their lines; the lines come sorted by patient."""
    for patient, lines in groupby(records, key=lambda each: each.patient):
        yield patient, list(lines)


def newest(records: Iterable[Record]) -> tuple[dict[str, list[str]], int]:
    """The lines by type, of each resource the newest version, and how many were left out.

    Newest is who was changed last, then who has the highest version; the order of files and lines does not matter.
    """
    best: dict[tuple[str, str], Record] = {}
    nameless: dict[tuple[str, str], Record] = {}
    count = 0
    for each in records:
        count += 1
        if each.id is None:
            nameless[each.kind, each.text] = each
            continue
        before = best.get((each.kind, each.id))
        if before is None or _age(before) < _age(each):
            best[each.kind, each.id] = each
    kept = [*best.values(), *nameless.values()]
    kinds: dict[str, list[str]] = {}
    for each in sorted(kept, key=lambda it: (it.kind, it.id or "", it.text)):
        kinds.setdefault(each.kind, []).append(each.text)
    return kinds, count - len(kept)


def _age(record: Record) -> tuple[str, int, str, str]:
    version = record.version or ""
    return record.updated or "", int(version) if version.isdecimal() else 0, version, record.text


def read_records(patient: str, records: Iterable[Record]) -> Records:
    """The patient's resources."""
    texts, repeated = newest(records)
    read = {kind: tuple(read_resource(text.encode()) for text in several) for kind, several in texts.items()}
    return Records(patient, read, repeated)


def chart_of(records: Records, wanting: Wanting) -> Chart:
    """The patient's chart: a source that was not wholly read says so, and never passes for an empty one."""
    sources = {name: _source(records, name, wanting) for name in SOURCES}
    return make_chart(records.patient, sources)


def _source(records: Records, name: str, wanting: Wanting) -> Source:
    kind = SOURCES[name].resource_type
    mine = records.of(kind) if name == _FILED_IN[kind] else ()
    if name == "medicationRequests":
        mine = (*mine, *records.of(DRUG))
    if kind == "Patient" and not mine:
        return Failed(_no_patient(records.patient, wanting))
    if not mine and kind in wanting.absent:
        return NotAsked()
    return _as_whole_as_told(gathered(mine), wanting.reasons(records.patient, kind))


def _no_patient(patient: str, wanting: Wanting) -> str:
    reasons = wanting.reasons(patient, "Patient")
    return "; ".join((f"the export holds no Patient/{patient}", *reasons))


def _as_whole_as_told(source: Source, reasons: tuple[str, ...]) -> Source:
    """The source, incomplete if there are reasons why more may be missing; failed if nothing of it came."""
    if not reasons:
        return source
    why = "; ".join(reasons)
    if isinstance(source, Empty):
        return Failed(why)
    if not isinstance(source, Found):
        return source
    both = "; ".join(filter(None, (source.why_incomplete, why)))
    return replace(source, complete=False, why_incomplete=both, newest_first=False)


def medications_of(records: Records) -> dict[str, Medication]:
    """The drugs that came along, by reference."""
    found: dict[str, Medication] = {}
    for read in records.of(DRUG):
        drug = read.resource if isinstance(read, Mended) else read
        if isinstance(drug, Medication) and drug.id:
            found[f"Medication/{drug.id}"] = drug
    return found


def unreadable(reads: Iterable[Read]) -> Iterator[Unreadable]:
    """What was sent and could not be read."""
    return (read for read in reads if isinstance(read, Unreadable))
