"""The pipe tables of a Markdown text, row by row with line numbers. All other text is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BAR = re.compile(r"(?<!\\)\|")
_RULER = re.compile(r"^[\s|:\-]+$")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file and its cells, trimmed."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the row of headings and the rows below it."""

    head: Row
    rows: tuple[Row, ...]


def tables_in(text: str) -> Iterator[Table]:
    """Every table of the text, in order."""
    block: list[Row] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.lstrip().startswith("|"):
            block.append(Row(number, _cells(line)))
        elif block:
            yield Table(block[0], tuple(row for row in block[1:] if not _is_ruler(row)))
            block = []


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return tuple(cell.replace("\\|", "|").strip().strip("`") for cell in _BAR.split(inner))


def _is_ruler(row: Row) -> bool:
    return all(_RULER.match(cell) and "-" in cell for cell in row.cells) and any("--" in cell for cell in row.cells)
