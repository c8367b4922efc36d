"""One partition audited: patient by patient, within a memory limit. The workers of every engine run this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from cds.population.faults import Wanting
from cds.population.patient import Auditor
from cds.population.queries import CANDIDATES, database, quoted, staged
from cds.population.records import Record, patients_in
from cds.population.row import Passed, Result, Row
from cds.ruleset.audit import AuditPlan, read_audit
from cds.ruleset.book import Site
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet

MEMORY: Final = "64MB"
_ROWS: Final = 2000


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every patient, as plain values that can be sent to another process.

    ``rules`` is the rules directory, ``compare`` another one to hold against it. ``as_then``: the day is past, and what
    the export holds of later days is left out.
    """

    rules: Path
    site: Site
    as_of: date
    canonical: str
    compare: Path | None = None
    as_then: bool = False


def auditor(question: Question, wanting: Wanting) -> Auditor:
    """The question made ready; RuleFaults if a rules directory is faulty."""
    ruleset, plan = _loaded(question.rules, question.site)
    other = _loaded(question.compare, question.site) if question.compare else None
    return Auditor(ruleset, plan, question.as_of, question.canonical, wanting, other, question.as_then)


def _loaded(directory: Path, site: Site) -> tuple[RuleSet, AuditPlan]:
    """The rule set and what is counted."""
    ruleset = load(directory, site)
    return ruleset, read_audit(directory, ruleset)


def audit_partition(auditor: Auditor, folder: Path, number: int, connection: duckdb.DuckDBPyConnection) -> Result:
    """The rows of one partition, read through the connection."""
    return audited(auditor, _records(connection, folder, number))


def reader(folder: Path) -> duckdb.DuckDBPyConnection:
    """What partitions are read through, within a memory limit."""
    return database(folder / "scratch", MEMORY, threads=1)


def audited(auditor: Auditor, records: Iterable[Record]) -> Result:
    """The rows of these records, which come sorted by patient."""
    rows: list[Row] = []
    untreated = repeated = 0
    for patient, lines in patients_in(records):
        row = auditor.audited(patient, lines)
        if row is None:
            untreated += any(line.kind == "Patient" for line in lines)
        else:
            repeated += row.repeated
            rows.append(row)
    rows.sort(key=lambda row: row.patient)
    return Result(tuple(rows), Passed(untreated, repeated))


def _records(connection: duckdb.DuckDBPyConnection, folder: Path, number: int) -> list[Record]:
    """The lines of the partition, sorted by patient: sorted here, where a partition is small, within no one's limit."""
    names = [name for name in ("first", "rest", "drugs") if (folder / name / f"part={number}").is_dir()]
    if not names:
        return []
    whose = (f"SELECT p, k, id, u, v, json FROM {staged(folder, name, str(number))}" for name in names)
    wanted = folder / CANDIDATES
    only = f"WHERE p IN (SELECT p FROM read_parquet({quoted(str(wanted))}))" if wanted.is_file() else ""
    cursor = connection.execute(f"SELECT * FROM ({' UNION ALL '.join(whose)}) {only}")
    found: list[Record] = []
    while some := cursor.fetchmany(_ROWS):
        found.extend(Record(*each) for each in some)
    found.sort(key=lambda record: record.patient)
    return found
