"""Small cells are hidden, and cannot be worked out from what is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.population.tables import Table, rate, suppressed, table


def made(*counts: int) -> Table:
    """A table of these counts."""
    return table("t", "T", "about", ((str(number), f"row {number}", count) for number, count in enumerate(counts)))


def shown(it: Table) -> list[int | None]:
    """Its counts."""
    return [cell.count for cell in it.cells]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((100, 3, 50), [100, None, None]),
        ((100, 3, 2, 50), [100, None, None, 50]),
        ((100, 1, 1, 50), [100, None, None, None]),
        ((100, 0, 50), [100, 0, 50]),
        ((4, 0, 100), [None, 0, None]),
        ((0, 0, 7), [0, 0, 7]),
        ((3, 0, 0), [None, None, None]),
        ((5, 5), [5, 5]),
    ],
)  # fmt: skip
def test_small_cells_and_what_would_tell_them_are_hidden(counts: tuple[int, ...], expected: list[int | None]) -> None:
    assert shown(suppressed(made(*counts), 5)) == expected


def test_nothing_is_hidden_unless_wanted() -> None:
    assert shown(suppressed(made(1, 2, 3), 0)) == [1, 2, 3]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(2, 12))
def test_no_hidden_number_follows_from_the_rest(counts: list[int], below: int) -> None:
    before = made(*counts)
    after = suppressed(before, below)
    small = [cell.key for cell in before.cells if cell.count is not None and 0 < cell.count < below]
    assert all(after.count(key) is None for key in small)
    hidden = [cell.key for cell in after.cells if cell.count is None]
    if hidden and after.total is not None:
        assert len(hidden) > 1
        assert after.total - sum(cell.count or 0 for cell in after.cells) >= below
    if not small:
        assert shown(after) == counts or after.total is None


def test_a_rate_is_per_thousand_person_years_with_its_interval() -> None:
    found = rate(27, 1000.0)
    assert (found.rate, found.low, found.high) == (27.0, 17.8, 39.3)
    nothing = rate(0, 500.0)
    assert (nothing.rate, nothing.low, nothing.high) == (0.0, 0.0, 7.3)
    assert rate(0, 0).rate is None
    assert rate(3, 100.0, below=5).events is None
