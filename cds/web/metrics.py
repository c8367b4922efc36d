"""What Prometheus scrapes: how many, how long, which topics, which gaps. No label ever holds anything of a patient."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from cds.fhir.chart import Failed, Found, NotAsked, Source
from cds.gateway.breaker import State
from cds.hooks.feedback import Feedback
from cds.ruleset.ruleset import RuleSet
from cds.service import Answer

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where several workers count together; the library looks for it when it is imported."""

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5)

_RESTING: Final[dict[State, float]] = {"closed": 0, "half-open": 0.5, "open": 1}


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Answered requests", "route", "status")
        self.seconds = self._histogram("request_seconds", "Time to the answer", "route")
        self.cards = self._counter("cards", "Cards shown", "topic", "rule", "version", "stratum")
        self.feedback = self._counter("feedback", "Feedback on cards", "service", "outcome", "card")
        self.gaps = self._counter("data_gaps", "Sources not read whole", "source", "state")
        self.unauthorised = self._counter("unauthorised", "Callers that were turned away (401)", "reason")
        self.calls = self._histogram("fhir_seconds", "Calls to other servers, by how they ended", "outcome")
        self.renewals = self._counter("renewals", "Times that rules and clients were read anew", "outcome")
        self.trials = self._counter("trials", "Decisions beside which a release on trial was to be judged", "outcome")
        self.breakers = self._gauge(
            "fhir_resting", "FHIR servers that are left alone after failures (1), tried (0.5) or read (0)", "server"
        )
        self.unkept = self._gauge("journal_failures", "Failures of the journal so far")
        self.rules = self._gauge("ruleset", "The rule book that is in force (1)", "version", "fingerprint")
        self._beside: list[Collector] = []
        self._servers: frozenset[str] = frozenset()
        self._in_force: tuple[str, str] | None = None

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"bone_cds_{name}", words, labels, registry=self.registry)

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        """A gauge of which, of several workers, the one that says most is heard."""
        return Gauge(f"bone_cds_{name}", words, labels, registry=self.registry, multiprocess_mode="livemax")

    def _histogram(self, name: str, words: str, *labels: str) -> Histogram:
        return Histogram(f"bone_cds_{name}", words, labels, buckets=_BUCKETS, registry=self.registry)

    def also(self, collector: Collector) -> None:
        """What that collector tells, of this process alone, is on the page too."""
        self._beside.append(collector)
        self.registry.register(collector)

    def called(self, outcome: str, seconds: float) -> None:
        """One more call to another server is over."""
        self.calls.labels(outcome).observe(seconds)

    def renewed(self, outcome: str, ruleset: RuleSet) -> None:
        """Rules and clients were read anew, and taken up (``done``) or ``refused``."""
        self.renewals.labels(outcome).inc()
        self.lives_by(ruleset)

    def lives_by(self, ruleset: RuleSet) -> None:
        """That rule book alone is in force."""
        if self._in_force:
            self.rules.labels(*self._in_force).set(0)
        self._in_force = (ruleset.book.version, ruleset.short_fingerprint)
        self.rules.labels(*self._in_force).set(1)

    def stand(self, breakers: Mapping[str, State], journal_failures: int) -> None:
        """How it stands with the FHIR servers and the journal at this moment."""
        gone = dict.fromkeys(self._servers, 0.0)
        for server, state in {**gone, **{each: _RESTING[state] for each, state in breakers.items()}}.items():
            self.breakers.labels(server).set(state)
        self._servers = frozenset(breakers)
        self.unkept.set(journal_failures)

    def heard(self, service: str, feedback: Iterable[Feedback], known: Iterable[bool]) -> None:
        """What clinicians did with cards is counted, apart for cards that nobody remembers."""
        for told, is_known in zip(feedback, known, strict=True):
            self.feedback.labels(service, told.outcome, "known" if is_known else "unknown").inc()

    def answered(self, route: str, status: int, seconds: float) -> None:
        """One more request was answered."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def decided(self, answer: Answer) -> None:
        """The cards shown and the chart's gaps are counted."""
        for card in answer.response.cards:
            decision = (card.extension or {}).get("bone-cds.decision", {})
            self.cards.labels(*(str(decision.get(name, "")) for name in ("topic", "rule", "version", "stratum"))).inc()
        for name, source in answer.chart.sources.items():
            state = gap(source)
            if state:
                self.gaps.labels(name, state).inc()

    def turned_away(self, reason: str) -> None:
        """One more caller did not prove who it is."""
        self.unauthorised.labels(reason).inc()

    def page(self) -> bytes:
        """The text that Prometheus reads: of this process, or of all workers where they count together."""
        if SHARED not in os.environ:
            return generate_latest(self.registry)
        everybodys = CollectorRegistry()
        for each in self._beside:
            everybodys.register(each)
        MultiProcessCollector(everybodys)  # type: ignore[no-untyped-call]
        return generate_latest(everybodys)


@contextmanager
def counted_together() -> Iterator[None]:
    """Processes that are started meanwhile count in one place, so that any of them can tell all their numbers."""
    with TemporaryDirectory(prefix="bone-cds-metrics-") as folder:
        os.environ.setdefault(SHARED, folder)
        yield


def gap(source: Source) -> str:
    """How the source falls short: failed, incomplete or not-asked; '' if it does not."""
    match source:
        case Failed():
            return "failed"
        case Found(complete=False):
            return "incomplete"
        case NotAsked():
            return "not-asked"
    return ""
