"""The audit from beginning to end: an export in, a folder of results out. Engines differ, results do not."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from cds.population.extract import Extracted
from cds.population.faults import Fault, Wanting, wanting
from cds.population.files import NEEDED, Export, UnusableExport
from cds.population.impact import Impact
from cds.population.local import Local, Progress
from cds.population.partition import Question, auditor
from cds.population.patient import Auditor
from cds.population.row import Passed
from cds.population.store import WORK, Workbench, plan_key
from cds.population.tally import Tally
from cds.population.write import columns, flat, write_tables
from cds.ruleset.ruleset import RuleSet


class Work(Protocol):
    """What sorts an export by patient and audits its partitions, for one question."""

    def extract(self, export: Export, bench: Workbench) -> Extracted:
        """The export in partitions."""
        ...

    def audit(self, wanting: Wanting, partitions: int, bench: Workbench, progress: Progress) -> None:
        """Every partition that is not done yet is done."""
        ...


class Engine(Protocol):
    """Where that work is done."""

    def begun(self, question: Question, check: Auditor) -> AbstractContextManager[Work]:
        """It can work on the question until the block ends; ``check`` is the question made ready."""
        ...


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit found: the counts, the changes if two rule sets were compared, and what could not be read."""

    question: Question
    auditor: Auditor
    export: Export
    extracted: Extracted
    absent: tuple[str, ...]
    tally: Tally
    impact: Impact | None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that could not be read."""
        return self.extracted.faults

    @property
    def incomplete(self) -> bool:
        """Whether something may be missing from the results."""
        return bool(self.faults)


def no_progress(what: str, done: int, total: int) -> None:
    """Nobody is told."""


def audit(
    export: Export, question: Question, out: Path, *, engine: Engine | None = None, resume: bool = False,
    progress: Progress = no_progress,
) -> Audited:  # fmt: skip
    """The export audited, the per-patient tables written below ``out``.

    Raises UnusableExport if there is nobody to audit, RuleFaults if a rules directory is faulty. Killed and begun
    again with ``resume``, it goes on where it was and gives the same bytes.
    """
    bench = Workbench(out / WORK)
    check = auditor(question, Wanting())
    with (engine or Local()).begun(question, check) as work:
        extracted, absent = _worked(export, question, check, bench, work, resume, progress)
    return _counted(Audited(question, check, export, extracted, absent, *_empty(check)), bench, out)


def _worked(
    export: Export, question: Question, check: Auditor, bench: Workbench, work: Work, resume: bool, progress: Progress
) -> tuple[Extracted, tuple[str, ...]]:
    """Every partition is done; what was extracted, and the types of which nothing came."""
    fingerprints = tuple(ruleset.fingerprint for ruleset in _rulesets(check))
    extracted = bench.open(plan_key(export, question, fingerprints), resume)
    if extracted is None:
        progress("files read", 0, 1)
        extracted = work.extract(export, bench)
        bench.keep(extracted)
    progress("files read", 1, 1)
    _someone(export, extracted)
    absent = _absent(export, extracted)
    work.audit(wanting(extracted.faults, absent), extracted.partitions, bench, progress)
    return extracted, absent


def _rulesets(check: Auditor) -> Iterable[RuleSet]:
    return (check.ruleset, *((check.other[0],) if check.other else ()))


def _someone(export: Export, extracted: Extracted) -> None:
    broken = any(fault.kind in ("Patient", "*") for fault in extracted.faults)
    if not extracted.counts.get("Patient") and not extracted.others and not broken:
        why = f"there is no Patient resource in its {len(export.files)} files"
        raise UnusableExport(f"{export.root} holds no patients", why, "export Patient too (_type=Patient,…)")


def _absent(export: Export, extracted: Extracted) -> tuple[str, ...]:
    """The needed types of which nothing came and nobody says that they were asked for."""
    told = export.asked or frozenset()
    touched = {file.kind for file in export.files}
    return tuple(sorted(NEEDED - {"Patient", "Medication"} - set(extracted.counts) - told - touched))


def _empty(check: Auditor) -> tuple[Tally, Impact | None]:
    impact = Impact(check.ruleset, check.other[0]) if check.other else None
    return Tally(check.ruleset, check.plan), impact


def _counted(audited: Audited, bench: Workbench, out: Path) -> Audited:
    """The same with every row counted and written."""
    rows = bench.root / "rows.ndjson"
    audited.tally.passed(Passed(untreated=audited.extracted.others, repeated=0))
    with rows.open("wb") as written:
        for result in bench.results():
            audited.tally.passed(result.passed)
            for row in result.rows:
                audited.tally.row(row)
                change = audited.impact.row(row) if audited.impact else None
                written.write(msgspec.json.encode(flat(row, change)) + b"\n")
    types = columns(audited.auditor.plan, audited.impact is not None)
    write_tables(rows, out, types, bench.root / "scratch")
    return audited
