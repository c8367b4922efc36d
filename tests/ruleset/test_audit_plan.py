"""``audit.yaml`` is read as strictly as the rules: every slip has its line, its reason and its remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds.releases.in_force import rules_for
from cds.resources import rules_directory
from cds.ruleset.audit import read_audit
from cds.ruleset.fault import RuleFaults
from cds.settings import Settings

RULESET = rules_for(Settings())


def test_the_plan_is_sound_and_its_numbers_are_filled_in() -> None:
    plan = read_audit(rules_directory(), RULESET)
    assert {"no-dxa", "no-vitamin-d", "untreated-high-risk", "denosumab-overdue"} <= {gap.id for gap in plan.gaps}
    assert "24 months" in plan.gaps[0].about
    assert not [gap.about for gap in plan.gaps if "{" in gap.about]


@pytest.mark.parametrize(
    ("was", "becomes", "what", "fix"),
    [
        ("stratum_of: antiresorptive", "stratum_of: antiresorptiv", "no rule is called", "antiresorptive"),
        ("strata: [very-high, high]", "strata: [very-hihg]", "no stratum of `antiresorptive`", "very-high"),
        ("strata: [not-on-agent]", "strata: []", "names no strata", "strata"),
        ("{fact: bone.dxa.recent, is: no}\n  - id: no-vit", "{fact: bone.dxa.resent, is: no}\n  - id: no-vit",
         "no fact", "bone.dxa.recent"),
        ("{dxa.repeat_days}, bone", "{dxa.repeat_day}, bone", "no parameter", "dxa.repeat_days"),
        ("id: no-calcium", "id: no-vitamin-d", "there twice", "another id"),
        ("    rule: surveillance\n    strata: [density-falls, due]\n", "", "both or neither", "write `when:`"),
        ("title: No recent FRAX", "titel: No recent FRAX", "unknown key", "title"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_line(tmp_path: Path, was: str, becomes: str, what: str, fix: str) -> None:
    text = (rules_directory() / "audit.yaml").read_text(encoding="utf-8")
    assert was in text
    shutil.copytree(rules_directory(), tmp_path / "rules")
    (tmp_path / "rules" / "audit.yaml").write_text(text.replace(was, becomes), encoding="utf-8")
    with pytest.raises(RuleFaults) as refused:
        read_audit(tmp_path / "rules", RULESET)
    told = [each for each in refused.value.faults if what in each.what]
    assert told, str(refused.value)
    assert fix in told[0].fix
    assert told[0].line > 0


def test_what_is_counted_is_no_part_of_the_fingerprint(tmp_path: Path) -> None:
    shutil.copytree(rules_directory(), tmp_path / "rules")
    (tmp_path / "rules" / "audit.yaml").unlink()
    assert rules_for(Settings(rules_dir=tmp_path / "rules")).fingerprint == RULESET.fingerprint
