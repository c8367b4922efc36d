"""What is written twice, so that a slip is noticed: once in the rule or option, once in a table of its cases.

How urgent a card is, what it offers and in which order, what parts and suggestions order, how much of a drug how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cds.engine.spell import measure
from cds.ruleset.case_facts import NOTHING
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.folder import OPTIONS, Folder, Placed
from cds.ruleset.model import WrittenRule
from cds.ruleset.orderable import Dose, Option, Timing
from cds.ruleset.page import Spot
from cds.ruleset.tables import Table, tables_in

Value = str | bool | tuple[str, ...] | Dose | Timing | None
CASES = "cases.md"
FIX = "correct the one of the two that is wrong"
HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "card": ("indicator", "offer", "orders"),
    "part": ("orders", "optional"),
    "suggestion": ("parts", "recommended"),
    "option": ("dose", "how often", "recommended"),
}
"""By the first heading of a table: what its rows may say."""


@dataclass(frozen=True, slots=True)
class Item:
    """A card, a part, a suggestion or an option, by name: what is written of it, and where."""

    kind: str
    name: str
    values: Mapping[str, tuple[Value, Spot]]


@dataclass(frozen=True, slots=True)
class Again:
    """One cell: what it says of a thing for the second time."""

    kind: str
    name: str
    heading: str
    said: str
    line: int


def written_twice(folder: Folder) -> Iterator[tuple[str, str, tuple[Item, ...]]]:
    """Each file of cases with its text and what it may say again: of every rule, then of all options together."""
    for rule in folder.rules:
        yield *_cases(folder, rule.folder), tuple(items_of_rule(rule))
    yield *_cases(folder, OPTIONS), tuple(item for option in folder.options for item in items_of_option(option))


def twice_faults(folder: Folder) -> Iterator[RuleFault]:
    """What is written otherwise the second time, or of nothing that is there."""
    for file, text, items in written_twice(folder):
        faults: list[RuleFault] = []
        cells = read_again(file, text, items, faults)
        yield from (*faults, *otherwise(file, cells, items))


def items_of_rule(placed: Placed[WrittenRule]) -> Iterator[Item]:
    """Its cards by stratum, its parts, its suggestions by label."""
    for number, stratum in enumerate(placed.it.strata):
        if card := stratum.card:
            spot = placed.spot.at("strata", number, "card")
            told: Mapping[str, Value] = {"indicator": card.indicator, "offer": card.offer, "orders": card.orders}
            yield _item("card", stratum.id, told, spot)
    for number, part in enumerate(placed.it.parts):
        yield _item(
            "part", part.id, {"orders": part.orders, "optional": part.optional}, placed.spot.at("parts", number)
        )
    for number, each in enumerate(placed.it.suggestions):
        spot = placed.spot.at("suggestions", number)
        yield _item("suggestion", each.label, {"parts": each.parts, "recommended": each.recommended}, spot)


def items_of_option(placed: Placed[Option]) -> Iterator[Item]:
    """The option, and each of its doses by title."""
    dose = placed.it.dose
    told: dict[str, Value] = {"dose": dose, "how often": dose.timing} if dose else {}
    spot = placed.spot
    spots = {"dose": spot.at("dose"), "how often": spot.at("dose", "timing"), "recommended": spot.at("recommended")}
    told["recommended"] = placed.it.recommended
    yield Item("option", placed.it.id, {name: (value, spots[name]) for name, value in told.items()})
    for number, each in enumerate(placed.it.doses):
        here = spot.at("doses", number, "dose")
        values: dict[str, tuple[Value, Spot]] = {"dose": (each.dose, here), "how often": (each.dose.timing, here)}
        yield Item("option", each.title, values)


def spoken(value: Value) -> str:
    """The value as a cell says it; '' for nothing."""
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value)
        case Dose():
            return measure(value.value, value.unit)
        case Timing():
            times = f"{value.frequency} in {value.period} {value.period_unit}"
            return f"{times}, {value.count} doses" if value.count else times
    return value or ""


def read_again(file: str, text: str, items: Sequence[Item], faults: list[RuleFault]) -> tuple[Again, ...]:
    """Every cell of such tables; tables and rows about nothing that is there are told."""
    found: list[Again] = []
    for table in tables_in(text):
        kind = table.head.cells[0].lower()
        if kind in HEADINGS and _headings(file, table, HEADINGS[kind], faults):
            found += _cells(file, table, [each.name for each in items if each.kind == kind], faults)
    return tuple(found)


def otherwise(file: str, cells: Iterable[Again], items: Iterable[Item]) -> Iterator[RuleFault]:
    """The cells that say otherwise than the rule or option."""
    written = {(item.kind, item.name): item.values for item in items}
    for cell in cells:
        value, _ = written[cell.kind, cell.name].get(cell.heading, (None, None))
        if spoken(value) != cell.said:
            why = f"{cell.heading}: {spoken(value) or 'nothing'}, not {cell.said or 'nothing'}"
            yield RuleFault(file, cell.line, f"{cell.kind} “{cell.name}” is written otherwise", why, FIX)


def _cases(folder: Folder, name: str) -> tuple[str, str]:
    path = folder.root / name / CASES
    return f"{name}/{CASES}", path.read_text("utf-8") if path.exists() else ""


def _item(kind: str, name: str, told: Mapping[str, Value], spot: Spot) -> Item:
    return Item(kind, name, {heading: (value, spot.at(heading)) for heading, value in told.items()})


def _headings(file: str, table: Table, known: tuple[str, ...], faults: list[RuleFault]) -> bool:
    strange = [each for each in table.head.cells[1:] if each not in known]
    for each in strange:
        what, why = f"`{each}` is nothing that is written twice", "a column that says nothing proves nothing"
        faults.append(
            RuleFault(file, table.head.line, what, why, correction(each, known, f"one of {', '.join(known)}"))
        )
    return not strange


def _cells(file: str, table: Table, names: Sequence[str], faults: list[RuleFault]) -> Iterator[Again]:
    kind, *headings = table.head.cells
    for row in table.rows:
        name = row.cells[0]
        if name not in names or len(row.cells) != len(table.head.cells):
            fix = "count the bars" if name in names else correction(name, names, f"name a {kind} that is there")
            faults.append(RuleFault(file, row.line, f"“{name}” is no {kind}", "the row proves nothing", fix))
            continue
        for heading, cell in zip(headings, row.cells[1:], strict=True):
            if cell:
                yield Again(kind.lower(), name, heading, "" if cell in NOTHING else cell, row.line)
