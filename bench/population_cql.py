"""``make bench-cql``: CPU a patient of the audit's rules against cql-execution, which asks less of the same patients.

cql-execution is asked a dozen plain questions (``cql/library.mjs``); the audit decides everything and writes the row.
The target is that of exports, where one patient in ``JUDGED`` or fewer is on an inhibitor; the row where everybody is
shows what deciding costs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from bench.population import AS_OF, exported, made
from cds.population.extract import extract
from cds.population.faults import wanting
from cds.population.files import find_export
from cds.population.partition import Question, audit_partition, auditor, reader
from cds.population.patient import Auditor
from cds.resources import rules_directory
from cds.ruleset.book import Site

ROUNDS = 3
TARGET = 300
JUDGED = 10
SETS = {
    "checkpoint inhibitors": "pd-1-pd-l1-inhibitor", "bone agents": "osteoporosis-agent",
    "glucocorticoids": "glucocorticoid-ingredient", "bone density": "t-score", "vitamin D": "vitamin-d-25oh",
    "T-scores": "t-score", "eGFR": "egfr", "fractures": "fracture",
}  # fmt: skip


def main() -> None:
    """Measure and print the table; leaves with 1 if the target of an export is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=5000)
    parser.add_argument("--sample", type=int, default=100, help="so many of them for cql-execution, which takes longer")
    parser.add_argument("--share", type=int, nargs="+", default=[100, 10, 1], help="one in so many is on an inhibitor")
    asked = parser.parse_args()
    print("| one patient in … on an inhibitor | bone-cds | cql-execution | times |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        full = made(Path(room), asked.patients)
        times = {share: _measured(full, asked, share) for share in asked.share}
    judged = {share: found for share, found in times.items() if share >= JUDGED}
    print()
    for share, found in judged.items():
        print(
            f"- {'met' if found >= TARGET else 'MISSED'}: at one in {share}, at least {TARGET} x less – {found:.0f} x"
        )
    if any(found < TARGET for found in judged.values()):
        raise SystemExit(1)


def _measured(full: Path, asked: argparse.Namespace, share: int) -> float:
    """How many times as long cql-execution takes, for an export of which one patient in so many is on an inhibitor."""
    ready = auditor(Question(rules_directory(), Site(), date.fromisoformat(AS_OF), ""), wanting([]))
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        folder = exported(full, Path(room), share)
        ours = min(_audited(ready, folder, Path(room) / "staged") for _ in range(ROUNDS)) * 1000 / asked.patients
        theirs = _cql(ready, folder, Path(room) / "input.json", asked.sample)
    if not any(theirs["counts"].values()):
        raise SystemExit("cql-execution found nothing in any patient: what it took says nothing")
    print(
        f"| {share} | {ours:.2f} ms | {theirs['milliseconds']:.2f} ms | {theirs['milliseconds'] / ours:.1f} |",
        flush=True,
    )
    return float(theirs["milliseconds"] / ours)


def _audited(ready: Auditor, folder: Path, staged: Path) -> float:
    """CPU seconds of reading and deciding the whole export in this process."""
    before = time.process_time()
    extracted = extract(find_export(folder), staged, ready.ruleset.codes)
    connection = reader(staged)
    for number in range(extracted.partitions):
        audit_partition(ready, staged, number, connection)
    return time.process_time() - before


def _cql(ready: Auditor, folder: Path, file: Path, sample: int) -> dict[str, Any]:
    codes = ready.ruleset.codes
    sets = {name: [_code(row.system, row.code) for row in codes.rows_of(concept)] for name, concept in SETS.items()}
    file.write_text(json.dumps({"asOf": AS_OF, "sets": sets, "bundles": list(islice(_bundles(folder), sample))}))
    script = Path(__file__).parent / "cql" / "measure.mjs"
    told = subprocess.run(["node", str(script), str(file)], check=True, stdout=subprocess.PIPE).stdout
    return dict(json.loads(told))


def _code(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code}


def _bundles(folder: Path) -> Iterable[dict[str, Any]]:
    """One Bundle a patient with all of their resources."""
    people: dict[str, list[Any]] = {}
    for file in find_export(folder).files:
        for line in file.path.read_bytes().splitlines():
            plain = json.loads(line)
            about = plain.get("subject") or plain.get("patient") or {"reference": plain["id"]}
            people.setdefault(about["reference"].rpartition("/")[2], []).append({"resource": plain})
    return ({"resourceType": "Bundle", "type": "collection", "entry": entries} for entries in people.values()
            if any(each["resource"]["resourceType"] == "Patient" for each in entries))  # fmt: skip


if __name__ == "__main__":
    main()
