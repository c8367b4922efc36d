"""The yardstick: one process, orjson, everything grouped in memory, then the same question of the same patients.

It makes the rows that the audit makes, with the same charts and the same ``decide``, and writes them as CSV. It has the
audit's short cut too: who has no checkpoint inhibitor among their drugs is not read further. It draws no report, writes
no Parquet, looks for no faults and cannot go on after a kill.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import orjson

from cds.facts.orders import PD_1_OR_PD_L1
from cds.facts.recognise import drug_of
from cds.fhir.reading import Mended, read_plain
from cds.population.faults import wanting
from cds.population.files import NEEDED, find_export
from cds.population.partition import Question, auditor
from cds.population.patient import Auditor
from cds.population.records import Records, chart_of
from cds.population.rewind import rewound
from cds.population.row import Row
from cds.population.treatment import DRUG_KINDS, ici_uses, plain_uses, treatment
from cds.population.write import columns, flat
from cds.resources import rules_directory
from cds.ruleset.book import Site

Plain = dict[str, object]


def main(folder: Path, as_of: date, out: Path) -> None:
    """Every patient audited, and the rows written."""
    question = Question(rules_directory(), Site(), as_of, "https://bone-cds.example.org/fhir", as_then=True)
    ready = auditor(question, wanting([]))
    with out.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.DictWriter(opened, list(columns(ready.plan, compared=False)))
        rows.writeheader()
        rows.writerows(flat(row, None) for row in _rows(ready, _grouped(folder)))


def _rows(ready: Auditor, people: dict[str, dict[str, list[Plain]]]) -> Iterator[Row]:
    """The row of each patient who has one, by patient."""
    for patient in sorted(people):
        row = _audited(ready, patient, people[patient])
        if row is not None:
            yield row


def _grouped(folder: Path) -> dict[str, dict[str, list[Plain]]]:
    """Every needed resource, parsed, by patient and type."""
    people: dict[str, dict[str, list[Plain]]] = {}
    for file in find_export(folder).files:
        with file.path.open("rb") as lines:
            for line in lines:
                plain = orjson.loads(line)
                kind = plain["resourceType"]
                if kind not in NEEDED or kind == "Medication":
                    continue
                subject = plain.get("subject") or plain.get("patient")
                owner = plain["id"] if kind == "Patient" else subject["reference"].rpartition("/")[2]
                people.setdefault(owner, {}).setdefault(kind, []).append(plain)
    return people


def _audited(ready: Auditor, patient: str, kinds: dict[str, list[Plain]]) -> Row | None:
    """The patient's row, if there is one."""
    drugs = {kind: tuple(read_plain(each) for each in kinds.get(kind, ())) for kind in DRUG_KINDS}
    then = rewound(Records(patient, drugs), ready.as_of)
    found, _ = ici_uses(plain_uses(each for kind in DRUG_KINDS for each in then.of(kind)), ready.ruleset.codes, {})
    if not found:
        return None
    read = {kind: tuple(read_plain(each) for each in several) for kind, several in kinds.items()}
    records = rewound(Records(patient, read), ready.as_of)
    stands = treatment(chart_of(records, ready.wanting), found, ready.ruleset, ready.as_of)
    return None if stands is None else ready.row(records, stands)


def thin(full: Path, folder: Path, share: int) -> None:
    """The export, but only every ``share``-th patient keeps the lines of a checkpoint inhibitor."""
    codes = auditor(Question(rules_directory(), Site(), date(2026, 11, 24), ""), wanting([])).ruleset.codes
    for file in find_export(full).files:
        with file.path.open("rb") as lines, (folder / file.name).open("wb") as out:
            out.writelines(line for line in lines if not (file.kind in DRUG_KINDS and _is_left_out(line, share, codes)))


def _is_left_out(line: bytes, share: int, codes: object) -> bool:
    read = read_plain(orjson.loads(line))
    use = read.resource if isinstance(read, Mended) else read
    if PD_1_OR_PD_L1 not in drug_of(codes, use, {}).concepts and not use.medication_reference:  # type: ignore[arg-type, union-attr]
        return False
    owner = use.subject.reference  # type: ignore[union-attr]
    return sum(owner.encode()) % share != 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
