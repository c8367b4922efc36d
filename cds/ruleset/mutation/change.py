"""One condition with one thing changed: a comparison turned, a limit moved a step, a member taken out.

Each mutant is a slip that an author could make. Cases that notice none of it prove less than they seem to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from cds.engine.rule import All, Any, Condition, Not, Test
from cds.ruleset.page import Spot

NEVER, ALWAYS = Any(()), All(())
TURNED: Mapping[str, tuple[str, ...]] = {
    "at_least": ("above", "below", "at_most"),
    "above": ("at_least", "at_most", "below"),
    "at_most": ("below", "above", "at_least"),
    "below": ("at_most", "at_least", "above"),
}
"""Each comparison with its neighbour, its opposite, and the other way round."""

STEPS: Mapping[str, float] = {"d": 1, "a": 1, "mo": 1, "1": 1, "HU": 1, "mg/cm3": 1, "mmol/L": 0.01}
SMALL_STEP = 0.1
"""The smallest difference that a result is written with, where ``STEPS`` has no other."""

_DECIMALS = re.compile(r"\.(\d*?)0*$")
Units = Callable[[str], str]
"""The unit of a parameter, by its name."""


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed, where it stands, and the whole condition with the change in it."""

    spot: Spot
    words: str
    condition: Condition


def changes(condition: Condition, spot: Spot, units: Units) -> Iterator[Change]:
    """The condition with each change in turn, then as one that always holds and as one that never does."""
    yield from _within(condition, spot, units)
    yield Change(spot, f"{told(condition)}: always holds", ALWAYS)
    yield Change(spot, f"{told(condition)}: never holds", NEVER)


def step_of(value: float, unit: str) -> float:
    """One step of a number: the smallest difference in its unit, or in the places that it is written with."""
    written = _DECIMALS.search(str(value))
    return min(STEPS.get(unit, SMALL_STEP), 10.0 ** -len(written.group(1) if written else ""))


def told(condition: Condition) -> str:
    """The condition in a few words, by the names that the rule book uses."""
    if isinstance(condition, Test):
        limit = condition.limit
        words = ("yes" if limit else "no") if isinstance(limit, bool) else str(limit)
        words = "+".join(sorted(limit)) if isinstance(limit, frozenset) else words
        return f"{condition.fact} {condition.op} {condition.parameter or words}"
    if isinstance(condition, Not):
        return f"not ({told(condition.of)})"
    return f"{_shape(condition)} of {len(condition.of)}, first {told(condition.of[0])}"


def _within(condition: Condition, spot: Spot, units: Units) -> Iterator[Change]:
    if isinstance(condition, Test):
        return _of_test(condition, spot, units)
    return _of_not(condition, spot, units) if isinstance(condition, Not) else _of_group(condition, spot, units)


def _of_test(test: Test, spot: Spot, units: Units) -> Iterator[Change]:
    here = spot.at(test.op)
    for op in TURNED.get(test.op, ()):
        yield Change(here, f"{told(test)}: {op}", replace(test, op=op))
    if isinstance(test.limit, bool):
        yield Change(here, f"{told(test)}: {'no' if test.limit else 'yes'}", replace(test, limit=not test.limit))
    elif isinstance(test.limit, int | float):
        step = step_of(test.limit, units(test.parameter))
        for moved, sign in ((test.limit + step, "+"), (test.limit - step, "-")):
            yield Change(here, f"{told(test)}: limit {sign}{step:g}", replace(test, limit=round(moved, 6)))
    if test.op in {"is", "in", "within_days"} and not isinstance(test.limit, bool):
        yield Change(here, f"{told(test)}: inverted", Not(test))
    if isinstance(test.limit, frozenset) and len(test.limit) > 1:
        for code in sorted(test.limit):
            yield Change(here, f"{told(test)}: without {code}", replace(test, limit=test.limit - {code}))


def _of_not(condition: Not, spot: Spot, units: Units) -> Iterator[Change]:
    yield Change(spot.at("not"), f"{told(condition)}: not removed", condition.of)
    for each in _within(condition.of, spot.at("not"), units):
        yield replace(each, condition=Not(each.condition))


def _of_group(group: All | Any, spot: Spot, units: Units) -> Iterator[Change]:
    shape, members = _shape(group), group.of
    if len(members) > 1:
        other = Any(members) if isinstance(group, All) else All(members)
        yield Change(spot.at(shape), f"{told(group)}: {_shape(other)}", other)
        for number, member in enumerate(members):
            rest = (*members[:number], *members[number + 1 :])
            yield Change(spot.at(shape, number), f"{shape}: without {told(member)}", replace(group, of=rest))
    for number, member in enumerate(members):
        for each in _within(member, spot.at(shape, number), units):
            several = (*members[:number], each.condition, *members[number + 1 :])
            yield replace(each, condition=replace(group, of=several))


def _shape(group: All | Any) -> str:
    return "all" if isinstance(group, All) else "any"
