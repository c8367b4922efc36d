"""``charts.md`` read: each row a small chart, with what must be read from it. The format stands in ``README.md``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import msgspec

from cds.engine.fact import Fact
from cds.facts.catalogue import FactDef
from cds.facts.sources import SOURCES
from cds.facts.view import View
from cds.fhir.admission import admit_draft, make_chart
from cds.fhir.chart import Chart, Draft, Empty
from cds.fhir.codes import CodeBook
from cds.fhir.decode import decode_draft, decode_source
from cds.ruleset.case_facts import NOTHING, day_of
from cds.ruleset.case_values import fact_from
from cds.ruleset.charts.entries import Entry, Resource, entry_from
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.tables import Row, Table, tables_in

FILE = "charts.md"
WHO, ON_FILE, ANSWERED, SILENT, NUMBER, SAID = "who", "on file", "answered", "stays silent", "number", "is said as"
ORDERED, NOT_ORDERED = "already", "not yet"
USUAL = "woman of 71"
_WHO = re.compile(r"^(woman|man) of (\d+)$")
_ANSWERED = re.compile(r"^(accepted|overridden)(?: ([\w+-]+))?, (\d+) days ago$")
_GENDER = {"woman": "female", "man": "male"}
PATIENT = "p1"


@dataclass(frozen=True, slots=True)
class Answer:
    """How an earlier card was answered: ``accepted`` with the options taken up, or ``overridden``; days ago."""

    how: Literal["accepted", "overridden"]
    options: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True)
class ChartCase:
    """One row: a chart, and what is expected of facts, of options (ordered already?), and of an answered card."""

    name: str
    line: int
    as_of: date
    chart: Chart
    draft: Draft
    facts: Mapping[str, Fact] = field(default_factory=dict)
    options: Mapping[str, bool] = field(default_factory=dict)
    answer: Answer | None = None
    silent: bool | None = None

    def view(self, codes: CodeBook, numbers: Mapping[str, float]) -> View:
        """The chart as facts see it with these numbers."""
        return View(self.chart, self.draft, codes, numbers, self.as_of)


@dataclass(frozen=True, slots=True)
class SaidNumber:
    """One row about a number that is only said: how a card says it."""

    name: str
    line: int
    said: str


@dataclass
class ChartReader:
    """Reads ``charts.md``; rows that cannot be understood are left out and told."""

    facts: Mapping[str, FactDef]
    options: Collection[str]
    parameters: Collection[str]
    faults: list[RuleFault]
    as_of: date = date.min
    cases: list[ChartCase] = field(default_factory=list)
    said: list[SaidNumber] = field(default_factory=list)

    def read(self, text: str) -> None:
        """Every case of the text is added."""
        self.as_of = day_of(text)
        for table in tables_in(text):
            head = table.head.cells
            if head[0].lower() == "chart" and self._headings(table):
                self.cases += [case for row in self._whole(table) if (case := self._case(row, head))]
            elif head == (NUMBER, SAID):
                self.said += [SaidNumber(row.cells[0], row.line, row.cells[1]) for row in self._whole(table)]
        for each in self.said:
            if each.name not in self.parameters:
                fix = correction(each.name, self.parameters, "name one of parameters.yaml")
                self._refuse(each.line, f"`{each.name}` is no number of the book", fix)

    def _headings(self, table: Table) -> bool:
        known = {WHO, ON_FILE, ANSWERED, SILENT, *self.facts, *self.options}
        strange = [name for name in table.head.cells[1:] if name not in known]
        for name in strange:
            self._refuse(table.head.line, f"`{name}` is no fact, option or column", correction(name, known, ""))
        return not strange

    def _whole(self, table: Table) -> Iterator[Row]:
        for row in table.rows:
            if len(row.cells) == len(table.head.cells):
                yield row
            else:
                what = f"{len(row.cells)} cells under {len(table.head.cells)} headings"
                self._refuse(row.line, what, "count the bars (| in a cell is \\|)")

    def _case(self, row: Row, head: tuple[str, ...]) -> ChartCase | None:
        cells = {name: cell for name, cell in zip(head, row.cells, strict=True) if cell and cell not in NOTHING}
        try:
            entries = [*_entries(cells.get(ON_FILE, ""), self.as_of)]
            chart, draft = _charted(_patient(cells.get(WHO, USUAL), self.as_of), entries)
            return ChartCase(
                row.cells[0], row.line, self.as_of, chart, draft,
                {name: self._fact(name, cell) for name, cell in cells.items() if name in self.facts},
                {name: _ordered(cell) for name, cell in cells.items() if name in self.options},
                _answer(cells[ANSWERED]) if ANSWERED in cells else None,
                cells[SILENT] == "yes" if SILENT in cells else None,
            )  # fmt: skip
        except ValueError as unclear:
            self._refuse(row.line, f"chart “{row.cells[0]}” cannot be read", str(unclear))
            return None

    def _fact(self, name: str, cell: str) -> Fact:
        return fact_from(cell, self.facts[name].type, self.as_of)

    def _refuse(self, line: int, what: str, fix: str) -> None:
        self.faults.append(RuleFault(FILE, line, what, "a row that is not understood proves nothing", fix))


def _entries(cell: str, as_of: date) -> Iterator[Entry]:
    for number, text in enumerate(filter(None, (each.strip() for each in cell.split(";"))), 1):
        try:
            yield entry_from(text, as_of, number)
        except ValueError as unclear:
            raise ValueError(f"“{text}”: {unclear}") from None


def _patient(who: str, as_of: date) -> Resource:
    said = _WHO.match(who)
    if said is None:
        raise ValueError(f"“{who}”: say it as `{USUAL}` or `man of 50`")
    born = date(as_of.year - int(said[2]), as_of.month, as_of.day)
    gender = _GENDER[said[1]]
    return {"resourceType": "Patient", "id": PATIENT, "gender": gender, "birthDate": born.isoformat()}


def _charted(patient: Resource, entries: list[Entry]) -> tuple[Chart, Draft]:
    """The chart, every source read in full, and the draft."""
    sources = {name: [each.resource for each in entries if each.source == name] for name in SOURCES}
    sources["patient"] = [patient]
    read = {name: decode_source(_bundle(some)) if some else Empty() for name, some in sources.items()}
    draft = decode_draft(_bundle([each.resource for each in entries if not each.source]))
    return make_chart(PATIENT, read), admit_draft(PATIENT, draft)


def _bundle(resources: list[Resource]) -> bytes:
    entry = [{"resource": each} for each in resources]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "searchset", "entry": entry})


def _ordered(cell: str) -> bool:
    if cell not in {ORDERED, NOT_ORDERED}:
        raise ValueError(f"“{cell}”: under an option stands `{ORDERED}` or `{NOT_ORDERED}`")
    return cell == ORDERED


def _answer(cell: str) -> Answer:
    said = _ANSWERED.match(cell)
    if said is None:
        raise ValueError(f"“{cell}”: say it as `overridden, 30 days ago` or `accepted dxa+lab-calcium, 30 days ago`")
    options = tuple(said[2].split("+")) if said[2] else ()
    return Answer("accepted" if said[1] == "accepted" else "overridden", options, int(said[3]))
