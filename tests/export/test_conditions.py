"""Conditions in English on the page, with the number, its unit and whose it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.engine.rule import All, Any, Condition, Not
from cds.engine.rule import Test as OneTest
from cds.export.conditions import PrintedWords, Said, said
from tests.ruleset.small_book import FACTS, loaded

LOW = OneTest("bone.t_score", "at_most", -2.5, "t_score.low")
ADULT = OneTest("patient.adult", "is", True)


@pytest.fixture
def words(tmp_path: Path) -> PrintedWords:
    ruleset = loaded(tmp_path)
    return PrintedWords(FACTS, ruleset.parameters, ruleset.sources)


@pytest.mark.parametrize(
    ("condition", "text", "under"),
    [
        (LOW, f"{FACTS['bone.t_score'].words} is at most -2.5", 0),
        (Not(LOW), f"{FACTS['bone.t_score'].words} is not at most -2.5", 0),
        (Not(ADULT), f"{FACTS['patient.adult'].words}: no", 0),
        (All((LOW, ADULT)), "all of these:", 2),
        (Any((LOW, ADULT)), "any of these:", 2),
        (Any((LOW,)), f"{FACTS['bone.t_score'].words} is at most -2.5", 0),
        (Not(Any((LOW, ADULT))), "not so that:", 1),
    ],
)
def test_a_condition_is_a_sentence_or_a_heading(
    condition: Condition, text: str, under: int, words: PrintedWords
) -> None:
    told = said(condition, words)
    assert told.text == text
    assert len(told.of) == under


def test_the_number_s_source_stands_beside_the_sentence(words: PrintedWords) -> None:
    told = said(LOW, words)
    assert (told.parameter, told.citation) == ("t_score.low", "ASCO 2019, guideline")
    assert said(ADULT, words) == Said(f"{FACTS['patient.adult'].words}: yes")
