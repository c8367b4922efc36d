"""What is written twice: a slip in one of the two is noticed, and tables about nothing are named."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from cds.releases.charts import doors_of
from cds.releases.option_cases import OptionCases
from cds.resources import rules_directory
from cds.ruleset.fault import RuleFault
from cds.ruleset.folder import read_folder
from cds.ruleset.lint import lint
from cds.ruleset.mutation.run import tried
from cds.ruleset.twice import items_of_rule, read_again, written_twice

DAY = date(2026, 11, 24)


def own_rules(folder: Path, file: str, old: str, new: str) -> Path:
    """The shipped rules with one edit."""
    shutil.copytree(rules_directory(), folder / "rules")
    path = folder / "rules" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "rules"


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("antiresorptive-safety/rule.yaml", "indicator: critical", "indicator: info", "indicator: info, not critical"),
        (
            "antiresorptive/rule.yaml",
            "offer: [zoledronic-acid-5mg, denosumab-60mg,",
            "offer: [denosumab-60mg, zoledronic-acid-5mg,",
            "offer: denosumab-60mg, zoledronic-acid-5mg, alendronate-70mg, not zoledronic-acid-5mg, denosumab-60mg",
        ),
        ("baseline-assessment/rule.yaml", "orders: [dxa]", "orders: []", "orders: nothing, not dxa"),
        ("surveillance/rule.yaml", "recommended: true", "recommended: false", "recommended: no, not yes"),
        ("options/denosumab-60mg.yaml", "value: 60", "value: 120", "dose: 120 mg, not 60 mg"),
        ("options/alendronate-70mg.yaml", "period: 1", "period: 2", "how often: 1 in 2 wk, not 1 in 1 wk"),
    ],
)
def test_a_slip_is_noticed(file: str, old: str, new: str, why: str, tmp_path: Path) -> None:
    found = lint(own_rules(tmp_path, file, old, new), DAY)
    assert any(why in each.why and each.file.endswith("cases.md") and each.line for each in found), found


def test_what_is_not_said_again_survives(tmp_path: Path) -> None:
    directory = own_rules(tmp_path, "antiresorptive-safety/cases.md", "| card | indicator |", "| note | indicator |")
    left = {(each.where, each.change) for each in tried(directory, OptionCases(directory), doors_of) if not each.killed}
    assert {
        ("card duplicate indicator", "info for critical"),
        ("card duplicate indicator", "warning for critical"),
    } <= left


@pytest.mark.parametrize(
    ("table", "what", "fix"),
    [
        (
            "| card | urgency |\n|---|---|\n| high | warning |",
            "`urgency` is nothing",
            "one of indicator, offer, orders",
        ),
        ("| card | indicator |\n|---|---|\n| hihg | warning |", "“hihg” is no card", "did you mean `high`?"),
        ("| card | indicator |\n|---|---|\n| high |", "“high” is no card", "count the bars"),
    ],
)
def test_a_table_about_nothing_is_named(table: str, what: str, fix: str) -> None:
    faults: list[RuleFault] = []
    (rule,) = (each for each in read_folder(rules_directory(), []).rules if each.it.id == "antiresorptive")
    assert not read_again("cases.md", table, tuple(items_of_rule(rule)), faults)
    (fault,) = faults
    assert what in fault.what
    assert fix in fault.fix


def test_everything_shipped_is_said_again() -> None:
    for file, text, items in written_twice(read_folder(rules_directory(), [])):
        said = {(cell.kind, cell.name) for cell in read_again(file, text, items, [])}
        assert {(item.kind, item.name) for item in items} <= said, file
