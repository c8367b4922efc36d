"""Counts in tables, and small cells hidden so that nobody can be recognised – not by subtraction either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cell:
    """How many patients; None if the number is hidden."""

    key: str
    label: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Patients, each in exactly one cell. ``total`` is all of them, None if even that is hidden."""

    id: str
    title: str
    about: str
    cells: tuple[Cell, ...]
    total: int | None

    def count(self, key: str) -> int | None:
        """The number in that cell; None if it is hidden."""
        return next(cell.count for cell in self.cells if cell.key == key)

    @property
    def hidden(self) -> bool:
        """Whether any number is hidden."""
        return self.total is None or any(cell.count is None for cell in self.cells)


def table(id_: str, title: str, about: str, counts: Iterable[tuple[str, str, int]]) -> Table:
    """The table of these counts, each with its key and label."""
    cells = tuple(Cell(key, label, count) for key, label, count in counts)
    return Table(id_, title, about, cells, sum(cell.count or 0 for cell in cells))


def suppressed(it: Table, below: int) -> Table:
    """The table without counts from 1 to ``below`` - 1, and without those from which they could be worked out."""
    if not below or it.total is None:
        return it
    if 0 < it.total < below:
        return replace(it, total=None, cells=tuple(replace(cell, count=None) for cell in it.cells))
    hidden = {cell.key for cell in it.cells if cell.count is not None and 0 < cell.count < below}
    hidden |= set(_complement(it, hidden, below))
    return replace(it, cells=tuple(replace(cell, count=None) if cell.key in hidden else cell for cell in it.cells))


def _complement(it: Table, hidden: set[str], below: int) -> Iterable[str]:
    """The cells to hide besides: the smallest ones, until what is hidden could be several things."""
    if not hidden:
        return
    counts = {cell.key: cell.count or 0 for cell in it.cells}
    told = sum(counts[key] for key in hidden)
    number = len(hidden)
    rest = sorted((counts[key], place, key) for place, key in enumerate(counts) if key not in hidden and counts[key])
    for count, _, key in rest:
        if number > 1 and told >= below:
            return
        yield key
        number, told = number + 1, told + count


@dataclass(frozen=True, slots=True)
class Rate:
    """Events in person-time, per 1,000 person-years, with its 95 % interval; None for what is hidden or has no time."""

    events: int | None
    years: float
    rate: float | None
    low: float | None
    high: float | None


_Z = 1.959963984540054


def rate(events: int, years: float, below: int = 0) -> Rate:
    """The rate with Byar's approximation of the exact Poisson interval."""
    if below and 0 < events < below:
        return Rate(None, round(years, 1), None, None, None)
    if years <= 0:
        return Rate(events, 0.0, None, None, None)
    low = events * (1 - 1 / (9 * events) - _Z / (3 * events**0.5)) ** 3 if events else 0.0
    more = events + 1
    high = more * (1 - 1 / (9 * more) + _Z / (3 * more**0.5)) ** 3
    scaled = (1000 * each / years for each in (events, low, high))
    return Rate(events, round(years, 1), *(round(each, 1) for each in scaled))
