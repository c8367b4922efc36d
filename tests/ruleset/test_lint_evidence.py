"""A number without a source that somebody can find is refused, and so is a link that leads nowhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from cds.ruleset.fault import Level, RuleFaults
from cds.ruleset.lint import lint
from cds.ruleset.load import load
from tests.ruleset.small_book import FACTS, write_book

AS_OF = date(2026, 11, 24)
NUMBERS, SOURCES, OPTION, GATES, BOOK = (
    "parameters.yaml",
    "sources.yaml",
    "options/drug-a.yaml",
    "options/gates.yaml",
    "ruleset.yaml",
)
KIND = "  kind: guideline"
PART = """\
parts:
  - {id: dxa, short: DXA, when: {fact: patient.adult, is: yes}, text: "A DXA every 24 months."}
strata:
"""
TWO = """\
override_reasons: []
inconsistencies:
  - {about: Which is right, says: [{source: asko, supports: This one}], here: Neither, touches: [antiresorptiv]}
"""

FOUND = [
    (NUMBERS, "locator: rec 3.4", "locator: ''", "no place in the source", "recommendation"),
    (NUMBERS, "label: guideline", "label: label", "label label, but `asco` is a guideline", "change the label"),
    (NUMBERS, "label: guideline", "label: review", "label review, but `asco` is a guideline", "review or study"),
    (SOURCES, KIND, KIND + "\n  doi: https://doi.org/10.1/x", "is no doi", "bare"),
    (SOURCES, KIND, KIND + "\n  pmid: PMID 12", "is no pmid", "digits"),
    (SOURCES, KIND, KIND + "\n  url: javascript:alert(1)", "is no url", "web address"),
    (SOURCES, "read_on: 2026-11-20", "read_on: 2026-12-20", "was read on 2026-12-20", "day it was read"),
    (OPTION, "evidence: [{source: asco, supports: A drug}]", "evidence: []", "option `drug-a` cites nothing", "add"),
    (GATES, "evidence: [{source: asco, supports: A gate}]", "evidence: []", "gates `kidney` cites nothing", "add"),
    ("bone-drug/rule.yaml", "strata:\n", PART, "`dxa` says '4 months' and cites nothing", "parameter in braces"),
]


@pytest.mark.parametrize(("file", "old", "new", "what", "fix"), FOUND, ids=lambda value: str(value)[:40])
def test_lint_finds_a_claim_without_a_source(
    file: str, old: str, new: str, what: str, fix: str, tmp_path: Path
) -> None:
    write_book(tmp_path, (file, old, new))
    (found,) = [each for each in lint(tmp_path, AS_OF, catalogue=FACTS) if what in each.what]
    assert found.file == file
    assert found.line > 0
    assert fix in found.fix
    assert found.level is Level.ERROR


def test_a_number_without_a_source_does_not_even_load(tmp_path: Path) -> None:
    write_book(tmp_path, (NUMBERS, "source: asco, locator: rec 3.4", "locator: rec 3.4"))
    with pytest.raises(RuleFaults, match="`source` is missing"):
        load(tmp_path, catalogue=FACTS)


@pytest.mark.parametrize("field", ["authored_by", "checked_by", "reviewed_on", "next_review"])
def test_a_rule_without_a_review_field_does_not_even_load(field: str, tmp_path: Path) -> None:
    write_book(tmp_path, ("bone-drug/rule.yaml", f"{field}: ", f"x_{field}: "))
    with pytest.raises(RuleFaults, match=f"`{field}` is missing"):
        load(tmp_path, catalogue=FACTS)


def test_an_inconsistency_names_sources_and_topics_that_are_there(tmp_path: Path) -> None:
    write_book(tmp_path, (BOOK, "override_reasons: []\n", TWO))
    with pytest.raises(RuleFaults) as refused:
        load(tmp_path, catalogue=FACTS)
    assert {each.what for each in refused.value.faults} == {
        "no source is called `asko`",
        "no topic is called `antiresorptiv`",
    }


def test_the_small_book_itself_is_clean(tmp_path: Path) -> None:
    errors = [each for each in lint(write_book(tmp_path), AS_OF, catalogue=FACTS) if each.level is Level.ERROR]
    assert [each.what for each in errors] == ["bone-drug is not locked"]
