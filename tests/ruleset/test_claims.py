"""Cases of lines and of the scope: what is read, what is refused, and what a row finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.ruleset.claims import LINE, Claim, lines_of, read_claims, scope_of, wrong
from cds.ruleset.fault import RuleFault
from cds.ruleset.vocabulary import Vocabulary
from tests.ruleset.small_book import FACTS, Edit, loaded

HEAD = "| line | patient.sex | holds |\n|---|---|---|\n"
TWICE: Edit = (
    "bone-drug/rule.yaml",
    "    when: {fact: bone.t_score, above: t_score.low}\n",
    """    when: {fact: bone.t_score, above: t_score.low}
    line:
      on: [baseline-assessment]
      text: Low risk.
      lines: [{text: Ask about falls., when: {fact: patient.sex, is: female}}]
    evidence: [{source: asco, supports: Low risk}]
""",
)


def read(folder: Path, text: str, *edits: Edit) -> tuple[tuple[Claim, ...], list[RuleFault], list[RuleFault]]:
    """The rows of a text about the lines of the small rule, what could not be read, and what comes out otherwise."""
    ruleset, faults = loaded(folder, *edits), list[RuleFault]()
    conditions = lines_of(ruleset.rules[0])
    claims = read_claims(LINE, "cases.md", text, conditions, Vocabulary(FACTS, ruleset.parameters), faults)
    return claims, faults, list(wrong("cases.md", claims, conditions))


def test_a_line_is_named_by_its_beginning(tmp_path: Path) -> None:
    claims, faults, found = read(tmp_path, f"{HEAD}| Ask about | female | yes |\n| Ask | male | yes |\n")
    assert faults == []
    assert [claim.name for claim in claims] == ["Ask about falls."] * 2
    (fault,) = found
    assert (fault.line, fault.why) == (4, "it holds: no, not yes")


def test_one_text_with_two_conditions_is_told_by_its_stratum(tmp_path: Path) -> None:
    rows = "| high: Ask | ? | ? |\n| low: Ask | female | yes |\n| low: Ask | male | no |\n"
    claims, faults, found = read(tmp_path, f"{HEAD}{rows}", TWICE)
    assert (len(claims), faults, found) == (3, [], [])


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("| Nothing begins so | male | no |", "“Nothing begins so” is 0 conditions"),
        ("| Ask | male | maybe |", "`maybe` in place of yes, no or ?"),
        ("| Ask | | no |", "the row has no patient.sex"),
    ],
)
def test_a_row_that_proves_nothing_is_refused(row: str, what: str, tmp_path: Path) -> None:
    _, faults, _ = read(tmp_path, f"{HEAD}{row}\n")
    assert [fault.line for fault in faults if what in fault.what] == [3]


def test_the_scope_has_a_condition_for_each_hook_and_one_for_everywhere(tmp_path: Path) -> None:
    assert set(scope_of(loaded(tmp_path))) == {"order-sign", "everywhere"}
