"""Every shipped rule is proven by its cases."""

from pathlib import Path

import pytest

from cds.facts.subjects import CATALOGUE
from cds.resources import rules_directory
from cds.ruleset.cases import read_cases
from cds.ruleset.fault import RuleFault
from cds.ruleset.load import load
from cds.ruleset.proof import failures, unproven
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.vocabulary import Vocabulary

RULES = sorted(path.parent.name for path in rules_directory().glob("*/rule.yaml"))


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return load(rules_directory())


def test_there_are_rules() -> None:
    assert {"antiresorptive", "baseline-assessment", "calcium-vitamin-d", "data-gaps"} <= set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_the_cases_of_the_rule_hold(name: str, ruleset: RuleSet) -> None:
    rule, faults = ruleset.rule(name), list[RuleFault]()
    file: Path = rules_directory() / name / "cases.md"
    text = file.read_text(encoding="utf-8")
    cases = read_cases(file.name, text, rule.rule, Vocabulary(CATALOGUE, ruleset.parameters), faults)
    found = [*faults, *failures(file.name, cases, rule.judge), *unproven(file.name, cases, rule.rule)]
    assert found == [], "\n".join(map(str, found))
    assert len(cases) >= len(rule.rule.strata)
