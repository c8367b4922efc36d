"""What could not be checked, said in one place."""

from __future__ import annotations

from collections.abc import Iterator

from cds.cards.escape import markdown
from cds.cards.wording import bullets, missing_words
from cds.decide import Decision
from cds.engine.fact import Known
from cds.engine.spell import listed
from cds.facts.sources import SOURCES
from cds.fhir.chart import Failed, Found, NotAsked

NOT_ASKED = "not sent with the request, and there was no FHIR server to ask"


def unread_words(decision: Decision) -> str:
    """The sources that were not read, as a prescriber names them."""
    return listed(SOURCES[name].words for name in _failed(decision))


def gaps_text(decision: Decision) -> str:
    """A line for the sources that were not read for one reason, and for each question that stays open."""
    return bullets((*_unread(decision), *_open(decision), *_passed_over(decision)))


def _unread(decision: Decision) -> Iterator[str]:
    alike: dict[str, list[str]] = {}
    for name in _failed(decision):
        alike.setdefault(_why(decision, name), []).append(SOURCES[name].words)
    for why, sources in alike.items():
        yield decision.ruleset.book.gap_lines.not_read.format(source=listed(sources), why=markdown(why))


def _failed(decision: Decision) -> list[str]:
    failed = decision.facts["reading.failed"]
    names = failed.value if isinstance(failed, Known) and isinstance(failed.value, frozenset) else frozenset()
    return [name for name, source in SOURCES.items() if source.words in names]


def _why(decision: Decision, name: str) -> str:
    source = decision.view.chart.sources.get(name, NotAsked())
    if isinstance(source, Failed):
        return source.why
    if isinstance(source, NotAsked):
        return NOT_ASKED
    gap = decision.view.gap(name)
    return (source.why_incomplete if isinstance(source, Found) else "") or (gap.why if gap else "")


def _open(decision: Decision) -> Iterator[str]:
    topics = decision.facts["decision.open_topics"]
    names = topics.value if isinstance(topics, Known) and isinstance(topics.value, frozenset) else frozenset()
    missing: dict[str, dict[str, None]] = {}
    for verdict in decision.verdicts:
        title = decision.ruleset.book.topics[decision.ruleset.rule(verdict.rule).written.topic]
        if title in names:
            missing.setdefault(title, {}).update({missing_words(each): None for each in verdict.missing})
    for title, facts in missing.items():
        if facts:
            yield decision.ruleset.book.gap_lines.open_question.format(topic=title, missing=listed(facts))


def _passed_over(decision: Decision) -> Iterator[str]:
    for note in decision.view.chart.notes:
        yield decision.ruleset.book.gap_lines.left_out.format(note=markdown(note))
