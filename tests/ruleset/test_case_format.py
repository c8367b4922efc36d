"""How ``cases.md`` is read, and what it proves."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from cds.engine.fact import Cause, Fact, Known, Range, Span, Unknown
from cds.facts.catalogue import Type
from cds.ruleset.case_values import Unclear, fact_from
from cds.ruleset.cases import Case
from cds.ruleset.fault import RuleFault
from cds.ruleset.proof import failures, unproven, untried_limits
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.tables import tables_in
from tests.ruleset.small_book import FILES, cases_of, loaded

AS_OF = date(2026, 6, 1)
WHOLE = FILES["bone-drug/cases.md"]
HEAD = "| case | bone.t_score | outcome | stratum |\n|---|---|---|---|\n"
DEFAULTS = "| fact | value |\n|---|---|\n| patient.adult | yes |\n| fracture.last | n/a |\n| bone.t_score | -1 |\n\n"
Read = Callable[[str], tuple[tuple[Case, ...], list[RuleFault]]]


@pytest.fixture
def ruleset(tmp_path: Path) -> RuleSet:
    return loaded(tmp_path)


@pytest.fixture
def read(ruleset: RuleSet) -> Read:
    return lambda text: cases_of(ruleset, text)


@pytest.mark.parametrize(
    ("cell", "kind", "fact"),
    [
        ("yes", Type.BOOL, Known(True)),
        ("no", Type.BOOL, Known(False)),
        ("-2.5", Type.NUMBER, Known(-2.5)),
        ("−2.5", Type.NUMBER, Known(-2.5)),
        ("<4", Type.NUMBER, Known(Range(high=4.0, high_open=True))),
        ("≤4", Type.NUMBER, Known(Range(high=4.0))),
        ("> -1", Type.NUMBER, Known(Range(low=-1.0, low_open=True))),
        (">=4", Type.NUMBER, Known(Range(low=4.0))),
        ("20..30", Type.NUMBER, Known(Range(20.0, 30.0))),
        ("female", Type.CODE, Known("female")),
        ("a+b", Type.SET, Known(frozenset({"a", "b"}))),
        ("nothing", Type.SET, Known(frozenset())),
        ("200 days ago", Type.DATE, Known(date(2025, 11, 13))),
        ("1 day ahead", Type.DATE, Known(date(2026, 6, 2))),
        ("1..3 days ago", Type.DATE, Known(Span(date(2026, 5, 29), date(2026, 5, 31)))),
        ("2026-01-31", Type.DATE, Known(date(2026, 1, 31))),
        ("2024-02", Type.DATE, Known(Span(date(2024, 2, 1), date(2024, 2, 29)))),
        ("2025", Type.DATE, Known(Span(date(2025, 1, 1), date(2025, 12, 31)))),
        ("n/a", Type.DATE, Known(None)),
        ("?", Type.NUMBER, Unknown("never measured", Cause.NEVER_MEASURED)),
        ("? not-readable", Type.BOOL, Unknown("not readable", Cause.NOT_READABLE)),
    ],
)
def test_a_cell_stands_for_a_fact(cell: str, kind: Type, fact: Fact) -> None:
    assert fact_from(cell, kind, AS_OF) == fact


@pytest.mark.parametrize(
    ("cell", "kind", "fits"),
    [
        ("true", Type.BOOL, "yes, no"),
        ("about 4", Type.NUMBER, "7.5, <4"),
        ("4.", Type.NUMBER, "7.5"),
        ("last week", Type.DATE, "200 days ago"),
        ("? too-odl", Type.NUMBER, "too-old"),
    ],
)
def test_a_cell_that_stands_for_nothing_says_what_would_fit(cell: str, kind: Type, fits: str) -> None:
    with pytest.raises(Unclear, match=fits):
        fact_from(cell, kind, AS_OF)


def test_only_tables_are_read_and_bars_can_be_escaped() -> None:
    (table,) = tables_in("words\n\n| case | a |\n|:--|--:|\n| x \\| y | `1` |\n\n- more words")
    assert table.head.cells == ("case", "a")
    assert [(row.line, row.cells) for row in table.rows] == [(5, ("x | y", "1"))]


def test_the_whole_file_is_read_and_holds(read: Read, ruleset: RuleSet) -> None:
    cases, faults = read(WHOLE)
    assert faults == []
    assert len(cases) == 9
    assert cases[3].facts["bone.t_score"] == Unknown("never measured", Cause.NEVER_MEASURED)
    assert cases[3].facts["fracture.last"] == Known(date(2025, 6, 1))
    rule = ruleset.rules[0]
    assert list(failures("cases.md", cases, rule.judge)) == []
    assert list(unproven("cases.md", cases, rule.rule)) == []
    assert list(untried_limits("cases.md", cases, rule.rule)) == []


def test_a_defaults_row_changes_the_rest_of_its_table_only(read: Read) -> None:
    rows = "| Defaults: | -3 | | |\n| a | | fires | high |\n"
    cases, faults = read(f"{DEFAULTS}{HEAD}{rows}\n{HEAD}| b | – | silent | low |\n")
    assert faults == []
    assert [case.facts["bone.t_score"] for case in cases] == [Known(-3.0), Known(-1.0)]


BROKEN = [
    (f"{HEAD}| a | -1 | silent | low |\n", "case “a” has no patient.adult, fracture.last", "default"),
    (f"{DEFAULTS}{HEAD.replace('bone.t_score', 'bone.tscore')}", "`bone.tscore` is not a fact", "`bone.t_score`"),
    (f"{DEFAULTS}{HEAD}| a | low | silent | low |\n", "`low` is no value of `bone.t_score`", "a number fits"),
    (f"{DEFAULTS}{HEAD}| a | -1 | silnt | low |\n", "`silnt` is no outcome", "`silent`"),
    (f"{DEFAULTS}{HEAD}| a | -1 | low |\n", "3 cells under 4 headings", "bars"),
    (f"{DEFAULTS}| case | bone.t_score |\n|---|---|\n| a | -1 |\n", "no `outcome` or no `stratum`", "heading row"),
    (f"{DEFAULTS}{HEAD}| a | | silent | low |\n| a | | silent | low |\n", "two cases are called “a”", "differs"),
    (f"{DEFAULTS.replace('patient.adult', 'patient.adlt')}", "`patient.adlt` is not a fact", "`patient.adult`"),
]


@pytest.mark.parametrize(("text", "what", "fix"), BROKEN, ids=[each[1] for each in BROKEN])
def test_a_row_that_cannot_be_read_is_named(text: str, what: str, fix: str, read: Read) -> None:
    _, faults = read(text)
    (found,) = [fault for fault in faults if what in fault.what]
    assert found.file == "bone-drug/cases.md"
    assert found.line > 0
    assert fix in found.fix


def test_a_case_that_comes_out_otherwise_says_how(read: Read, ruleset: RuleSet) -> None:
    cases, _ = read(f"{DEFAULTS}{HEAD}| a | -3 | silent | low |\n")
    (found,) = failures("cases.md", cases, ruleset.rules[0].judge)
    assert (found.line, found.what) == (9, "case “a” comes out otherwise")
    assert found.why == "outcome: fires, not silent; stratum: high, not low"


def test_what_is_possible_asked_and_missing_can_be_checked_too(read: Read, ruleset: RuleSet) -> None:
    head = "| case | bone.t_score | outcome | stratum | possible | asked | missing |\n|---|---|---|---|---|---|---|\n"
    row = "| a | ? | unsettled | – | high+low+none | – | bone.t_score |\n"
    cases, faults = read(f"{DEFAULTS}{head}{row}{row.replace('a |', 'b |', 1).replace('+none', '')}")
    assert faults == []
    (found,) = failures("cases.md", cases, ruleset.rules[0].judge)
    assert found.why == "possible: high+low+none, not high+low"


def test_what_no_case_shows_is_named(read: Read, ruleset: RuleSet) -> None:
    cases, _ = read(f"{DEFAULTS}{HEAD}| a | -1 | silent | low |\n")
    rule = ruleset.rules[0].rule
    assert [fault.what for fault in unproven("cases.md", cases, rule)] == [
        "no case reaches `high`",
        "`patient.adult` is `?` in no case",
        "`bone.t_score` is `?` in no case",
        "`fracture.last` is `?` in no case",
    ]
    limits = [fault.what for fault in untried_limits("cases.md", cases, rule)]
    assert "`bone.t_score` is never below or at t_score.low (-2.5) in any case" in limits
