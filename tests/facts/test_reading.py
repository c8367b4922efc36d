"""What could not be read, and whether safety rests on it."""

import pytest

from cds.engine.fact import Known
from cds.facts.sources import SOURCES
from cds.fhir.chart import Failed, Found, NotAsked, Source
from tests.facts.builders import known, view

SAFE_WITHOUT = {"boneDensity", "diagnosticReports", "medicationDispenses"}


def test_everything_was_read() -> None:
    chart = view()
    assert known(chart["reading.failed"]) == frozenset()
    assert known(chart["reading.some_failed"]) is False
    assert known(chart["reading.safety_failed"]) is False


@pytest.mark.parametrize("state", [Failed("time-out"), NotAsked(), Found((), complete=False, why_incomplete="page 2")])
@pytest.mark.parametrize("source", sorted(SOURCES.keys() - {"patient"}))
def test_one_source_was_not(source: str, state: Source) -> None:
    chart = view(**{source: state})  # type: ignore[arg-type]
    assert known(chart["reading.failed"]) == {SOURCES[source].words}
    assert known(chart["reading.some_failed"]) is True
    assert known(chart["reading.safety_failed"]) is (source not in SAFE_WITHOUT)


def test_why_stands_in_the_note() -> None:
    fact = view(labs=Failed("time-out"), allergies=NotAsked())["reading.safety_failed"]
    assert isinstance(fact, Known)
    assert fact.note == "allergies were not asked for; laboratory results could not be read: time-out"


def test_what_only_the_judge_knows_is_empty_here() -> None:
    assert known(view()["decision.open"]) is False
    assert known(view()["decision.open_topics"]) == frozenset()
