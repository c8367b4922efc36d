"""What the rules ask of a chart: every fact in use, in ward words, with its unit, how far back and where it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cds.engine.rule import Condition, facts_in, tests_in
from cds.engine.spell import measure, unit_words
from cds.facts.sources import SOURCES
from cds.facts.subjects import CATALOGUE
from cds.ruleset.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Reading:
    """One fact as a reader needs it."""

    id: str
    words: str
    kind: str
    look_back: str
    read_in: tuple[str, ...]


def readings(ruleset: RuleSet) -> tuple[Reading, ...]:
    """Every fact that a rule, a gate or a line of a card reads, sorted by its words."""
    names = {test.fact for condition in _conditions(ruleset) for test in tests_in(condition)}
    names |= {name for rule in ruleset.rules for name in facts_in(rule.rule)}
    names |= {first.fact for option in ruleset.options.values() for first in option.know_first}
    return tuple(
        sorted((_reading(name, ruleset) for name in names & CATALOGUE.keys()), key=lambda each: (each.words, each.id))
    )


def _reading(name: str, ruleset: RuleSet) -> Reading:
    fact = CATALOGUE[name]
    unit = unit_words(fact.unit)
    limit = ruleset.parameters.get(fact.look_back)
    look_back = measure(limit.value, limit.unit) if limit else ""
    where = tuple(SOURCES[each].words if each in SOURCES else each for each in fact.reads)
    return Reading(name, fact.words, f"{fact.type.value}, {unit}" if unit else fact.type.value, look_back, where)


def _conditions(ruleset: RuleSet) -> Iterator[Condition]:
    yield ruleset.everywhere.condition
    yield from (each.condition for each in ruleset.scope.values())
    for rule in ruleset.rules:
        yield from (line.when.condition for lines in rule.lines.values() for line in lines if line.when)
    for option in ruleset.options.values():
        yield from (gate.when.condition for gate in (*option.withheld_if, *option.deferred_if))
