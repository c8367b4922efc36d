"""What was read for an answer, source by source: what the service made of it, status, size and time."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from cds.explain import state_of
from cds.facts.sources import SOURCES
from cds.fhir.chart import Failed, Found, NotAsked, Source
from cds.gateway.visit import PATIENT_TOKEN
from cds.service import Queries
from cds.web.sandbox.exchange import Exchange
from cds.web.sandbox.watched import Read


@dataclass(frozen=True, slots=True)
class Row:
    """One source. ``kind`` is ok, partial or failed; times and sizes of all its reads together."""

    name: str
    words: str
    kind: str
    url: str
    status: str
    size: int
    ms: float


def rows(exchange: Exchange, queries: Queries, patient: str) -> tuple[Row, ...]:
    """Every source that was asked for, then whatever else was read."""
    chart = exchange.answer.chart if exchange.answer else None
    found = []
    left = list(exchange.reads)
    for name, template in queries.items():
        query = _plain(template.replace(PATIENT_TOKEN, patient))
        mine = [each for each in left if query in _plain(each.url)]
        left = [each for each in left if each not in mine]
        source = chart.source(name) if chart else NotAsked()
        url = mine[0].url if mine else ""
        found.append(_row(SOURCES[name].words, state_of(source), _kind(source), url, mine))
    return (*found, *(_row("another page, or a drug", "", "ok", each.url, [each]) for each in left))


def _row(name: str, words: str, kind: str, url: str, reads: list[Read]) -> Row:
    status = ", ".join(str(each.status) if each.status else "no answer" for each in reads)
    return Row(name, words, kind, url, status, sum(each.size for each in reads), sum(each.ms for each in reads))


def _kind(source: Source) -> str:
    if isinstance(source, Failed | NotAsked):
        return "failed"
    return "partial" if isinstance(source, Found) and not source.complete else "ok"


def _plain(url: str) -> str:
    """The address with nothing escaped, so that two spellings of one query are alike."""
    return unquote(url)
