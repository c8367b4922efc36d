"""The audit on this machine: one of several processes extracts, then all audit partitions, each done once and kept."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Final

import duckdb

from cds.population.extract import Extracted, extract
from cds.population.faults import Wanting
from cds.population.files import Export
from cds.population.partition import Question, audit_partition, auditor, reader
from cds.population.patient import Auditor
from cds.population.processes import processes
from cds.population.row import Passed
from cds.population.store import Workbench

Progress = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""

AUDITING: Final = "partitions audited"
"""What progress is told while patients are decided upon."""

_MADE: Final = 50_000
"""Objects after which what a patient leaves behind is collected; it is little, and seldom goes in circles."""

_here: list[Auditor] = []
"""What this process holds every patient against; a process that is copied from it has it too."""


@dataclass(frozen=True, slots=True)
class Local:
    """Audits with that many processes."""

    workers: int = 2

    @contextmanager
    def begun(self, question: Question, check: Auditor) -> Iterator[Work]:
        """The processes, until the block ends; what they have not begun when it fails is not done any more."""
        with _held(check), processes(self.workers, partial(_begin, question)) as pool:
            try:
                yield Work(pool)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


@dataclass(frozen=True, slots=True)
class Work:
    """The processes that work on a question."""

    pool: Executor

    def extract(self, export: Export, bench: Workbench) -> Extracted:
        """The export in partitions."""
        return self.pool.submit(_extract, export, bench.staged).result()

    def audit(self, wanting: Wanting, partitions: int, bench: Workbench, progress: Progress) -> None:
        """Every partition that is not done yet is done."""
        ahead = [number for number in range(partitions) if not bench.is_done(number)]
        progress(AUDITING, partitions - len(ahead), partitions)
        waiting = [self.pool.submit(_audit, wanting, bench, number) for number in ahead]
        for count, each in enumerate(as_completed(waiting), partitions - len(ahead) + 1):
            each.result()
            progress(AUDITING, count, partitions)


@dataclass(frozen=True, slots=True)
class Here:
    """Audits in this very process, for one that may have no others or shall leave the rest of the machine alone."""

    @contextmanager
    def begun(self, question: Question, check: Auditor) -> Iterator[Alone]:  # noqa: ARG002  # ``check`` is the question
        """The work is done where it is asked for."""
        yield Alone(check)


@dataclass(frozen=True, slots=True)
class Alone:
    """One process that works on a question."""

    check: Auditor

    def extract(self, export: Export, bench: Workbench) -> Extracted:
        """The export in partitions."""
        return extract(export, bench.staged, self.check.ruleset.codes)

    def audit(self, wanting: Wanting, partitions: int, bench: Workbench, progress: Progress) -> None:
        """Every partition that is not done yet is done."""
        held_against = replace(self.check, wanting=wanting)
        with reader(bench.staged) as connection:
            for number in range(partitions):
                if not bench.is_done(number):
                    bench.put(number, audit_partition(held_against, bench.staged, number, connection))
                progress(AUDITING, number + 1, partitions)


@contextmanager
def _held(check: Auditor) -> Iterator[None]:
    """It is here for processes that are copied from this one meanwhile."""
    _here.append(check)
    try:
        yield
    finally:
        _here.remove(check)


def _begin(question: Question) -> None:
    """This process can work on the question; one that is no copy reads the rules itself."""
    if not _here:
        _here.append(auditor(question, Wanting()))
    gc.freeze()  # what every patient is held against is not looked through for each
    gc.set_threshold(_MADE)


@cache
def _reader(staged: Path) -> duckdb.DuckDBPyConnection:
    return reader(staged)


def _extract(export: Export, staged: Path) -> Extracted:
    return extract(export, staged, _here[-1].ruleset.codes)


def _audit(wanting: Wanting, bench: Workbench, number: int) -> Passed:
    held_against = replace(_here[-1], wanting=wanting)
    return bench.put(number, audit_partition(held_against, bench.staged, number, _reader(bench.staged)))
