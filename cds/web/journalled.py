"""How the journal is, for Prometheus and for readiness. It tells of numbers, never of what is in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cds.journal.kept import Kept
from cds.journal.store import Journal


@dataclass(frozen=True, slots=True)
class JournalMetrics(Collector):
    """Reads the journal's state whenever it is asked; nothing to tell of a journal that is not kept."""

    journal: Journal

    def collect(self) -> Iterator[Metric]:
        """What was written, what waits, what was lost."""
        if not isinstance(self.journal, Kept):
            return
        state = self.journal.state
        yield CounterMetricFamily("bone_cds_journal_entries", "Entries written", value=state.written)
        yield CounterMetricFamily("bone_cds_journal_refused", "Times the database took nothing", value=state.failures)
        yield CounterMetricFamily("bone_cds_journal_lost", "Entries that nothing could take", value=state.lost)
        yield CounterMetricFamily("bone_cds_journal_torn", "Spools that were set aside", value=state.torn)
        yield GaugeMetricFamily("bone_cds_journal_waiting_bytes", "Not yet in the database", value=state.waiting_bytes)
        yield GaugeMetricFamily("bone_cds_journal_held", "Entries that are in memory alone", value=state.held)


def journal_words(journal: Journal) -> str:
    """How a journal that answers is, in a word or two, for readiness."""
    if not isinstance(journal, Kept):
        return "ok"
    state = journal.state
    if state.held:
        return "ok; the disk is full, entries wait in memory"
    return f"ok; the database is away ({state.trouble}), entries wait in the spool" if state.trouble else "ok"
