"""Cases of single conditions: whether a line of a card is said, and whom the rule book as a whole is for.

A table whose first heading is ``line`` stands in a rule's ``cases.md``, one whose first heading is ``scope`` in the
``cases.md`` beside ``ruleset.yaml``. A row names the condition, says the facts that it reads, and whether it ``holds``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cds.engine.rule import tests_in
from cds.engine.truth import Truth
from cds.ruleset.case_facts import CaseFacts, FactCells, Filled, day_of
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.ruleset import Compiled, LoadedRule, RuleSet
from cds.ruleset.tables import tables_in
from cds.ruleset.vocabulary import Vocabulary

Conditions = Mapping[str, tuple[Compiled, ...]]
"""By name; a line that stands on several cards has its condition on each."""

LINE, SCOPE, HOLDS = "line", "scope", "holds"
EVERYWHERE = "everywhere"
ANSWERS = {"yes": Truth.TRUE, "no": Truth.FALSE, "?": Truth.UNKNOWN}
TOLD = {truth: answer for answer, truth in ANSWERS.items()}
FIX = "correct the condition if the case is right, the case if the condition is"


@dataclass(frozen=True, slots=True)
class Claim:
    """One row: the condition's name, the facts, and what is expected of it."""

    name: str
    line: int
    facts: CaseFacts
    holds: Truth


def lines_of(rule: LoadedRule) -> Conditions:
    """The conditions of the rule's lines, by the name of the line."""
    found: dict[str, tuple[Compiled, ...]] = {}
    for stratum, lines in rule.lines.items():
        for line in lines:
            if line.when is not None:
                name = line_name(rule, stratum, line.text)
                found[name] = (*found.get(name, ()), line.when)
    return found


def line_name(rule: LoadedRule, stratum: str, text: str) -> str:
    """The text of the line; the stratum before it where the same text has another condition on another card."""
    lines = (line for several in rule.lines.values() for line in several if line.text == text)
    return text if len({line.when and line.when.condition for line in lines}) == 1 else f"{stratum}: {text}"


def scope_of(ruleset: RuleSet) -> Conditions:
    """The conditions of the rule book as a whole, by hook, and ``everywhere``."""
    return {**{hook: (when,) for hook, when in ruleset.scope.items()}, EVERYWHERE: (ruleset.everywhere,)}


def read_claims(
    kind: str, file: str, text: str, conditions: Conditions, vocabulary: Vocabulary, faults: list[RuleFault]
) -> tuple[Claim, ...]:
    """The rows of every table whose first heading is ``kind``; rows that cannot be understood are told and left out."""
    read = dict.fromkeys(name for several in conditions.values() for name in _facts(several))
    cells = FactCells(file, f"any {kind} here", tuple(read), vocabulary, day_of(text), faults)
    tables = (table for table in tables_in(text) if table.head.cells[0].lower() == kind)
    rows = (filled for table in tables for filled in cells.rows(table, (HOLDS,)))
    return tuple(claim for filled in rows if (claim := _claim(filled, cells, conditions)))


def wrong(file: str, claims: Iterable[Claim], conditions: Conditions) -> Iterator[RuleFault]:
    """The rows that come out otherwise."""
    for claim in claims:
        for each in conditions[claim.name]:
            if (held := each.held(claim.facts)) is not claim.holds:
                why = f"it holds: {TOLD[held]}, not {TOLD[claim.holds]}"
                yield RuleFault(file, claim.line, f"“{claim.name}” comes out otherwise", why, FIX)


def _claim(filled: Filled, cells: FactCells, conditions: Conditions) -> Claim | None:
    begins, line, holds = filled.row.cells[0], filled.row.line, filled.cells.get(HOLDS, "")
    meant = [begins] if begins in conditions else [name for name in conditions if name.startswith(begins)]
    if len(meant) != 1:
        fix = correction(begins, conditions, "begin the row as the line begins, far enough to tell it from others")
        cells.refuse(line, f"“{begins}” is {len(meant)} conditions", "a row tries one condition", fix)
        return None
    if holds not in ANSWERS:
        cells.refuse(line, f"`{holds}` in place of yes, no or ?", "the row must say what it expects", "write `holds`")
        return None
    read = _facts(conditions[meant[0]])
    if absent := [name for name in read if name not in filled.facts]:
        cells.refuse(line, f"the row has no {', '.join(absent)}", "its condition reads them", "add a column or `with`")
        return None
    facts = CaseFacts(cells.as_of, {name: filled.facts[name] for name in read})
    return Claim(meant[0], line, facts, ANSWERS[holds])


def _facts(conditions: Iterable[Compiled]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(test.fact for each in conditions for test in tests_in(each.condition)))
