"""Cases held against the rule that they prove: rows that come out otherwise, and what no row shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from cds.engine.fact import Known, Value
from cds.engine.judge import Judge
from cds.engine.rule import Rule, Test, conditions_of, facts_in, tests_in
from cds.engine.verdict import Verdict
from cds.ruleset.cases import Case
from cds.ruleset.fault import Level, RuleFault

FIX = "correct the rule if the case is right, the case if the rule is"


def failures(file: str, cases: Iterable[Case], judge: Judge) -> Iterator[RuleFault]:
    """The cases whose verdict is not the expected one."""
    for case in cases:
        if differing := tuple(_differing(case, judge(case.facts))):
            why = "; ".join(f"{what}: {got}, not {expected}" for what, expected, got in differing)
            yield RuleFault(file, case.line, f"case “{case.name}” comes out otherwise", why, FIX)


def _differing(case: Case, verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    if case.outcome != verdict.outcome.value:
        yield "outcome", case.outcome, verdict.outcome.value
    if case.stratum != verdict.stratum:
        yield "stratum", case.stratum or "none", verdict.stratum or "none"
    got = {"possible": verdict.possible, "asked": verdict.asked, "missing": [each.fact for each in verdict.missing]}
    expected = {"possible": case.possible, "asked": case.asked, "missing": case.missing}
    for name, wanted in expected.items():
        if wanted is not None and wanted != frozenset(got[name]):
            yield name, _plus(wanted), _plus(got[name])


def _plus(names: Iterable[str]) -> str:
    return "+".join(sorted(names)) or "–"


def unproven(file: str, cases: Sequence[Case], rule: Rule) -> Iterator[RuleFault]:
    """Strata that no row reaches and facts that are unknown in no row (errors)."""
    reached = {case.stratum for case in cases}
    for stratum in rule.strata:
        if stratum.id not in reached:
            yield RuleFault(
                file, 0, f"no case reaches `{stratum.id}`", "an answer nobody tried is a guess", "add a row"
            )
    unknown = frozenset[str]().union(*(case.unknown() for case in cases))
    for name in facts_in(rule):
        if name not in unknown:
            why = "what the rule does when a fact is not known is half of what it does"
            yield RuleFault(file, 0, f"`{name}` is `?` in no case", why, "add a row")


def untried_limits(file: str, cases: Sequence[Case], rule: Rule) -> Iterator[RuleFault]:
    """Limits that no rows try below, at and above (warnings)."""
    tests = {(test.fact, test.op, test.limit): test for when in conditions_of(rule) for test in tests_in(when)}
    for test in tests.values():
        sides = {_side(case, test) for case in cases}
        if test.parameter and (left := [side for side in ("below", "at", "above") if side not in sides]):
            what = f"`{test.fact}` is never {' or '.join(left)} {test.parameter} ({test.limit:g}) in any case"
            why = "a comparison that is off by one is only seen at its limit"
            yield RuleFault(file, 0, what, why, "add the rows", Level.WARNING)


def _side(case: Case, test: Test) -> str:
    fact = case.facts[test.fact]
    value = _measure(fact.value, case.facts.as_of) if isinstance(fact, Known) else None
    if value is None or isinstance(test.limit, str | frozenset):
        return ""
    return "at" if value == test.limit else "below" if value < test.limit else "above"


def _measure(value: Value, as_of: date) -> float | None:
    if isinstance(value, date):
        return (as_of - value).days
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
