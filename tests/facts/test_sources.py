"""The questions put to an EHR."""

from __future__ import annotations

import pytest

from cds.facts import CATALOGUE
from cds.facts.sources import DRUG_SOURCES, SOURCES, SourceDef, sources_of
from tests.facts.builders import code_book, numbers


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_a_source_is_a_search_for_one_patient(source: SourceDef) -> None:
    assert source.search.startswith(source.resource_type)
    assert "{patient}" in source.search
    assert ("{codes}" in source.search) == bool(source.concepts)
    assert not source.look_back or source.look_back in numbers()


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda source: source.name)
def test_every_source_is_read_by_some_fact(source: SourceDef) -> None:
    assert any(source.name in entry.reads for entry in CATALOGUE.values())


def test_only_concepts_of_the_code_book_are_asked_for_and_each_of_one_source() -> None:
    asked = [concept for source in SOURCES.values() for concept in source.concepts]
    assert set(asked) <= code_book().concepts.keys()
    assert len(asked) == len(set(asked))


def test_only_the_patient_is_required() -> None:
    assert [source.name for source in SOURCES.values() if source.required] == ["patient"]


def test_which_sources_answer_for_a_concept() -> None:
    assert sources_of(("creatinine", "weight", "egfr")) == ("labs", "observations")
    assert sources_of(("t-score",)) == ("boneDensity",)
    assert len(DRUG_SOURCES) == 4
