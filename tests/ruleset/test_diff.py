"""The difference between two rule books, in the words of a rule book."""

from pathlib import Path

import pytest

from cds.ruleset.diff import Change, diff, diff_text
from cds.ruleset.fault import RuleFaults
from tests.ruleset.small_book import FACTS, Edit, write_book

GATE = "when: dialysis: yes; why: dialysis"
RULE, OPTION = "bone-drug/rule.yaml", "options/drug-a.yaml"


def changes(folder: Path, *edits: Edit) -> tuple[Change, ...]:
    """What the edits change."""
    for name in ("before", "after"):
        (folder / name).mkdir(exist_ok=True)
    write_book(folder / "before")
    return diff(folder / "before", write_book(folder / "after", *edits), FACTS)


def test_nothing_changed(tmp_path: Path) -> None:
    assert changes(tmp_path) == ()
    assert diff_text(()) == "nothing changed"


def test_a_number_is_told_once_and_with_its_unit_beside_it(tmp_path: Path) -> None:
    found = changes(tmp_path, ("parameters.yaml", "value: -2.5", "value: -2.0"))
    assert found == (Change("parameter", "t_score.low", "number", "-2.5 T-score", "-2 T-score"),)
    assert diff_text(found) == "parameter t_score.low\n  number: -2.5 T-score → -2 T-score"


def test_a_changed_condition_is_told_in_sentences(tmp_path: Path) -> None:
    (found,) = changes(tmp_path, (RULE, "at_most: t_score.low", "below: t_score.low"))
    assert (found.kind, found.subject, found.aspect) == ("rule", "bone-drug", "strata › high › when")
    text = diff_text([found])
    assert "-   lowest T-score is at most t_score.low" in text
    assert "+   lowest T-score is below t_score.low" in text
    assert "last fragility fracture is within the last fracture.recent_days" in text


def test_strata_added_and_put_in_another_order(tmp_path: Path) -> None:
    low = "  - id: low\n    title: Low risk\n    when: {fact: bone.t_score, above: t_score.low}\n"
    odd = low.replace("low\n", "odd\n", 1).replace("Low", "Odd")
    found = changes(tmp_path, (RULE, low, ""), (RULE, "strata:\n", f"strata:\n{low}{odd}"))
    told = {change.aspect: (change.before, change.after) for change in found}
    assert told["strata › order"] == ("high, low", "low, odd, high")
    assert told["strata › odd › title"] == ("", "Odd risk")
    assert told["strata › odd › when"] == ("", "lowest T-score is above t_score.low")
    assert "strata › low › title" not in told


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ((RULE, "version: 1", "version: 2"), ("rule", "bone-drug", "version", "1", "2")),
        ((RULE, "status: active", "status: trial"), ("rule", "bone-drug", "status", "active", "trial")),
        (
            ("options/gates.yaml", "why: dialysis", "why: on dialysis"),
            ("gates", "kidney", "withheld_if", GATE, GATE.replace("why: ", "why: on ")),
        ),
        ((OPTION, "gates: [kidney]\n", ""), ("option", "drug-a", "gates", "kidney", "")),
        (("ruleset.yaml", "Bone drug", "Drug"), ("rule book", "", "topics › antiresorptive", "Bone drug", "Drug")),
        (("sources.yaml", "ASCO 2019", "ASCO"), ("source", "asco", "short", "ASCO 2019", "ASCO")),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_what_else_changes(edit: Edit, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert changes(tmp_path, edit) == (Change(*expected),)


def test_what_cannot_be_read_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(RuleFaults):
        changes(tmp_path, (RULE, "version: 1", "version: one"))
