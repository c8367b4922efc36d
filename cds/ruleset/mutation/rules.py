"""The conditions of rules, of their cards' lines, and of the rule book as a whole, each with its cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from cds.engine.judge import compile_condition, compile_rule
from cds.engine.rule import Condition, Rule
from cds.ruleset.book import RuleBook
from cds.ruleset.cases import Case
from cds.ruleset.claims import EVERYWHERE, Claim, line_name, lines_of, scope_of, wrong
from cds.ruleset.folder import Placed
from cds.ruleset.model import Line, WrittenRule
from cds.ruleset.mutation.trial import Mutable
from cds.ruleset.page import Spot
from cds.ruleset.proof import failures
from cds.ruleset.ruleset import Compiled, LoadedRule, RuleSet

With = Callable[[Condition], Rule]
"""The rule with another condition in one place."""


def of_rule(placed: Placed[WrittenRule], loaded: LoadedRule, cases: Iterable[Case]) -> Iterator[Mutable]:
    """Whom the rule is for, its strata and its parts, against the cases that run the rule."""
    rule, spot, every = loaded.rule, placed.spot, tuple(cases)
    noticed = partial(_noticed, every)
    yield Mutable("applies", rule.applies, spot.at("applies"), noticed(lambda new: replace(rule, applies=new)))
    for number, stratum in enumerate(rule.strata):
        here = spot.at("strata", number, "when")
        yield Mutable(f"stratum {stratum.id}", stratum.when, here, noticed(partial(_with_stratum, rule, number)))
    for number, part in enumerate(rule.parts):
        here = spot.at("parts", number, "when")
        yield Mutable(f"part {part.id}", part.when, here, noticed(partial(_with_part, rule, number)))


def of_lines(placed: Placed[WrittenRule], loaded: LoadedRule, claims: Iterable[Claim]) -> Iterator[Mutable]:
    """The conditions of the rule's lines; one that several cards share by an anchor is tried once."""
    conditions, every, seen = lines_of(loaded), tuple(claims), set[tuple[str, int]]()
    for stratum, line, spot in _written_lines(placed):
        name = line_name(loaded, stratum, line.text)
        if line.when is not None and (name, spot.line) not in seen:
            seen.add((name, spot.line))
            condition = conditions[name][0].condition
            noticed = _denied([claim for claim in every if claim.name == name])
            yield Mutable(f"line “{name[:60].strip()}…”", condition, spot.at("when"), noticed)


def of_scope(book: Placed[RuleBook], ruleset: RuleSet, claims: Iterable[Claim]) -> Iterator[Mutable]:
    """Whom the rule book is for, by hook and everywhere."""
    conditions, every = scope_of(ruleset), tuple(claims)
    for name, (compiled,) in conditions.items():
        spot = book.spot.at(EVERYWHERE) if name == EVERYWHERE else book.spot.at("scope", name)
        noticed = _denied([claim for claim in every if claim.name == name])
        yield Mutable(name, compiled.condition, spot, noticed)


def _noticed(cases: tuple[Case, ...], changed: With) -> Callable[[Condition], bool]:
    return lambda new: any(True for _ in failures("", cases, compile_rule(changed(new))))


def _with_stratum(rule: Rule, number: int, new: Condition) -> Rule:
    strata = (*rule.strata[:number], replace(rule.strata[number], when=new), *rule.strata[number + 1 :])
    return replace(rule, strata=strata)


def _with_part(rule: Rule, number: int, new: Condition) -> Rule:
    parts = (*rule.parts[:number], replace(rule.parts[number], when=new), *rule.parts[number + 1 :])
    return replace(rule, parts=parts)


def _denied(claims: Sequence[Claim]) -> Callable[[Condition], bool]:
    """Whether a row of these, all about one condition, comes out otherwise with another condition in its place."""

    def noticed(new: Condition) -> bool:
        other = (Compiled(new, compile_condition(new)),)
        return any(True for _ in wrong("", claims, {claim.name: other for claim in claims}))

    return noticed


def _written_lines(placed: Placed[WrittenRule]) -> Iterator[tuple[str, Line, Spot]]:
    for number, stratum in enumerate(placed.it.strata):
        here = placed.spot.at("strata", number)
        for key, said in (("card", stratum.card), ("line", stratum.line)):
            for place, line in enumerate(said.lines if said else ()):
                yield stratum.id, line, here.at(key, "lines", place)
