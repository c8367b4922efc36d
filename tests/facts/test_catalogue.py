"""The catalogue is whole: every fact of the brief is there, described, and can be read off an empty chart."""

from __future__ import annotations

from typing import Any

import pytest

from cds.engine.fact import Known, Range, Span, Unknown
from cds.facts import CATALOGUE, Facts
from cds.facts.catalogue import FactDef, Type, fact
from cds.facts.sources import SOURCES
from cds.fhir.chart import Draft, Failed
from tests.facts.builders import numbers, view

ENTRIES = tuple(CATALOGUE.values())
SETTLED_ANYWAY = {
    "drug.duplicate_pair_drafted": "without a draft there is no pair in it",
}
TYPES = {
    Type.BOOL: bool, Type.NUMBER: float | int | Range, Type.CODE: str, Type.DATE: object, Type.SET: frozenset,
}  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_fact_is_described(entry: FactDef) -> None:
    assert entry.words
    assert entry.words == entry.words.strip().rstrip(".")
    assert set(entry.reads) <= SOURCES.keys()
    assert not entry.look_back or entry.look_back in numbers()
    assert bool(entry.codes) == (entry.type is Type.CODE)
    assert not entry.unit or entry.type is Type.NUMBER
    assert entry.extract.__doc__


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_fact_has_a_value_of_its_type_or_a_reason_on_an_empty_chart(entry: FactDef) -> None:
    found = view()[entry.id]
    if isinstance(found, Unknown):
        assert found.why
    elif found.value is not None:
        assert isinstance(found.value, TYPES[entry.type])
        assert entry.type is Type.BOOL or not isinstance(found.value, bool)
        assert not isinstance(found.value, Span) or entry.type is Type.DATE


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_nothing_is_ruled_out_where_nothing_could_be_read(entry: FactDef) -> None:
    unread: dict[str, Any] = {name: Failed("503 from server") for name in SOURCES if name != "patient"}
    found = view(patient=Failed("503 from server"), draft=Draft(), **unread)[entry.id]
    if entry.reads and entry.type is Type.BOOL and entry.id not in SETTLED_ANYWAY:
        assert isinstance(found, Unknown) or found.note or found.value is not False


def test_facts_are_a_mapping_over_one_view() -> None:
    it = view()
    facts = Facts(it)
    assert list(facts) == list(CATALOGUE)
    assert len(facts) == len(CATALOGUE)
    assert facts["patient.age"] is it["patient.age"]
    assert facts.as_of == it.as_of


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        view()["patient.shoe_size"]


def test_a_fact_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match=r"patient\.age is registered twice"):
        fact("patient.age", Type.NUMBER, words="age")(lambda view: Known(1))
