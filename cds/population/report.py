"""The audit as one page of HTML that stands on its own: the same bytes for the same results. No patient is named."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cds.engine.spell import number
from cds.population.summary import Summary
from cds.population.tables import Table

PAGES: Final = Path(__file__).parent / "pages"
MOST_FAULTS: Final = 50
_PAGE: Final = Environment(
    loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def report(summary: Summary) -> str:
    """The page."""
    return _PAGE.get_template("report.html").render(
        summary=summary,
        audited=summary.audited,
        parts=parts,
        longest=longest,
        shown=lambda count: shown(count, summary.below),
        share=lambda table, key: share(table, key, summary.below),
        number=number,
        style=(PAGES / "report.css").read_text(encoding="utf-8"),
        faults=summary.audited.faults[:MOST_FAULTS],
        gaps=[each for each in summary.tables if each.id.startswith("gap.")],
        cards=[each for each in summary.tables if each.id.startswith("cards.")],
        changes=[each for each in summary.changes if each.id.startswith("impact.cards.")],
        baseline=[each for each in summary.tables if each.id.startswith("baseline.")],
    )


def parts(table: Table, *keys: str) -> list[tuple[str, int | None]]:
    """What a bar is made of: a count for each of the keys, None if it is hidden and so has no bar."""
    return [(key, table.count(key)) for key in keys]


def longest(tables: Iterable[Table], *keys: str) -> int:
    """How many patients the longest of these bars stands for, one for each table; without keys one for each cell."""
    if not keys:
        return max(cell.count or 0 for table in tables for cell in table.cells)
    return max(sum(count or 0 for _, count in parts(table, *keys)) for table in tables)


def shown(count: int | None, below: int) -> str:
    """The count, or that it is hidden."""
    return "hidden" if count is None and below else f"{count:,}"


def share(table: Table, key: str, below: int) -> str:
    """The part of those of whom it can be told, in per cent; that it is hidden, or a dash where nobody can be told."""
    counts = {cell.key: cell.count for cell in table.cells}
    told = [counts[each] for each in ("yes", "no") if each in counts]
    wanted = counts[key]
    known = [each for each in told if each is not None]
    if wanted is None or len(known) < len(told):
        return "hidden" if below else "–"
    return f"{100 * wanted / sum(known):.1f} %" if sum(known) else "–"
