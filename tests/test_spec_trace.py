"""``docs/spec-trace.md`` names nothing that is not there, and leaves out no rule and no section."""

from __future__ import annotations

import re
from pathlib import Path

from cds.facts.subjects import CATALOGUE
from cds.resources import rules_directory
from cds.ruleset.load import load
from cds.ruleset.tables import tables_in

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "spec-trace.md"


def rows() -> list[tuple[str, ...]]:
    """The rows of its table."""
    (table,) = tables_in(PAGE.read_text(encoding="utf-8"))
    return [row.cells for row in table.rows]


def named(cell: str) -> list[str]:
    """What stands in code in a cell; the first and last marks of a cell are trimmed when it is read."""
    return [each.strip("` ") for each in re.split(r"`, `|, ", cell)]


def test_every_name_is_there() -> None:
    ruleset = load(rules_directory())
    known = {*CATALOGUE, *ruleset.options, *(rule.id for rule in ruleset.rules)}
    names = [name for row in rows() for cell in row[2:] for name in named(cell)]
    assert len(names) > 150
    assert [name for name in names if name not in known and not (ROOT / name).is_file()] == []


def test_every_section_and_every_rule_has_its_line() -> None:
    assert {row[0] for row in rows()} == {str(number) for number in range(11)}
    places = {name for row in rows() for name in named(row[2])}
    assert {rule.id for rule in load(rules_directory()).rules} <= places


def test_every_line_has_a_proof() -> None:
    proofs = [name for row in rows() for name in named(row[3])]
    assert all(name.startswith(("rules/", "tests/", "fixtures/")) for name in proofs), proofs
