"""A decision told in sentences, as a colleague would, and the same as data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cds.cards.options import described, reason_words
from cds.cards.wording import fact_words
from cds.decide import Decision
from cds.engine.fact import Fact, Known, Unknown
from cds.engine.narrate import narrate, narrate_rule
from cds.engine.rule import All, Condition, Not, Test
from cds.engine.spell import value_words
from cds.engine.trace import RuleTrace, Step, trace
from cds.engine.truth import Truth
from cds.engine.verdict import Verdict
from cds.facts.subjects import CATALOGUE
from cds.fhir.chart import Empty, Failed, Found, NotAsked, Source
from cds.ruleset.words import words_of

Plain = dict[str, Any]
BOLD: Final = "**"
"""What cards print in bold is plain here."""

MEANT: Final[Mapping[Truth, str]] = {
    Truth.TRUE: "Yes:",
    Truth.FALSE: "No, so no rule is asked and nothing is shown:",
    Truth.UNKNOWN: "That cannot be told:",
}


def explanation(decision: Decision) -> str:
    """The whole argument: what was read, whether anybody was meant, and each rule's answer with the facts behind it."""
    rules = () if decision.in_scope is Truth.FALSE else _rules(decision)
    return "\n".join([*_heading(decision), *_read(decision), *_scope(decision), *rules])


def _heading(decision: Decision) -> Iterator[str]:
    book = decision.ruleset.book
    yield f"Patient {decision.view.chart.patient_id}, {decision.hook}, as of {decision.as_of.isoformat()}."
    yield f"Rule book {book.version}, fingerprint {decision.ruleset.short_fingerprint}."
    yield ""


def _read(decision: Decision) -> Iterator[str]:
    yield "What was read"
    for name, source in decision.view.chart.sources.items():
        yield f"  {name}: {state_of(source)}"
    yield from (f"  passed over: {note}" for note in decision.view.chart.notes)
    yield ""


def state_of(source: Source) -> str:
    """How the source was answered, in words."""
    match source:
        case Found():
            partly = "" if source.complete else f", incomplete ({source.why_incomplete})"
            return f"{len(source.resources)} found{partly}"
        case Empty(notes=notes):
            return "; ".join(("nothing there", *notes))
        case Failed():
            return f"could not be read ({source.why})"
        case NotAsked():
            return "not asked"


def _scope(decision: Decision) -> Iterator[str]:
    """Whether the rule book is for this patient and this order at all."""
    words = words_of(decision.ruleset)
    yield "Is the rule book for this patient and this question?"
    yield f"  {MEANT[decision.in_scope]}"
    for step in _scope_steps(decision):
        yield from narrate(step, words, "    ")
    yield ""


def _scope_steps(decision: Decision) -> tuple[Step, ...]:
    """What the hook asks of the order or the patient, and what is asked everywhere."""
    ruleset = decision.ruleset
    conditions = (ruleset.scope[decision.hook].condition, ruleset.everywhere.condition)
    return tuple(trace(each, decision.view) for each in conditions)


def _rules(decision: Decision) -> Iterator[str]:
    words = words_of(decision.ruleset)
    for told, verdict in zip(decision.trace(), decision.verdicts, strict=True):
        yield decision.ruleset.rule(verdict.rule).written.title
        yield from (f"  {line}" for line in narrate_rule(told, verdict, words))
        weighed = decision.weighed.get(verdict.rule, ())
        if weighed:
            yield "    what could be ordered:"
            yield from (f"      {line}" for line in described(weighed, decision).replace(BOLD, "").splitlines())
        yield ""


def explanation_json(decision: Decision) -> Plain:
    """The same as data: sources, verdicts, traces, options, and every fact that was used."""
    return {
        "patient": decision.view.chart.patient_id,
        "hook": decision.hook,
        "asOf": decision.as_of.isoformat(),
        "ruleset": decision.ruleset.fingerprint,
        "sources": {name: state_of(source) for name, source in decision.view.chart.sources.items()},
        "notes": list(decision.view.chart.notes),
        "scope": {"truth": decision.in_scope.value, "conditions": [_step(each) for each in _scope_steps(decision)]},
        "rules": [
            _rule(decision, told, verdict) for told, verdict in zip(decision.trace(), decision.verdicts, strict=True)
        ],
    }


def _rule(decision: Decision, told: RuleTrace, verdict: Verdict) -> Plain:
    return {
        "rule": verdict.rule,
        "version": verdict.version,
        "outcome": verdict.outcome.value,
        "stratum": verdict.stratum,
        "settled": verdict.settled,
        "possible": list(verdict.possible),
        "missing": [{"fact": each.fact, "words": fact_words(each.fact), "why": each.why} for each in verdict.missing],
        "asked": list(verdict.asked),
        "applies": _step(told.applies),
        "strata": {name: _step(step) for name, step in told.strata},
        "parts": {name: _step(step) for name, step in told.parts},
        "options": [
            {
                "option": each.id,
                "standing": each.standing.value,
                "reasons": [reason_words(reason, decision) for reason in each.reasons],
            }
            for each in decision.weighed.get(verdict.rule, ())
        ],
    }


def _step(step: Step) -> Plain:
    if isinstance(step.condition, Test):
        return {**_test(step.condition), "truth": step.truth.value, **_fact(step.condition.fact, step.fact)}
    return {_kind(step.condition): [_step(each) for each in step.of], "truth": step.truth.value}


def _kind(condition: Condition) -> str:
    return "not" if isinstance(condition, Not) else "all" if isinstance(condition, All) else "any"


def _test(test: Test) -> Plain:
    limit = sorted(test.limit) if isinstance(test.limit, frozenset) else test.limit
    return {"fact": test.fact, test.op: limit, **({"parameter": test.parameter} if test.parameter else {})}


def _fact(name: str, fact: Fact | None) -> Plain:
    seen = [{"ref": each.ref, "when": each.when} for each in fact.seen_in] if fact else []
    if isinstance(fact, Known):
        unit = CATALOGUE[name].unit if name in CATALOGUE else ""
        return {"value": value_words(fact.value, unit), "seenIn": seen, "note": fact.note}
    if isinstance(fact, Unknown):
        return {"unknown": fact.why, "cause": fact.cause.value, "seenIn": seen}
    return {}
