"""What the rules need to know, and so what must be asked: facts, the sources they are read from, FHIR queries.

Discovery's prefetch templates and the gateway's own queries both come from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

from cds.engine.rule import Condition, conditions_of, tests_in
from cds.facts.sources import DRUG_SOURCES, SOURCES, SourceDef
from cds.facts.subjects import CATALOGUE
from cds.fhir.codes import CodeBook
from cds.fhir.systems import ICD_10_CM
from cds.ruleset.ruleset import LoadedOption, LoadedRule, RuleSet
from cds.ruleset.texts import placeholders_below
from cds.ruleset.vocabulary import Catalogue

PATIENT = "{{context.patientId}}"
PAGE: Final = 500
"""So many resources are asked for on a page: a client that sends only its first page then rarely cuts a chart short."""
OPEN_ORDERS: Mapping[str, tuple[str, ...]] = {"drug": DRUG_SOURCES}
"""Where an order of each kind that is already open would be found; any other kind is a service request."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question to an EHR: its prefetch key, the resource type, the template, and how far back it asks (0: ever)."""

    key: str
    resource_type: str
    template: str
    look_back_days: int = 0


def needed_facts(ruleset: RuleSet, hook: str, facts: Catalogue = CATALOGUE) -> tuple[str, ...]:
    """The facts that the judged rules of the hook, their options and their texts name, each once, sorted."""
    shared = (ruleset.scope[hook].condition, ruleset.everywhere.condition)
    named = {test.fact for condition in shared for test in tests_in(condition) if test.fact in facts}
    return tuple(sorted(named | facts_named(ruleset, _rules(ruleset, hook), facts)))


def facts_named(ruleset: RuleSet, rules: Iterable[LoadedRule], facts: Catalogue = CATALOGUE) -> frozenset[str]:
    """The facts that these rules, their options and their texts name."""
    rules = list(rules)
    options = options_of(ruleset, rules)
    conditions = [each for rule in rules for each in conditions_in(rule)]
    conditions += [gate.when.condition for option in options for gate in (*option.withheld_if, *option.deferred_if)]
    conditions += [dose.when.condition for option in options for dose in option.doses]
    named = {test.fact for condition in conditions for test in tests_in(condition)}
    named |= {first.fact for option in options for first in option.know_first}
    written = [each.written.model_dump(mode="json") for each in rules]
    written += [each.written.model_dump(mode="json") for each in options]
    named |= placeholders_below(written)
    named |= placeholders_below([gate.why for each in options for gate in (*each.withheld_if, *each.deferred_if)])
    return frozenset(name for name in named if name in facts)


def needed_sources(ruleset: RuleSet, hook: str, facts: Catalogue = CATALOGUE) -> tuple[str, ...]:
    """The sources that answer for those facts and for orders already open, in the order in which they are asked.

    What the site does not keep is not asked.
    """
    named = {source for name in needed_facts(ruleset, hook, facts) for source in facts[name].reads}
    for option in options_of(ruleset, _rules(ruleset, hook)):
        named |= set(OPEN_ORDERS.get(option.written.kind, ("serviceRequests",)))
    named -= ruleset.site.not_kept.keys()
    return tuple(name for name, source in SOURCES.items() if name in named or source.required)


def queries(ruleset: RuleSet, hook: str, day: date, facts: Catalogue = CATALOGUE) -> tuple[Query, ...]:
    """The questions of that hook on that day."""
    sources = (SOURCES[name] for name in needed_sources(ruleset, hook, facts))
    return tuple(query for source in sources if (query := _query(source, ruleset, day)))


def templates(ruleset: RuleSet, hook: str, day: date) -> Mapping[str, str]:
    """The prefetch templates of that hook on that day, by key."""
    return {query.key: query.template for query in queries(ruleset, hook, day)}


def code_list(concepts: Iterable[str], codes: CodeBook) -> str:
    """Every code of the concepts as FHIR search tokens, sorted, each once; diagnosis codes are no observations."""
    rows = (row for concept in concepts for row in codes.rows_of(concept) if row.system != ICD_10_CM)
    return ",".join(sorted({f"{row.system}|{row.code}" for row in rows}))


def _query(source: SourceDef, ruleset: RuleSet, day: date) -> Query | None:
    """The question; None when it asks by code and no code is known."""
    tokens = code_list(source.concepts, ruleset.codes)
    if "{codes}" in source.search and not tokens:
        return None
    template = source.search.replace("{patient}", PATIENT).replace("{codes}", quote(tokens, safe=":/,.-"))
    days = int(ruleset.numbers[source.look_back]) if source.look_back else 0
    since = f"&date=ge{(day - timedelta(days=days)).isoformat()}" if days else ""
    sort = f"&_sort={source.sort}" if source.sort else ""
    page = f"&_count={PAGE}" if "?" in template else ""
    return Query(source.name, source.resource_type, template + since + sort + page, days)


def _rules(ruleset: RuleSet, hook: str) -> list[LoadedRule]:
    return [rule for rule in ruleset.rules if rule.judged and hook in rule.written.hooks]


def conditions_in(rule: LoadedRule) -> Iterator[Condition]:
    """Every condition of the rule: whom it is for, strata, parts, lines."""
    yield from conditions_of(rule.rule)
    for lines in rule.lines.values():
        yield from (line.when.condition for line in lines if line.when)


def options_of(ruleset: RuleSet, rules: Iterable[LoadedRule]) -> list[LoadedOption]:
    """The options that these rules can suggest, and those that their gates ask for."""
    names = {name for rule in rules for name in rule.suggests}
    for name in sorted(names):
        option = ruleset.options[name]
        names |= {other for first in option.know_first for other in first.ask}
        names |= {other for gate in (*option.withheld_if, *option.deferred_if) for other in gate.instead}
    return [ruleset.options[name] for name in sorted(names)]
