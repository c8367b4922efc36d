"""A rule's ``cases.md``: named rows of facts with the verdict that a pharmacist expects of them.

The format stands in ``rules/README.md``. Rows run the compiled rule alone, without the scope of the rule book.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cds.engine.fact import Unknown
from cds.engine.rule import Rule, facts_in
from cds.engine.verdict import Outcome
from cds.ruleset.case_facts import NOTHING, CaseFacts, FactCells, Filled, day_of
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.tables import Table, tables_in
from cds.ruleset.vocabulary import Vocabulary

EXPECTED = ("outcome", "stratum", "possible", "asked", "missing")


@dataclass(frozen=True, slots=True)
class Case:
    """One row: its name, its facts, and what is expected. None in ``possible``, ``asked``, ``missing``: not checked."""

    name: str
    line: int
    facts: CaseFacts
    outcome: str
    stratum: str | None
    possible: frozenset[str] | None = None
    asked: frozenset[str] | None = None
    missing: frozenset[str] | None = None

    def unknown(self) -> frozenset[str]:
        """The facts that are unknown in this row."""
        return frozenset(name for name, fact in self.facts.facts.items() if isinstance(fact, Unknown))


def read_cases(file: str, text: str, rule: Rule, vocabulary: Vocabulary, faults: list[RuleFault]) -> tuple[Case, ...]:
    """Every case of the text; rows that cannot be understood are left out and added to ``faults``."""
    cells = FactCells(file, f"rule {rule.id}", facts_in(rule), vocabulary, day_of(text), faults)
    reader = _Reader(cells)
    for table in tables_in(text):
        kind = table.head.cells[0].lower()
        if kind == "fact":
            cells.default_rows(table)
        elif kind == "case":
            reader.table(table)
    return tuple(reader.cases)


@dataclass
class _Reader:
    """Reads the cases of one file."""

    facts: FactCells
    cases: list[Case] = field(default_factory=list)

    def table(self, table: Table) -> None:
        """The cases of one table are added."""
        if "outcome" not in table.head.cells or "stratum" not in table.head.cells:
            fix = "end the heading row with | outcome | stratum |"
            self.facts.refuse(table.head.line, "no `outcome` or no `stratum` column", "a case proves a verdict", fix)
            return
        for filled in self.facts.rows(table, EXPECTED):
            self._case(filled)

    def _case(self, filled: Filled) -> None:
        name, line, cells = filled.row.cells[0], filled.row.line, filled.cells
        if absent := [each for each in self.facts.read if each not in filled.facts]:
            fix = "give each a default in the table | fact | value |"
            self.facts.refuse(line, f"case “{name}” has no {', '.join(absent)}", "the rule reads them", fix)
            return
        if any(case.name == name for case in self.cases):
            self.facts.refuse(line, f"two cases are called “{name}”", "a report names cases", "say what differs")
        if cells["outcome"] not in {each.value for each in Outcome}:
            fix = correction(cells["outcome"], [each.value for each in Outcome], "one of the six outcomes")
            self.facts.refuse(line, f"`{cells['outcome']}` is no outcome", "a case proves a verdict", fix)
            return
        sets = {each: names_in(cells.get(each, "")) for each in ("possible", "asked", "missing")}
        stratum = None if cells["stratum"] in NOTHING else cells["stratum"]
        facts = CaseFacts(self.facts.as_of, filled.facts)
        self.cases.append(Case(name, line, facts, cells["outcome"], stratum, **sets))


def names_in(cell: str) -> frozenset[str] | None:
    """The names that a cell expects: ``a+b``; none for ``–``; None, which is not checked, for an empty cell."""
    if not cell:
        return None
    return frozenset() if cell in NOTHING else frozenset(each.strip() for each in cell.split("+"))
