"""Strong Kleene logic, as the tables that a reader can check by eye."""

import pytest

from cds.engine.truth import Truth, all_of, any_of, negate, truth

LETTERS = {"T": Truth.TRUE, "F": Truth.FALSE, "?": Truth.UNKNOWN}

AND = """
and  T  ?  F
 T   T  ?  F
 ?   ?  ?  F
 F   F  F  F
"""
OR = """
or   T  ?  F
 T   T  T  T
 ?   T  ?  ?
 F   T  ?  F
"""
NOT = {"T": "F", "?": "?", "F": "T"}


def cells(table: str) -> list[tuple[str, str, str]]:
    """Row, column and value of every cell."""
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return [(row[0], column, value) for row in rows for column, value in zip(head[1:], row[1:], strict=True)]


@pytest.mark.parametrize(("left", "right", "value"), cells(AND))
def test_and(left: str, right: str, value: str) -> None:
    assert all_of([LETTERS[left], LETTERS[right]]) is LETTERS[value]


@pytest.mark.parametrize(("left", "right", "value"), cells(OR))
def test_or(left: str, right: str, value: str) -> None:
    assert any_of([LETTERS[left], LETTERS[right]]) is LETTERS[value]


@pytest.mark.parametrize(("claim", "value"), NOT.items())
def test_not(claim: str, value: str) -> None:
    assert negate(LETTERS[claim]) is LETTERS[value]


def test_of_nothing() -> None:
    assert all_of([]) is Truth.TRUE
    assert any_of([]) is Truth.FALSE


def test_a_plain_bool_becomes_a_truth() -> None:
    assert truth(True) is Truth.TRUE
    assert truth(False) is Truth.FALSE


@pytest.mark.parametrize("claim", list(Truth))
def test_a_truth_is_not_a_bool(claim: Truth) -> None:
    with pytest.raises(TypeError, match="not a bool"):
        bool(claim)
    with pytest.raises(TypeError):
        _ = not claim
