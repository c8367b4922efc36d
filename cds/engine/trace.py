"""How a verdict came about: every condition with its truth, and every test with the fact that it met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from cds.engine.compare import TRUE, UNKNOWN, truth_of
from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.engine.rule import All, Condition, Facts, Not, Rule, Test
from cds.engine.truth import Truth, all_of, any_of, negate


class Step(msgspec.Struct, frozen=True, gc=False):
    """One condition as it was met: its truth, the fact that a test met, and the steps below it."""

    condition: Condition
    truth: Truth
    fact: Fact | None = None
    of: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """Every condition of one rule as it was met, in reading order."""

    rule: str
    applies: Step
    strata: tuple[tuple[str, Step], ...]
    parts: tuple[tuple[str, Step], ...]


def trace(condition: Condition, facts: Facts) -> Step:
    """The condition's truth with nothing skipped: also the members that no longer mattered are shown."""
    if isinstance(condition, Test):
        held = truth_of(condition.fact, condition.op, condition.limit, facts)
        return Step(condition, held, facts[condition.fact])
    if isinstance(condition, Not):
        inner = trace(condition.of, facts)
        return Step(condition, negate(inner.truth), of=(inner,))
    steps = tuple(trace(each, facts) for each in condition.of)
    join = all_of if isinstance(condition, All) else any_of
    return Step(condition, join(step.truth for step in steps), of=steps)


def trace_rule(rule: Rule, facts: Facts) -> RuleTrace:
    """The whole rule as it was met, strata after the deciding one included."""
    return RuleTrace(
        rule.id,
        trace(rule.applies, facts),
        tuple((stratum.id, trace(stratum.when, facts)) for stratum in rule.strata),
        tuple((part.id, trace(part.when, facts)) for part in rule.parts),
    )


def carrying(condition: Condition, facts: Facts) -> tuple[Test | Not, ...] | None:
    """The tests and denials that make the condition true; None if it is not true."""
    if isinstance(condition, Test):
        held = truth_of(condition.fact, condition.op, condition.limit, facts)
        return (condition,) if held is TRUE else None
    if isinstance(condition, Not):
        return (condition,) if trace(condition, facts).truth is TRUE else None
    found = [carrying(each, facts) for each in condition.of]
    true = [each for each in found if each is not None]
    if len(true) < len(found) if isinstance(condition, All) else not true:
        return None
    return tuple(test for tests in true for test in tests)


def _spanning(fact: Fact | None) -> Unknown:
    """Why a fact that is known only roughly settles nothing: its note, if it has one."""
    note = fact.note if isinstance(fact, Known) else ""
    return Unknown(note or "known only within a range that spans the limit", Cause.AMBIGUOUS)


def unknowns(step: Step) -> Iterator[tuple[str, Unknown]]:
    """The unknown facts that keep this step undecided; facts that could not change it are left out."""
    if step.truth is not UNKNOWN:
        return
    if isinstance(step.condition, Test):
        yield step.condition.fact, step.fact if isinstance(step.fact, Unknown) else _spanning(step.fact)
        return
    for each in step.of:
        yield from unknowns(each)
