"""What a pharmacist reads of a rule fits the screen and leaves nothing out."""

from pathlib import Path

import pytest

from cds.resources import rules_directory
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.show import WIDTH, show_all, show_rule
from cds.ruleset.words import BookWords
from tests.ruleset.small_book import FACTS, loaded


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return load(rules_directory())


def test_the_overview_names_every_rule(ruleset: RuleSet) -> None:
    text = show_all(ruleset)
    assert ruleset.short_fingerprint in text
    for rule in ruleset.rules:
        assert any(line.startswith(rule.id) and rule.written.title in line for line in text.splitlines())


def test_every_rule_fits_the_screen(ruleset: RuleSet) -> None:
    for rule in ruleset.rules:
        page = show_rule(ruleset, rule.id)
        assert max(map(len, page.splitlines())) <= WIDTH
        assert len(page.splitlines()) <= 160
        assert "{" not in page
        for stratum in rule.written.strata:
            assert f"{stratum.id} – {stratum.title}" in page
        for name in rule.suggests:
            assert name in page
        assert rule.written.review.checked_by in page


def test_numbers_units_and_citations_stand_in_the_sentences(ruleset: RuleSet) -> None:
    page = " ".join(show_rule(ruleset, "antiresorptive").split())
    words = BookWords({}, ruleset.parameters, ruleset.sources)
    cited = words.citation(ruleset.parameters["t_score.very_high"])
    assert f"is below -3 [{cited}]" in page
    assert "within the last 12 months" in page
    assert "creatinine clearance is below 35 mL/min" in page


def test_a_small_rule_as_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ruleset = loaded(tmp_path)
    monkeypatch.setattr("cds.ruleset.show.words_of", lambda it: BookWords(FACTS, it.parameters, it.sources))
    assert show_rule(ruleset, "bone-drug").splitlines() == PAGE.splitlines()


def test_a_rule_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        show_rule(loaded(tmp_path), "bone-drugs")


PAGE = """\
Start a drug?
bone-drug · version 1 · active · topic antiresorptive

One drug for one reason.

ON      order-sign
FOR     adult: yes

STRATA  read downwards; the first true one wins

1. high – High risk
   when any of these:
          lowest T-score is at most -2.5 [ASCO 2019, guideline]
          last fragility fracture is within the last 12 months [ASCO 2019, policy]
   warning card: High risk before ‹drugs being ordered›
      Why: ‹the reasons, with values and dates›. T-score ‹lowest T-score›, limit -2.5.
      - Ask about falls.
        if sex is not male
   offers one of: drug-a
   rests on ASCO 2019

2. low – Low risk
   when lowest T-score is above -2.5 [ASCO 2019, guideline]
   says nothing: the question is settled

IF OPEN what would settle the question is asked for on another card (baseline-assessment, else data-
        gaps).

OPTIONS
  A  drug-a – Drug A
  withheld if
    A  dialysis: yes
    A  calcium is below 8.5 mg/dL [ASCO 2019, policy]
  must be known first
    A  a calcium

LIMITS
  - Free text is not read.

WRITTEN A. Author
CHECKED B. Checker
REVIEW  2026-11-20, next by 2027-11-20
"""
