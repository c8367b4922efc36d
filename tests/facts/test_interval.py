"""Ranges keep their uncertainty through comparison, arithmetic and words."""

import pytest

from cds.engine.fact import Range
from cds.facts.interval import Number, computed, hull, least, rounded, scaled, shown, surely_above, surely_below, within

LESS_THAN_4, MORE_THAN_60 = Range(high=4, high_open=True), Range(low=60, low_open=True)


@pytest.mark.parametrize(
    ("values", "covering"),
    [
        ([2.0], 2.0),
        ([2.0, 2.0], 2.0),
        ([2.0, 5.0], Range(2, 5)),
        ([LESS_THAN_4], LESS_THAN_4),
        ([LESS_THAN_4, 6.0], Range(high=6)),
        ([LESS_THAN_4, 4.0], Range(high=4)),
        ([MORE_THAN_60, 50.0], Range(low=50)),
    ],
)
def test_hull(values: list[Number], covering: Number) -> None:
    assert hull(values) == covering


@pytest.mark.parametrize(
    ("values", "lowest"),
    [
        ([-1.0, -2.5], -2.5),
        ([-1.0, Range(-10, 10)], Range(-10, -1)),
        ([Range(high=-4, high_open=True), -1.0], Range(high=-4, high_open=True)),
        ([Range(-3, -2), -4.0], -4.0),
    ],
)
def test_least(values: list[Number], lowest: Number) -> None:
    assert least(values) == lowest


def test_comparison_only_where_it_is_certain() -> None:
    assert surely_below(LESS_THAN_4, 4)
    assert not surely_below(Range(high=4), 4)
    assert surely_above(MORE_THAN_60, 60)
    assert not surely_above(Range(low=60), 60)
    assert not surely_above(Range(59, 61), 60)
    assert surely_below(3.9, 4)
    assert not surely_below(4.0, 4)


def test_a_formula_of_ranges_is_taken_at_their_ends() -> None:
    assert computed(lambda a, b: a - b, Range(1, 2), 0.5) == Range(0.5, 1.5)
    assert computed(lambda a, b: a / b, 1.0, 3.0) == 0.33


def test_scaling_bounding_and_rounding() -> None:
    assert scaled(Range(1, 2, True, False), 2) == Range(2, 4, True, False)
    assert within(LESS_THAN_4, 0.5, 30) == Range(0.5, 4)
    assert within(3.0, 0.5, 30) == 3.0
    assert rounded(10.501) == 10.5
    assert rounded(Range(high=8.497)) == Range(high=8.5)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (9.2, "9.2"),
        (LESS_THAN_4, "less than 4"),
        (Range(high=4), "at most 4"),
        (MORE_THAN_60, "more than 60"),
        (Range(low=60), "at least 60"),
        (Range(1, 2), "between 1 and 2"),
    ],
)
def test_words(value: Number, words: str) -> None:
    assert shown(value) == words
