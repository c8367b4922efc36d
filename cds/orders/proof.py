"""``options/cases.md``: patients as table rows, and where each option stands for them by its gates.

The format stands in ``rules/README.md``. Whether the same thing is already ordered is no fact, and not tried here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds.engine.rule import tests_in
from cds.orders.weigh import Standing, Weighed, gated
from cds.ruleset.case_facts import CaseFacts, FactCells, Filled, day_of
from cds.ruleset.cases import names_in
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.ruleset import LoadedOption
from cds.ruleset.tables import tables_in
from cds.ruleset.vocabulary import Vocabulary

Options = Mapping[str, LoadedOption]
ASK, INSTEAD, UNKNOWN, WHY, DOSE = "ask", "instead", "not known", "why", "dose"
STANDINGS = tuple(each.value for each in Standing if each is not Standing.ALREADY)
FIX = "correct the gate if the case is right, the case if the gate is"


@dataclass(frozen=True, slots=True)
class OptionCase:
    """One row: the standing of each option that it names, and of all of them, where it says so: what they ask for first
    or order instead, the facts that they name as not known, words of a reason, words of the title of the fitting dose.
    """

    name: str
    line: int
    facts: CaseFacts
    standings: Mapping[str, str]
    ask: frozenset[str] | None = None
    instead: frozenset[str] | None = None
    unknown: frozenset[str] | None = None
    why: str = ""
    dose: str = ""


def facts_read(option: LoadedOption) -> tuple[str, ...]:
    """The facts that decide on the option, each once."""
    gates = (*option.withheld_if, *option.deferred_if)
    names = [test.fact for gate in gates for test in tests_in(gate.when.condition)]
    return tuple(dict.fromkeys([*names, *(need.fact for need in option.know_first)]))


def read_option_cases(
    file: str, text: str, options: Options, vocabulary: Vocabulary, faults: list[RuleFault]
) -> tuple[OptionCase, ...]:
    """Every case of the text; rows that cannot be understood are left out and added to ``faults``."""
    read = dict.fromkeys(name for option in options.values() for name in facts_read(option))
    cells = FactCells(file, "any option", tuple(read), vocabulary, day_of(text), faults)
    cases: list[OptionCase] = []
    for table in tables_in(text):
        kind = table.head.cells[0].lower()
        if kind == "fact":
            cells.default_rows(table)
        elif kind == "case":
            rows = cells.rows(table, (*options, ASK, INSTEAD, UNKNOWN, WHY, DOSE))
            cases += [case for filled in rows if (case := _case(filled, cells, options))]
    return tuple(cases)


def failures(file: str, cases: Sequence[OptionCase], options: Options) -> Iterator[RuleFault]:
    """The cases in which an option stands otherwise than expected."""
    for case in cases:
        if differing := tuple(_differing(case, options)):
            yield RuleFault(file, case.line, f"case “{case.name}” comes out otherwise", "; ".join(differing), FIX)


def _case(filled: Filled, cells: FactCells, options: Options) -> OptionCase | None:
    name, line = filled.row.cells[0], filled.row.line
    standings = {option: filled.cells[option] for option in options if filled.cells.get(option)}
    absent = {fact for option in standings for fact in facts_read(options[option]) if fact not in filled.facts}
    if absent:
        fix = "give each a default in the table | fact | value |"
        cells.refuse(line, f"case “{name}” has no {', '.join(sorted(absent))}", "a gate reads them", fix)
        return None
    for each in standings.values():
        if each not in STANDINGS:
            fix = correction(each, STANDINGS, f"one of {', '.join(STANDINGS)}")
            cells.refuse(line, f"`{each}` is no standing", "a case proves where an option stands", fix)
            return None
    ask, instead, unknown = (names_in(filled.cells.get(each, "")) for each in (ASK, INSTEAD, UNKNOWN))
    why, dose = (filled.cells.get(each, "") for each in (WHY, DOSE))
    return OptionCase(name, line, CaseFacts(cells.as_of, filled.facts), standings, ask, instead, unknown, why, dose)


def _differing(case: OptionCase, options: Options) -> Iterator[str]:
    stood = {name: gated(options[name], case.facts, lambda claim: claim(case.facts)) for name in case.standings}
    for name, weighed in stood.items():
        if weighed.standing.value != case.standings[name]:
            yield f"{name}: {weighed.standing.value}, not {case.standings[name]}"
        if case.why and not any(case.why in reason for reason in _reasons(weighed)):
            yield f"{name}: no reason says “{case.why}”: {', '.join(_reasons(weighed)) or 'there is none'}"
        if case.dose not in weighed.title:
            yield f"{name}: {weighed.title}, not {case.dose}"
    got = {ASK: [each.ask for each in stood.values()], INSTEAD: [each.instead for each in stood.values()]}
    got[UNKNOWN] = [tuple(reason.fact for reason in each.reasons if reason.fact) for each in stood.values()]
    for what, wanted in ((ASK, case.ask), (INSTEAD, case.instead), (UNKNOWN, case.unknown)):
        named = frozenset(name for names in got[what] for name in names)
        if wanted is not None and wanted != named:
            yield f"{what}: {_plus(named)}, not {_plus(wanted)}"


def _reasons(weighed: Weighed) -> tuple[str, ...]:
    """The reasons in the rule book's words, as they are written; the fact's name where there are none."""
    return tuple(reason.words or reason.fact for reason in weighed.reasons)


def _plus(names: frozenset[str]) -> str:
    return "+".join(sorted(names)) or "–"
