"""The pure function: one patient, one draft, one rule book, one day, one decision.

HTTP, command line, sandbox, replay and population audit all come here; none of them decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cds.engine.fact import Fact, Known
from cds.engine.judge import UNREADABLE
from cds.engine.trace import RuleTrace, trace, trace_rule, unknowns
from cds.engine.truth import Truth, all_of
from cds.engine.verdict import NOT_APPLICABLE, Missing, Outcome, Verdict
from cds.facts.sources import SOURCES
from cds.facts.view import View
from cds.fhir.chart import Chart, Draft, Empty, NotAsked
from cds.orders.weigh import Weighed, weigh
from cds.repeats import Remembered, snoozed
from cds.ruleset.book import NotKept
from cds.ruleset.model import WrittenStratum
from cds.ruleset.ruleset import LoadedRule, RuleSet

GAPS = "data-gaps"
SCOPE = "scope"
SPOKEN = frozenset({Outcome.FIRES, Outcome.SNOOZED})
"""Something true is said now, or was said before and answered."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that was decided, and enough to explain it: verdicts in the rule book's order, options weighed."""

    ruleset: RuleSet
    hook: str
    as_of: date
    view: View
    facts: Overlay
    in_scope: Truth
    verdicts: tuple[Verdict, ...]
    weighed: Mapping[str, tuple[Weighed, ...]]
    """By rule id: the options of the stratum that acts."""

    @property
    def snoozed_topics(self) -> frozenset[str]:
        """The topics that would speak, had they not been answered before."""
        silent = (each for each in self.verdicts if each.outcome is Outcome.SNOOZED)
        return frozenset(self.ruleset.rule(each.rule).written.topic for each in silent)

    def trace(self) -> tuple[RuleTrace, ...]:
        """Every condition of every judged rule as it was met; built on demand."""
        return tuple(trace_rule(self.ruleset.rule(verdict.rule).rule, self.facts) for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Facts with what the other rules left open laid over them."""

    view: View
    over: Mapping[str, Fact]

    @property
    def as_of(self) -> date:
        """The day on which the question is put."""
        return self.view.as_of

    def __getitem__(self, name: str, /) -> Fact:
        over = self.over.get(name)
        return self.view[name] if over is None else over

    def read_so_far(self) -> dict[str, Fact]:
        """Every fact that somebody has asked for, by id."""
        return {**self.view.read_so_far(), **self.over}


def decide(
    chart: Chart, draft: Draft, ruleset: RuleSet, hook: str, as_of: date, history: Sequence[Remembered] = ()
) -> Decision:
    """The decision for this hook on this day. Same input, same decision.

    ``history`` is what was shown and answered for this patient before, oldest first.
    """
    return decided(view_of(chart, draft, ruleset, as_of), ruleset, hook, history)


def view_of(chart: Chart, draft: Draft, ruleset: RuleSet, as_of: date) -> View:
    """The chart and the draft as the rule set sees them on that day."""
    if ruleset.site.not_kept:
        chart = _as_kept(chart, ruleset.site.not_kept)
    return View(chart, draft, ruleset.codes, ruleset.numbers, as_of)


def decided(view: View, ruleset: RuleSet, hook: str, history: Sequence[Remembered] = ()) -> Decision:
    """The same, of a view that was made before, for whoever has already asked it something."""
    in_scope = all_of((ruleset.scope[hook].held(view), ruleset.everywhere.held(view)))
    rules = ruleset.judged_on(hook)
    verdicts = {each.id: _judged(each, ruleset, view, hook, in_scope) for each in rules if each.id != GAPS}
    facts = Overlay(view, _left_open(rules, verdicts, in_scope, ruleset.book.topics))
    gaps = [each for each in rules if each.id == GAPS]
    for each in gaps:
        speaks = in_scope is Truth.TRUE or (in_scope is Truth.UNKNOWN and hook in ruleset.book.in_doubt)
        verdicts[each.id] = each.judge(facts) if speaks else _judged(each, ruleset, view, hook, in_scope)
    if history:
        verdicts = {each.id: snoozed(verdicts[each.id], each, history, ruleset, view) for each in rules}
    weighed = {each.id: _weighed(each, verdicts[each.id], ruleset, view) for each in rules}
    ordered = tuple(verdicts[each.id] for each in rules)
    return Decision(ruleset, hook, view.as_of, view, facts, in_scope, ordered, weighed)


def _as_kept(chart: Chart, not_kept: Mapping[str, NotKept]) -> Chart:
    """The chart in which a source that the hospital does not have holds nothing, unless it was sent all the same."""
    unasked = [name for name in not_kept if isinstance(chart.source(name), NotAsked)]
    nothing = {name: Empty((not_kept[name].told(SOURCES[name].words),)) for name in unasked}
    return replace(chart, sources={**chart.sources, **nothing})


def _judged(rule: LoadedRule, ruleset: RuleSet, view: View, hook: str, in_scope: Truth) -> Verdict:
    if in_scope is Truth.TRUE:
        return rule.judge(view)
    if in_scope is Truth.FALSE:
        return _outside(rule)
    conditions = (ruleset.scope[hook].condition, ruleset.everywhere.condition)
    found = {name: fact for each in conditions for name, fact in unknowns(trace(each, view))}
    missing = tuple(Missing(name, fact.why, fact.cause) for name, fact in found.items())
    unreadable = any(each.cause in UNREADABLE for each in missing)
    outcome = Outcome.COULD_NOT_CHECK if unreadable else Outcome.UNSETTLED
    strata = (stratum.id for stratum in rule.rule.strata)
    return Verdict(rule.id, rule.rule.version, outcome, possible=(NOT_APPLICABLE, *strata), missing=missing)


def _outside(rule: LoadedRule) -> Verdict:
    return Verdict(rule.id, rule.rule.version, Outcome.NOT_APPLICABLE, possible=(NOT_APPLICABLE,))


def _left_open(
    rules: Iterable[LoadedRule], verdicts: Mapping[str, Verdict], in_scope: Truth, topics: Mapping[str, str]
) -> dict[str, Fact]:
    if in_scope is Truth.UNKNOWN:
        return {"decision.open": Known(True), "decision.open_topics": Known(frozenset({topics[SCOPE]}))}
    judged = [rule for rule in rules if rule.id in verdicts]
    speaking = {rule.written.topic for rule in judged if verdicts[rule.id].outcome is Outcome.FIRES}
    titles = frozenset(
        topics[rule.written.topic]
        for rule in judged
        if is_open(rule, verdicts[rule.id]) and not speaking & set(rule.written.ask_on)
    )
    return {"decision.open": Known(bool(titles)), "decision.open_topics": Known(titles)}


def is_open(rule: LoadedRule, verdict: Verdict) -> bool:
    """Nothing that speaks is true, something still is possible, and the rule wants that asked about."""
    asks = rule.shown and rule.written.if_unsettled == "ask"
    return asks and not verdict.settled and verdict.outcome not in SPOKEN


def _weighed(rule: LoadedRule, verdict: Verdict, ruleset: RuleSet, view: View) -> tuple[Weighed, ...]:
    stratum = acting(rule, verdict)
    if stratum is None or stratum.card is None:
        return ()
    parts = [part for part in rule.written.parts if part.id in verdict.asked]
    names = [*stratum.card.offer, *stratum.card.orders, *(order for part in parts for order in part.orders)]
    return tuple(weigh(ruleset.options[name], view) for name in dict.fromkeys(names))


def acting(rule: LoadedRule, verdict: Verdict) -> WrittenStratum | None:
    """The stratum that acts, as written; None if none does."""
    return rule.strata.get(verdict.stratum) if verdict.stratum else None
