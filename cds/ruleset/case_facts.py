"""The facts in the rows of a table of cases: defaults, columns, and the column ``with``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from cds.engine.fact import Fact
from cds.ruleset.case_values import fact_from
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.tables import Row, Table
from cds.ruleset.vocabulary import Vocabulary

ANY_DAY = date(2026, 1, 1)
"""The day of cases that only speak of days ago."""
NOTHING = frozenset({"", "–", "-"})
_AS_OF = re.compile(r"^As of (\d{4}-\d{2}-\d{2})\b", re.MULTILINE)


def day_of(text: str) -> date:
    """The day on which the cases of the text are put."""
    dated = _AS_OF.search(text)
    return date.fromisoformat(dated.group(1)) if dated else ANY_DAY


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The facts of one row."""

    as_of: date
    facts: Mapping[str, Fact]

    def __getitem__(self, name: str, /) -> Fact:
        """The fact of that name."""
        return self.facts[name]


@dataclass(frozen=True, slots=True)
class Filled:
    """One row of a table of cases: its cells by heading, and the facts it says, defaults among them."""

    row: Row
    cells: Mapping[str, str]
    facts: Mapping[str, Fact]


@dataclass
class FactCells:
    """Reads the facts of tables of one file, remembering the defaults. ``owner`` is who reads the facts ``read``."""

    file: str
    owner: str
    read: Collection[str]
    vocabulary: Vocabulary
    as_of: date
    faults: list[RuleFault]
    defaults: dict[str, Fact] = field(default_factory=dict)

    def default_rows(self, table: Table) -> None:
        """The facts of a table of defaults are remembered."""
        found = {row.cells[0]: self._fact(row, *row.cells[:2]) for row in table.rows if len(row.cells) > 1}
        self.defaults.update({name: fact for name, fact in found.items() if fact is not None})

    def rows(self, table: Table, expected: Collection[str]) -> Iterator[Filled]:
        """The cases of a table; ``expected`` are the headings that are no facts."""
        heads, here = table.head.cells, dict(self.defaults)
        for name in heads[1:]:
            if name not in {"with", *expected, *self.read}:
                self.refuse(table.head.line, *self._stranger(name))
        for row in table.rows:
            if len(row.cells) != len(heads):
                what = f"{len(row.cells)} cells under {len(heads)} headings"
                why, fix = "cells would slip under the wrong heading", "count the bars (| in a cell is \\|)"
                self.refuse(row.line, what, why, fix)
                continue
            cells = dict(zip(heads, row.cells, strict=True))
            facts = self._facts(row, cells)
            if row.cells[0].lower().rstrip(":") == "defaults":
                here |= facts
            else:
                yield Filled(row, cells, {**here, **facts})

    def refuse(self, line: int, what: str, why: str, fix: str) -> None:
        """The finding is added to the faults."""
        self.faults.append(RuleFault(self.file, line, what, why, fix))

    def _facts(self, row: Row, cells: Mapping[str, str]) -> dict[str, Fact]:
        told = {name: cell for name, cell in cells.items() if name in self.read and cell not in NOTHING}
        for each in filter(None, (part.strip() for part in cells.get("with", "").split(";"))):
            if each not in NOTHING:
                name, _, value = each.partition(":")
                told[name.strip()] = value.strip()
        found = {name: self._fact(row, name, cell) for name, cell in told.items()}
        return {name: fact for name, fact in found.items() if fact is not None}

    def _fact(self, row: Row, name: str, cell: str) -> Fact | None:
        if name not in self.read:
            self.refuse(row.line, *self._stranger(name))
            return None
        try:
            return fact_from(cell, self.vocabulary.facts[name].type, self.as_of)
        except ValueError as unclear:
            why = f"it is a {self.vocabulary.facts[name].type.value}"
            self.refuse(row.line, f"`{cell}` is no value of `{name}`", why, str(unclear))
            return None

    def _stranger(self, name: str) -> tuple[str, str, str]:
        what = f"`{name}` is not a fact that {self.owner} reads"
        return what, "a column that changes nothing proves nothing", correction(name, self.read, "leave it out")
