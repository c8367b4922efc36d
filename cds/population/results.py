"""Everything that an audit leaves behind, written to a folder: aggregates that may be shared, tables that may not."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any, Final

import msgspec

from cds.population.audit import Audited
from cds.population.faults import Fault
from cds.population.measure import measure, measure_report
from cds.population.report import report
from cds.population.store import WORK, Workbench
from cds.population.summary import Summary, summary_json, summary_of
from cds.population.write import patients_with_gaps
from cds.spreadsheet import harmless

REPORT, SUMMARY, FAULTS = "report.html", "summary.json", "faults.csv"
MEASURE, MEASURE_REPORT, SUBJECT_LIST = "Measure.json", "MeasureReport.json", "MeasureReport-subjects.json"
_COLUMNS: Final = ("file", "line", "what", "why", "fix", "type", "patient")


def write_results(audited: Audited, out: Path, below: int = 0, name_subjects: bool = False) -> Summary:
    """The report, the summary, the faults and the FHIR resources, beside the per-patient tables.

    ``name_subjects`` adds a MeasureReport that lists the patients of each gap. The work folder is gone afterwards.
    """
    summary, canonical = summary_of(audited, below), audited.question.canonical
    plan, ruleset = audited.auditor.plan, audited.auditor.ruleset
    (out / REPORT).write_text(report(summary), encoding="utf-8", newline="\n")
    _json(out / SUMMARY, summary_json(summary))
    _json(out / MEASURE, measure(plan, ruleset, canonical, summary.as_of))
    _json(out / MEASURE_REPORT, measure_report(summary, canonical))
    if name_subjects:
        subjects = patients_with_gaps(out, plan, out / WORK)
        _json(out / SUBJECT_LIST, measure_report(summary_of(audited), canonical, subjects))
    (out / FAULTS).write_text(_faults(audited.faults), encoding="utf-8", newline="\n")
    Workbench(out / WORK).clear()
    return summary


def _json(file: Path, plain: dict[str, Any]) -> None:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n")


def _faults(faults: Iterable[Fault]) -> str:
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_COLUMNS)
    rows = ((it.file, it.line, it.what, it.why, it.fix, it.kind, it.patient) for it in faults)
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return written.getvalue()
