"""What Prometheus scrapes: how many, how long, which topics, which gaps. No label ever holds anything of a patient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from cds.fhir.chart import Failed, Found, NotAsked, Source
from cds.hooks.feedback import Feedback
from cds.service import Answer

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5)


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("bone_cds_requests", "Answered requests", ["route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "bone_cds_request_seconds", "Time to the answer", ["route"], buckets=_BUCKETS, registry=self.registry
        )
        self.cards = Counter(
            "bone_cds_cards", "Cards shown", ["topic", "rule", "version", "stratum"], registry=self.registry
        )
        self.feedback = Counter(
            "bone_cds_feedback", "Feedback on cards", ["service", "outcome", "card"], registry=self.registry
        )
        self.gaps = Counter("bone_cds_data_gaps", "Sources not read whole", ["source", "state"], registry=self.registry)

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

    def page(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


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
