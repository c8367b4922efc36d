"""First match, honest about unknowns: a stratum that cannot be ruled out stays possible.

Laws, tested: full knowledge settles; learning more only shrinks what is possible and never changes a settled
verdict; the same facts give the same verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cds.engine.compare import FALSE, TRUE, UNKNOWN, Claim, claim
from cds.engine.fact import Cause
from cds.engine.rule import All, Condition, Facts, Not, Part, Rule, Stratum, Test
from cds.engine.trace import trace, unknowns
from cds.engine.truth import Truth, negate
from cds.engine.verdict import NO_STRATUM, NOT_APPLICABLE, Missing, Outcome, Verdict

UNREADABLE = frozenset({Cause.NOT_READABLE, Cause.NOT_ASKED, Cause.INCOMPLETE})
Judge = Callable[[Facts], Verdict]


def compile_condition(condition: Condition) -> Claim:
    """The condition as one plain function of facts, built once when the rules are loaded."""
    if isinstance(condition, Test):
        return claim(condition)
    if isinstance(condition, Not):
        inner = compile_condition(condition.of)
        return lambda facts: negate(inner(facts))
    claims = tuple(compile_condition(each) for each in condition.of)
    if len(claims) == 1:
        return claims[0]
    return _joined(claims, *((FALSE, TRUE) if isinstance(condition, All) else (TRUE, FALSE)))


def _joined(claims: tuple[Claim, ...], settling: Truth, otherwise: Truth) -> Claim:
    """``all_of`` or ``any_of`` of the claims: one loop, because a generator costs more than most claims do."""

    def held(facts: Facts) -> Truth:
        result = otherwise
        for each in claims:
            truth = each(facts)
            if truth is settling:
                return settling
            if truth is UNKNOWN:
                result = UNKNOWN
        return result

    return held


def compile_rule(rule: Rule) -> Judge:
    """The rule as one function from facts to its verdict."""
    applies = compile_condition(rule.applies)
    strata = tuple((stratum, compile_condition(stratum.when)) for stratum in rule.strata)
    parts = tuple((part, compile_condition(part.when)) for part in rule.parts)

    def judged(facts: Facts) -> Verdict:
        applicable = applies(facts)
        if applicable is FALSE:
            return Verdict(rule.id, rule.version, Outcome.NOT_APPLICABLE, possible=(NOT_APPLICABLE,))
        walked = tuple(_walk(strata, facts))
        asked = tuple((part, held(facts)) for part, held in parts) if walked else ()
        return _verdict(rule, applicable, walked, asked, facts)

    return judged


def _walk(strata: Iterable[tuple[Stratum, Claim]], facts: Facts) -> Iterable[tuple[Stratum, Truth]]:
    for stratum, held in strata:
        truth = held(facts)
        if truth is not FALSE:
            yield stratum, truth
        if truth is TRUE:
            return


def _verdict(
    rule: Rule,
    applicable: Truth,
    walked: tuple[tuple[Stratum, Truth], ...],
    asked: tuple[tuple[Part, Truth], ...],
    facts: Facts,
) -> Verdict:
    first = next((stratum for stratum, truth in walked if truth is TRUE), None)
    wanted = tuple(part.id for part, truth in asked if truth is TRUE) if walked else ()
    in_doubt = [part.when for part, truth in asked if truth is UNKNOWN] if walked else []
    partless = bool(asked) and not wanted
    possible = tuple(_possible(applicable, walked, first, partless, bool(in_doubt)))
    undecided = [] if partless and not in_doubt else _undecided(walked)
    doubts = [*([rule.applies] if applicable is UNKNOWN else []), *undecided, *in_doubt]
    missing = tuple(_missing(doubts, facts)) if doubts else ()
    acts = first if applicable is TRUE and not partless else None
    outcome = _outcome(acts, possible, missing)
    return Verdict(rule.id, rule.version, outcome, acts.id if acts else None, possible, missing, wanted)


def _undecided(walked: Iterable[tuple[Stratum, Truth]]) -> list[Condition]:
    return [stratum.when for stratum, truth in walked if truth is UNKNOWN]


def _possible(
    applicable: Truth, walked: Iterable[tuple[Stratum, Truth]], first: Stratum | None, partless: bool, in_doubt: bool
) -> Iterable[str]:
    if applicable is UNKNOWN:
        yield NOT_APPLICABLE
    if not partless or in_doubt:
        yield from (stratum.id for stratum, _ in walked)
    if first is None or partless:
        yield NO_STRATUM


def _outcome(acts: Stratum | None, possible: tuple[str, ...], missing: tuple[Missing, ...]) -> Outcome:
    if acts is not None:
        return Outcome.SILENT if acts.quiet else Outcome.FIRES
    if possible in ((NO_STRATUM,), (NOT_APPLICABLE,)):
        return Outcome.SILENT
    unreadable = any(each.cause in UNREADABLE for each in missing)
    return Outcome.COULD_NOT_CHECK if unreadable else Outcome.UNSETTLED


def _missing(doubts: Iterable[Condition], facts: Facts) -> Iterable[Missing]:
    seen: set[str] = set()
    for condition in doubts:
        for name, fact in unknowns(trace(condition, facts)):
            if name not in seen:
                seen.add(name)
                yield Missing(name, fact.why, fact.cause)
