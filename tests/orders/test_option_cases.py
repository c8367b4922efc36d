"""``options/cases.md``: the shipped cases hold, and rows that prove nothing are named."""

from __future__ import annotations

import pytest

from cds.facts.subjects import CATALOGUE
from cds.orders.proof import OptionCase, facts_read, failures, read_option_cases
from cds.releases.option_cases import option_faults
from cds.resources import rules_directory
from cds.ruleset.fault import RuleFault
from cds.ruleset.vocabulary import Vocabulary
from tests.cards.made import rule_set

HEAD = "| fact | value |\n|---|---|\n| caution.hypercalcaemia | no |\n| calcium.known | yes |\n\n"
OPTION = "cholecalciferol-repletion"


def read(table: str) -> tuple[tuple[OptionCase, ...], list[RuleFault]]:
    """The cases of a text for the shipped options, and what was wrong with it."""
    faults: list[RuleFault] = []
    options = rule_set().options
    cases = read_option_cases(
        "cases.md", f"{HEAD}{table}", options, Vocabulary(CATALOGUE, rule_set().parameters), faults
    )
    return cases, faults


def rows(*several: str, columns: str = OPTION) -> str:
    """A table of cases."""
    bars = columns.count("|") + 3
    return "\n".join([f"| case | with | {columns} |", "|---" * bars + "|", *several])


def test_the_shipped_cases_hold() -> None:
    faults = list(option_faults(rules_directory()))
    assert faults == [], "\n".join(map(str, faults))


def test_every_option_with_gates_is_tried() -> None:
    text = (rules_directory() / "options" / "cases.md").read_text(encoding="utf-8")
    gated = {name for name, option in rule_set().options.items() if facts_read(option)}
    assert gated <= set(text.replace("|", " ").split())


def test_a_case_that_comes_out_otherwise_says_how() -> None:
    cases, faults = read(
        rows(
            "| a | calcium.known: ? | offered | | |",
            "| b | caution.hypercalcaemia: yes | withheld | pregnancy | lab-calcium |",
            columns=f"{OPTION} | why | ask",
        )
    )
    assert faults == []
    first, second = failures("cases.md", cases, rule_set().options)
    assert first.why == f"{OPTION}: first-know, not offered"
    assert "no reason says “pregnancy”: hypercalcaemia is on the problem list" in second.why
    assert "ask: –, not lab-calcium" in second.why


@pytest.mark.parametrize(
    ("table", "what", "fix"),
    [
        (rows("| a | | withhold |"), "`withhold` is no standing", "`withheld`"),
        (rows("| a | | offered |", columns="calcium"), "case “a” has no", "default"),
        (rows("| a | lab.calcum: 8 | offered |"), "`lab.calcum` is not a fact that any option reads", ""),
        (rows("| a | | offered |", columns="cholecalciferol-repletio"), "`cholecalciferol-repletio` is not a fact", ""),
    ],
)
def test_a_row_that_cannot_be_read_is_named(table: str, what: str, fix: str) -> None:
    _, faults = read(table)
    assert any(what in each.what and fix in each.fix for each in faults), faults
