"""Slips in a rule book are noticed by its cases, and what no case notices is found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cds.engine.rule import All, Any, Not
from cds.engine.rule import Test as Comparison
from cds.releases.charts import doors_of
from cds.releases.option_cases import OptionCases
from cds.resources import rules_directory
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.mutation.change import ALWAYS, NEVER, changes
from cds.ruleset.mutation.report import BEGIN, END, written_into
from cds.ruleset.mutation.run import tried
from cds.ruleset.mutation.survivors import SURVIVORS, read_survivors, unexplained
from cds.ruleset.mutation.trial import Trial
from cds.ruleset.page import Page, Spot
from tests.ruleset.small_book import FACTS, FILES, Edit, line_of, write_book

CASES, RULE = "bone-drug/cases.md", "bone-drug/rule.yaml"
ABOVE = "| above it | -2.4 | | silent | low |\n"
LINE_CASES = """
| line | patient.sex | holds |
|---|---|---|
| Ask about falls | female | yes |
| Ask about falls | male | no |
| Ask about falls | ? | ? |
"""
OPTION_CASES = """\
| fact | value |
|---|---|
| caution.dialysis | no |
| lab.calcium | 9 |

| case | caution.dialysis | lab.calcium | drug-a | ask |
|---|---|---|---|---|
| nothing against it | | | offered | |
| dialysis | yes | | withheld | |
| calcium 8.4 | | 8.4 | withheld | |
| calcium 8.5 | | 8.5 | offered | |
| calcium 8.6 | | 8.6 | offered | |
| calcium not known | | ? | first-know | lab-calcium |
"""
SCOPE_CASES = """\
| scope | patient.adult | holds |
|---|---|---|
| order-sign | yes | yes |
| order-sign | no | no |
| everywhere | yes | yes |
| everywhere | no | no |
"""
AT_MOST, AMONG = "bone.t_score at_most t_score.low", "order.agents in a+b"
AGENTS = Comparison("order.agents", "in", frozenset("ab"))
ADULT, SCORE = Comparison("patient.adult", "is", True), Comparison("bone.t_score", "at_most", -2.5, "t_score.low")
NOWHERE = Spot(Page("rule.yaml", {}, {(): 1}))
NO_SUCH = Trial("rule.yaml", 3, "stratum high", "limit +0.1", killed=False)


def units(parameter: str) -> str:
    """The unit of the limits in these tests."""
    return {"t_score.low": "T-score", "calcium.ionised_low": "mmol/L", "fracture.recent_days": "d"}.get(parameter, "")


def trials(folder: Path, *edits: Edit, **more: str) -> tuple[Trial, ...]:
    """Every mutant of the small book with the edits made and files added."""
    write_book(folder, *edits)
    for name, text in more.items():
        path = folder / name.replace("__", "/").replace("_md", ".md")
        path.write_text(text, encoding="utf-8")
    return tried(folder, OptionCases(folder), doors_of, FACTS)


def survivors(found: tuple[Trial, ...], file: str = RULE) -> set[tuple[str, str]]:
    """What survives in that file."""
    return {(each.where, each.change) for each in found if not each.killed and each.file == file}


def test_a_missing_row_is_found_and_the_row_closes_the_gap(tmp_path: Path) -> None:
    slip = ("stratum high", "bone.t_score at_most t_score.low: limit +0.1")
    assert slip in survivors(trials(tmp_path / "gap", (CASES, ABOVE, "")))
    assert slip not in survivors(trials(tmp_path / "whole"))


def test_a_survivor_is_told_with_file_and_line(tmp_path: Path) -> None:
    found = trials(tmp_path, (CASES, ABOVE, ""))
    (fault,) = [each for each in unexplained(found, ()) if "at_most t_score.low: limit +0.1" in each.what]
    assert (fault.file, fault.line) == (RULE, line_of(RULE, "- {fact: bone.t_score, at_most"))


def test_a_line_is_proven_by_its_own_table(tmp_path: Path) -> None:
    assert "line “Ask about falls.…”" in {where for where, _ in survivors(trials(tmp_path / "gap"))}
    closed = trials(tmp_path / "closed", **{"bone-drug__cases_md": f"{FILES[CASES]}{LINE_CASES}"})
    assert not any(where.startswith("line") for where, _ in survivors(closed))


def test_the_scope_is_proven_by_a_table_beside_the_book(tmp_path: Path) -> None:
    assert len(survivors(trials(tmp_path / "gap"), "ruleset.yaml")) == 6
    assert not survivors(trials(tmp_path / "closed", cases_md=SCOPE_CASES), "ruleset.yaml")


def test_gates_are_proven_by_the_cases_of_options(tmp_path: Path) -> None:
    open_ = trials(tmp_path / "gap")
    assert survivors(open_, "options/gates.yaml") == {
        ("gates kidney withheld_if", f"caution.dialysis is yes: {how}") for how in ("no", "always holds", "never holds")
    }
    assert ("option drug-a know_first", "without lab.calcium") in survivors(open_, "options/drug-a.yaml")
    closed = trials(tmp_path / "closed", options__cases_md=OPTION_CASES)
    assert not survivors(closed, "options/gates.yaml")
    assert survivors(closed, "options/drug-a.yaml") == {("option drug-a recommended", "no")}


def test_cases_that_fail_without_any_slip_prove_nothing(tmp_path: Path) -> None:
    wrong = (CASES, "| silent | low |", "| fires | high |")
    with pytest.raises(RuleFaults, match="comes out otherwise"):
        trials(tmp_path, wrong)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (ADULT, ["patient.adult is yes: no"]),
        (SCORE, [f"{AT_MOST}: {how}" for how in ("below", "above", "at_least", "limit +0.1", "limit -0.1")]),
        (AGENTS, [f"{AMONG}: {how}" for how in ("inverted", "without a", "without b")]),
        (Not(ADULT), ["not (patient.adult is yes): not removed", "patient.adult is yes: no"]),
    ],
)  # fmt: skip
def test_every_small_slip_is_made(condition: Comparison | Not, words: list[str]) -> None:
    made = list(changes(condition, NOWHERE, units))
    assert [each.words for each in made[:-2]] == words
    assert [each.condition for each in made[-2:]] == [ALWAYS, NEVER]


def test_a_connective_is_swapped_and_loses_each_member() -> None:
    made = [each.condition for each in changes(All((ADULT, SCORE)), NOWHERE, units)]
    assert made[:3] == [Any((ADULT, SCORE)), All((SCORE,)), All((ADULT,))]
    assert All((Comparison("patient.adult", "is", False), SCORE)) in made
    assert len(made) == 3 + 1 + 5 + 2


def test_a_step_fits_the_unit() -> None:
    ionised = Comparison("calcium.ionised", "below", 1.12, "calcium.ionised_low")
    days = Comparison("fracture.last", "within_days", 365, "fracture.recent_days")
    moved = [each for test in (ionised, days) for each in changes(test, NOWHERE, units) if ": limit" in each.words]
    limits = [each.condition.limit for each in moved if isinstance(each.condition, Comparison)]
    assert limits == [1.13, 1.11, 366, 364]


def listed(folder: Path, change: str) -> list[RuleFault]:
    """What is said of one survivor when the list explains this change."""
    folder.mkdir(exist_ok=True)
    entry = f"- {{in: rule.yaml, where: stratum high, change: {change!r}, reason: nobody can tell}}\n"
    (folder / SURVIVORS).write_text(entry, encoding="utf-8")
    faults: list[RuleFault] = []
    known = read_survivors(folder, faults)
    killed = Trial("rule.yaml", 4, "stratum high", "inverted", killed=True)
    return [*faults, *unexplained((NO_SUCH, killed), known)]


def test_only_what_is_equivalent_is_listed(tmp_path: Path) -> None:
    assert listed(tmp_path, "limit +0.1") == []
    noticed = [each.what for each in listed(tmp_path, "inverted")]
    assert noticed == ["no case notices, in stratum high: limit +0.1", "a case notices it now: inverted"]
    gone = listed(tmp_path, "limit +0.2")[-1]
    assert (gone.file, gone.line, gone.what) == (SURVIVORS, 1, "there is no such mutant in rule.yaml: limit +0.2")


def test_the_report_stands_between_its_markers_and_is_renewed_in_place() -> None:
    first = written_into(f"# Rules\n\n{BEGIN}\nold\n{END}\n\nafter\n", (NO_SUCH,), ())
    assert "old" not in first
    assert first.endswith(f"{END}\n\nafter\n")
    assert "| `rule.yaml` | 1 | 0 | 1 |" in first
    assert "- `rule.yaml:3` stratum high: limit +0.1. not explained" in first
    assert written_into(first, (NO_SUCH,), ()) == first


def test_the_shipped_rules_have_no_unexplained_survivor() -> None:
    faults: list[RuleFault] = []
    known = read_survivors(rules_directory(), faults)
    found = tried(rules_directory(), OptionCases(rules_directory()), doors_of)
    faults.extend(unexplained(found, known))
    assert faults == [], "\n".join(map(str, faults))
    kinds = Counter(each.where.split()[0] for each in found)
    assert set(kinds) >= {"applies", "stratum", "part", "line", "gates", "option", "everywhere", "order-sign"}
    readme = (rules_directory() / "README.md").read_text(encoding="utf-8")
    assert written_into(readme, found, known) == readme, "renew it: make mutate WRITE=1"
