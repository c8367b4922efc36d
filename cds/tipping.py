"""What would change an answer: one fact at a time is supposed to be otherwise, and everything is decided anew.

Nothing here knows what a fact means: the values tried are those on either side of the limits that the rules hold it
against, the other answer to yes or no, every code it can have, and not knowing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cds.decide import Decision, decided, view_of
from cds.engine.fact import Cause, Fact, Known, Range, Unknown, Value
from cds.engine.rule import Condition, Test, conditions_of, tests_in
from cds.engine.spell import value_words
from cds.engine.verdict import Outcome, Verdict
from cds.facts.catalogue import FactDef, Type
from cds.facts.subjects import CATALOGUE
from cds.orders.weigh import Standing
from cds.repeats import Remembered
from cds.ruleset.ruleset import LoadedOption, LoadedRule

NOT_KNOWN: Final = Unknown("supposed not to be known", Cause.NEVER_MEASURED)
_LEFT_OUT: Final = ("decision.", "order.", "reading.")
"""Beginnings of facts that are no facts of the patient: what rules left open, the draft, what could not be read."""

_FINE: Final = 0.1
_COARSE: Final = 1.0
_COARSE_FROM: Final = 10.0


@dataclass(frozen=True, slots=True)
class Tip:
    """One fact, what it is now, what it would be instead, and what would then be otherwise (what, now, then)."""

    fact: str
    words: str
    now: str
    instead: str
    effects: tuple[tuple[str, str, str], ...]
    known: bool
    """Whether the fact is known now."""
    forgets: bool
    """Whether the change is that it is not known."""
    is_told: bool
    """Whether a rule says something else then; otherwise only what can be ordered is."""


def tips(decision: Decision, history: Sequence[Remembered] = ()) -> tuple[Tip, ...]:
    """Every single change that would change an outcome or an option; what is not known now comes first."""
    now = effects_of(decision)
    found = [tip for name, tests in _asked(decision).items() for tip in _tips(decision, history, name, tests, now)]
    return tuple(sorted(found, key=lambda each: (each.known, -len(each.effects))))


def effects_of(decision: Decision) -> dict[str, str]:
    """The decision as far as it can be compared: by rule title what it says, by option title where it stands."""
    told: dict[str, str] = {}
    for verdict in decision.verdicts:
        told[decision.ruleset.rule(verdict.rule).written.title] = said(verdict)
        for each in decision.weighed.get(verdict.rule, ()):
            told[each.option.written.title] = _STANDINGS[each.standing]
    return told


_STANDINGS: Final = {
    Standing.OFFERED: "offered",
    Standing.ALREADY: "already ordered",
    Standing.WITHHELD: "withheld",
    Standing.DEFERRED: "put off",
    Standing.FIRST_KNOW: "something must be known first",
}
OUTCOMES: Final = {
    Outcome.FIRES: "speaks",
    Outcome.SILENT: "nothing to say",
    Outcome.UNSETTLED: "cannot be settled",
    Outcome.NOT_APPLICABLE: "does not apply",
    Outcome.SNOOZED: "answered before, silent for now",
    Outcome.COULD_NOT_CHECK: "could not be checked",
}


def said(verdict: Verdict) -> str:
    """The verdict in a few words, with the stratum that acts."""
    told = OUTCOMES[verdict.outcome]
    return f"{told}: {verdict.stratum}" if verdict.stratum else told


def _asked(decision: Decision) -> dict[str, list[Test]]:
    """Every fact of the patient that a judged rule, or a gate of its options, holds against something."""
    rules = [decision.ruleset.rule(verdict.rule) for verdict in decision.verdicts]
    found: dict[str, list[Test]] = {}
    for condition in _conditions(rules, decision):
        for test in tests_in(condition):
            if test.fact in CATALOGUE and not test.fact.startswith(_LEFT_OUT):
                found.setdefault(test.fact, []).append(test)
    return found


def _conditions(rules: Iterable[LoadedRule], decision: Decision) -> Iterator[Condition]:
    for rule in rules:
        yield from conditions_of(rule.rule)
        yield from (gate for name in rule.suggests for gate in _gates(decision.ruleset.options[name]))


def _gates(option: LoadedOption) -> Iterator[Condition]:
    yield from (gate.when.condition for gate in (*option.withheld_if, *option.deferred_if))
    yield from (dose.when.condition for dose in option.doses)


def _tips(
    decision: Decision, history: Sequence[Remembered], name: str, tests: Sequence[Test], now: dict[str, str]
) -> Iterator[Tip]:
    """For each different consequence, the first of the values tried that has it."""
    about, fact = CATALOGUE[name], decision.view[name]
    titles = {decision.ruleset.rule(each.rule).written.title for each in decision.verdicts}
    met: set[tuple[tuple[str, str, str], ...]] = set()
    for other in _others(about, fact, tests, decision.as_of):
        then = supposing(decision, history, {name: other})
        effects = _otherwise(now, effects_of(then))
        if effects and effects not in met:
            met.add(effects)
            told = any(what in titles for what, _, _ in effects)
            known, forgets = isinstance(fact, Known), isinstance(other, Unknown)
            yield Tip(name, about.words, _words(about, fact), _words(about, other), effects, known, forgets, told)


def supposing(decision: Decision, history: Sequence[Remembered], facts: Mapping[str, Fact]) -> Decision:
    """The decision as it would be with these facts; whatever is read from them follows."""
    view = view_of(decision.view.chart, decision.view.draft, decision.ruleset, decision.as_of)
    view.update(facts)
    return decided(view, decision.ruleset, decision.hook, history)


def _otherwise(now: dict[str, str], then: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    names = dict.fromkeys((*now, *then))
    return tuple((each, now.get(each, ""), then.get(each, "")) for each in names if now.get(each) != then.get(each))


def _words(about: FactDef, fact: Fact) -> str:
    return value_words(fact.value, about.unit) if isinstance(fact, Known) else "not known"


def _others(about: FactDef, fact: Fact, tests: Sequence[Test], as_of: date) -> Iterator[Fact]:
    """The fact otherwise: the nearest values first, not knowing it last."""
    present = fact.value if isinstance(fact, Known) else None
    yield from (Known(value) for value in _values(about, present, tests, as_of) if value != present)
    if isinstance(fact, Known) and not about.optional:
        yield NOT_KNOWN


def _values(about: FactDef, present: Value, tests: Sequence[Test], as_of: date) -> list[Value]:
    limits = [test.limit for test in tests]
    match about.type:
        case Type.BOOL:
            return [True, False]
        case Type.CODE:
            return list(about.codes)
        case Type.NUMBER:
            numbers = {float(each) for each in limits if isinstance(each, int | float) and not isinstance(each, bool)}
            return _nearest(_around(numbers), present)
        case Type.DATE:
            days = {int(each) for each in limits if isinstance(each, int | float) and not isinstance(each, bool)}
            return [as_of - timedelta(days=each) for limit in sorted(days) for each in (limit - 1, limit + 1)]
    return []


def _around(limits: Iterable[float]) -> list[float]:
    """Each limit, and a value just below and just above it."""
    steps = ((limit, _COARSE if abs(limit) >= _COARSE_FROM else _FINE) for limit in sorted(limits))
    return [round(value, 4) for limit, step in steps for value in (limit - step, limit, limit + step)]


def _nearest(values: list[float], present: Value) -> list[Value]:
    """The values, those close to the present one first; ascending if there is none."""
    middle = present if isinstance(present, int | float) else present.low if isinstance(present, Range) else None
    return [*values] if middle is None else [*sorted(values, key=lambda each: abs(each - middle))]
