"""The audit on Apache Spark: the same extraction, the same function for each partition, the same bytes.

The driver extracts onto a folder that every executor sees; the executors audit partitions and put each result there.
Only the driver's and executors' Python need this package; pyspark is an extra of it (``bone-cds[spark]``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cds.population.extract import Extracted, extract
from cds.population.faults import Wanting
from cds.population.files import Export
from cds.population.local import AUDITING, Progress
from cds.population.partition import Question, audit_partition, auditor, reader
from cds.population.patient import Auditor
from cds.population.store import Workbench


class NoSpark(Exception):
    """pyspark is not installed here, or finds no Java."""


@dataclass(frozen=True, slots=True)
class Spark:
    """Audits on the session's cluster; ``master`` is used where ``spark-submit`` has not set one."""

    master: str = ""

    @contextmanager
    def begun(self, question: Question, check: Auditor) -> Iterator[Work]:
        """Nothing waits for the work: a session begins with the first partition and ends with the last."""
        yield Work(self.master, question, check)


@dataclass(frozen=True, slots=True)
class Work:
    """A question put to the cluster."""

    master: str
    question: Question
    check: Auditor

    def extract(self, export: Export, bench: Workbench) -> Extracted:
        """The export in partitions, on the folder that all share."""
        return extract(export, bench.staged, self.check.ruleset.codes)

    def audit(self, wanting: Wanting, partitions: int, bench: Workbench, progress: Progress) -> None:
        """Every partition that is not done yet is done by an executor."""
        ahead = [number for number in range(partitions) if not bench.is_done(number)]
        progress(AUDITING, partitions - len(ahead), partitions)
        if not ahead:
            return
        session = _session(self.master)
        try:
            context = session.sparkContext
            asked = context.broadcast((self.question, wanting, bench))
            spread = context.parallelize(ahead, len(ahead))
            done = spread.mapPartitions(lambda numbers: audited(numbers, *asked.value)).toLocalIterator()
            for count, _ in enumerate(done, partitions - len(ahead) + 1):
                progress(AUDITING, count, partitions)
        finally:
            session.stop()


def audited(numbers: Iterable[int], question: Question, wanting: Wanting, bench: Workbench) -> Iterator[int]:
    """Each of these partitions, done; run by the executors."""
    ready, connection = auditor(question, wanting), reader(bench.staged)
    for number in numbers:
        bench.put(number, audit_partition(ready, bench.staged, number, connection))
        yield number


def _session(master: str) -> Any:
    """The Spark session; raises NoSpark where there is none to be had."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 (an extra, needed here alone)

        if master:  # workers on this machine run what the driver runs
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.appName("bone-cds audit").config("spark.ui.enabled", "false")
        return (builder.master(master) if master else builder).getOrCreate()
    except ImportError:
        raise NoSpark("pyspark is not installed: pip install 'bone-cds[spark]'") from None
    except Exception as wrong:  # noqa: BLE001 (py4j raises whatever the JVM says)
        raise NoSpark(f"Spark did not start; it needs Java 17 or newer: {str(wrong)[:300]}") from None
