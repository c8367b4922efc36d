"""A trace told like a colleague's reasoning: short sentences, only the members that mattered.

Every line begins with its truth: ``✓`` holds, ``✗`` does not hold, ``?`` cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.engine.fact import Fact, Known, Seen, Unknown
from cds.engine.phrase import Words, claim_of, wanted
from cds.engine.rule import All, Any, Not, Test
from cds.engine.trace import RuleTrace, Step
from cds.engine.truth import Truth, negate
from cds.engine.verdict import Outcome, Verdict

MARKS = {Truth.TRUE: "✓", Truth.FALSE: "✗", Truth.UNKNOWN: "?"}
TOLD = {Truth.TRUE: "holds", Truth.FALSE: "does not hold", Truth.UNKNOWN: "cannot be told"}
SHOWN = 3
"""So many resources are named; the rest are counted."""

HEADINGS = {
    (All, Truth.TRUE): "all of these hold:",
    (All, Truth.FALSE): "all would have to hold, and this does not:",
    (All, Truth.UNKNOWN): "all would have to hold, and this cannot be told:",
    (Any, Truth.TRUE): "one is enough, and this holds:",
    (Any, Truth.FALSE): "one would be enough, and none holds:",
    (Any, Truth.UNKNOWN): "one would be enough; none holds for certain, and this cannot be told:",
}

ANSWERS = {
    Outcome.FIRES: "fires",
    Outcome.SILENT: "has nothing to say",
    Outcome.UNSETTLED: "cannot be settled with what is known",
    Outcome.NOT_APPLICABLE: "does not apply to this patient",
    Outcome.SNOOZED: "was answered before and is silent for now",
    Outcome.COULD_NOT_CHECK: "could not be checked: something could not be read",
}


def narrate(step: Step, words: Words, indent: str = "") -> list[str]:
    """The step and the members that decided it, one line each, members indented."""
    if isinstance(step.condition, Test):
        return [indent + _test(step, step.condition, words)]
    if isinstance(step.condition, Not):
        return _not(step, words, indent)
    deciding = [each for each in step.of if each.truth is step.truth]
    if len(step.of) == 1:
        return narrate(deciding[0], words, indent)
    head = f"{indent}{MARKS[step.truth]} {HEADINGS[type(step.condition), step.truth]}"
    return [head, *(line for each in deciding for line in narrate(each, words, indent + "  "))]


def narrate_rule(told: RuleTrace, verdict: Verdict, words: Words) -> list[str]:
    """The whole argument: the answer, whether the rule applies, the strata as far as they were read, the parts."""
    return [
        answer(verdict),
        *_under(f"whether it applies – {_truth(told.applies, 'yes', 'no')}:", told.applies, words),
        *([] if told.applies.truth is Truth.FALSE else _strata_and_parts(told, words)),
        *_open_questions(verdict, words),
    ]


def answer(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    still = "" if verdict.settled else f"; still possible: {', '.join(verdict.possible)}"
    return f"{verdict.rule} (version {verdict.version}) {_answered(verdict)}{still}."


def _answered(verdict: Verdict) -> str:
    if not verdict.stratum:
        return ANSWERS[verdict.outcome]
    if verdict.outcome is Outcome.SILENT:
        return f"finds {verdict.stratum}, which has no card of its own"
    return f"{ANSWERS[verdict.outcome]} with {verdict.stratum}"


def _strata_and_parts(told: RuleTrace, words: Words) -> Iterator[str]:
    for name, step in _read(told.strata):
        yield from _under(f"stratum {name} – {TOLD[step.truth]}:", step, words)
    for name, step in told.parts:
        yield from _under(f"part {name} – {_truth(step, 'asked for', 'not needed')}:", step, words)


def _read(strata: Iterable[tuple[str, Step]]) -> Iterator[tuple[str, Step]]:
    """The strata down to the first that holds: nobody read further."""
    for name, step in strata:
        yield name, step
        if step.truth is Truth.TRUE:
            return


def _under(head: str, step: Step, words: Words) -> list[str]:
    return [f"  {head}", *narrate(step, words, "    ")]


def _truth(step: Step, yes: str, no: str) -> str:
    return {Truth.TRUE: yes, Truth.FALSE: no, Truth.UNKNOWN: "cannot be told"}[step.truth]


def _open_questions(verdict: Verdict, words: Words) -> Iterator[str]:
    if verdict.missing:
        yield "  what would settle it:"
        for each in verdict.missing:
            yield f"    ? {words.fact(each.fact)}: {each.why}"


def _not(step: Step, words: Words, indent: str) -> list[str]:
    (inner,) = step.of
    if isinstance(inner.condition, Test):
        return [indent + _test(inner, inner.condition, words, negated=True)]
    head = f"{indent}{MARKS[step.truth]} the following must not hold; it {TOLD[inner.truth]}:"
    return [head, *narrate(inner, words, indent + "  ")]


def _test(step: Step, test: Test, words: Words, negated: bool = False) -> str:
    """One test as a sentence; ``negated`` when its opposite is what the rule wants."""
    truth = negate(step.truth) if negated else step.truth
    return f"{MARKS[truth]} {_sentence(step, test, words, negated)}."


def _sentence(step: Step, test: Test, words: Words, negated: bool) -> str:
    fact, what = step.fact, words.fact(test.fact)
    if not isinstance(fact, Known):
        why = fact.why if isinstance(fact, Unknown) else "nothing was read"
        return f"{what} is not known ({why}); wanted: {_claim(test, words, negated)}{_seen(fact)}"
    if fact.value is None:
        so = "" if isinstance(test.limit, bool) else f", so it is not {wanted(test, words)}"
        return f"{what} does not apply{_seen(fact)}{so}"
    value = words.value(test.fact, fact.value)
    if isinstance(test.limit, bool):
        instead = " – wanted: no" if test.limit is negated and fact.value is True else ""
        return f"{what}: {value}{_seen(fact)}{instead}"
    if step.truth is Truth.UNKNOWN:
        return f"{what} is {value}{_seen(fact)}, and whether that is {wanted(test, words)} cannot be told"
    if test.op == "is" and step.truth is Truth.TRUE:
        return f"{what} is {value}{_seen(fact)}"
    held = "" if step.truth is Truth.TRUE else "not "
    return f"{what} is {value}{_seen(fact)}, which is {held}{wanted(test, words)}"


def _claim(test: Test, words: Words, negated: bool) -> str:
    said = claim_of(test, words, negated)
    return said.removeprefix(words.fact(test.fact)).removeprefix(": ").removeprefix(" is ")


def _seen(fact: Fact | None) -> str:
    """Where the fact was seen, and its note, in brackets."""
    if fact is None:
        return ""
    told = [_reference(each) for each in fact.seen_in[:SHOWN]]
    if len(fact.seen_in) > SHOWN:
        told.append(f"{len(fact.seen_in) - SHOWN} more")
    note = fact.note if isinstance(fact, Known) else ""
    inside = "; ".join(part for part in (", ".join(told), note) if part)
    return f" ({inside})" if inside else ""


def _reference(seen: Seen) -> str:
    return f"{seen.ref} of {seen.when}" if seen.when else seen.ref
