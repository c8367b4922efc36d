"""What each rule uses, down to the code of its facts: facts and numbers, its options' gates and its texts included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from cds.engine.rule import Condition, tests_in
from cds.facts.subjects import CATALOGUE
from cds.ruleset.mentions import numbers_named, with_others
from cds.ruleset.needs import conditions_in, facts_named, options_of
from cds.ruleset.ruleset import LoadedOption, LoadedRule, RuleSet
from cds.ruleset.texts import placeholders_below
from cds.ruleset.vocabulary import Catalogue


def facts_of(ruleset: RuleSet, rule: LoadedRule, facts: Catalogue = CATALOGUE) -> frozenset[str]:
    """The facts that the rule, its options and its texts name, and all that these ask for in turn."""
    return with_others(facts_named(ruleset, [rule], facts), facts)


def numbers_of(ruleset: RuleSet, rule: LoadedRule, facts: Catalogue = CATALOGUE) -> frozenset[str]:
    """The parameters that the rule compares with or tells, and those that the code of its facts reads."""
    options = options_of(ruleset, [rule])
    named = {test.parameter for each in _conditions(rule, options) for test in tests_in(each)}
    named |= {option.written.open_days or "" for option in options}
    named |= placeholders_below([_plain(rule), *map(_plain, options), *map(_whys, options)])
    for name in facts_of(ruleset, rule, facts):
        named |= numbers_named(facts[name], ruleset.parameters)
    return frozenset(named & ruleset.parameters.keys())


def compared(ruleset: RuleSet) -> frozenset[str]:
    """The numbers that stand in a condition of a rule, a line, a gate, a dose or the scope."""
    conditions = [each.condition for each in (ruleset.everywhere, *ruleset.scope.values())]
    for rule in ruleset.rules:
        conditions += conditions_in(rule)
    for option in ruleset.options.values():
        conditions += [gate.when.condition for gate in (*option.withheld_if, *option.deferred_if)]
        conditions += [dose.when.condition for dose in option.doses]
    return frozenset(test.parameter for each in conditions for test in tests_in(each))


def looked_up(ruleset: RuleSet, facts: Catalogue = CATALOGUE) -> frozenset[str]:
    """The numbers that the code of any fact names."""
    return frozenset[str]().union(*(numbers_named(each, ruleset.parameters) for each in facts.values()))


def rules_using(ruleset: RuleSet, names: Set[str], facts: Catalogue = CATALOGUE) -> tuple[LoadedRule, ...]:
    """The rules that use one of the facts, in the rule book's order."""
    return tuple(rule for rule in ruleset.rules if names & facts_of(ruleset, rule, facts))


def in_scope(ruleset: RuleSet, facts: Catalogue = CATALOGUE) -> frozenset[str]:
    """The facts that say whom the rule book is for, and all that these ask for in turn."""
    shared = [ruleset.everywhere, *ruleset.scope.values()]
    return with_others((test.fact for each in shared for test in tests_in(each.condition)), facts)


def overridden_in(ruleset: RuleSet, facts: Catalogue = CATALOGUE) -> Mapping[str, tuple[str, ...]]:
    """By rule id: the numbers that it uses and the site set otherwise."""
    if not ruleset.overrides:
        return {}
    used = {rule.id: numbers_of(ruleset, rule, facts) & ruleset.overrides.keys() for rule in ruleset.rules}
    return {name: tuple(sorted(numbers)) for name, numbers in used.items() if numbers}


def not_kept_in(ruleset: RuleSet, facts: Catalogue = CATALOGUE) -> Mapping[str, tuple[str, ...]]:
    """By rule id: the sources that its facts are read from and the site does not keep."""
    if not ruleset.site.not_kept:
        return {}
    read = {rule.id: _sources_of(ruleset, rule, facts) for rule in ruleset.rules}
    return {name: tuple(each for each in ruleset.site.not_kept if each in some) for name, some in read.items()}


def _sources_of(ruleset: RuleSet, rule: LoadedRule, facts: Catalogue) -> set[str]:
    return {source for name in facts_of(ruleset, rule, facts) for source in facts[name].reads}


def _conditions(rule: LoadedRule, options: Iterable[LoadedOption]) -> Iterator[Condition]:
    yield from conditions_in(rule)
    for option in options:
        yield from (gate.when.condition for gate in (*option.withheld_if, *option.deferred_if))


def _whys(option: LoadedOption) -> list[str]:
    """The sentences of its gates, shared ones too."""
    gates = [each.why for each in (*option.withheld_if, *option.deferred_if)]
    return gates + [each.why for each in option.know_first]


def _plain(it: LoadedRule | LoadedOption) -> object:
    return it.written.model_dump(mode="json")
