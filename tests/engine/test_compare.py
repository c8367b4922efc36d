"""One fact against one limit: ranges and partial dates answer only where every value in them agrees."""

from datetime import date

import pytest

from cds.engine.compare import claim
from cds.engine.fact import Cause, Known, Range, Span, Unknown, Value
from cds.engine.rule import Limit
from cds.engine.rule import Test as OneTest
from cds.engine.truth import Truth
from tests.engine.reference import Chart

AS_OF = date(2026, 6, 1)
YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def compared(value: Value, op: str, limit: Limit) -> Truth:
    """The answer for a known fact."""
    return claim(OneTest("a.fact", op, limit))(Chart(AS_OF, {"a.fact": Known(value)}))


@pytest.mark.parametrize(
    ("value", "at_least", "above", "at_most", "below"),
    [
        (3, NO, NO, YES, YES),
        (4, YES, NO, YES, NO),
        (4.0, YES, NO, YES, NO),
        (5, YES, YES, NO, NO),
        (Range(high=4, high_open=True), NO, NO, YES, YES),
        (Range(high=4), OPEN, NO, YES, OPEN),
        (Range(low=4), YES, OPEN, OPEN, NO),
        (Range(low=4, low_open=True), YES, YES, NO, NO),
        (Range(3, 5), OPEN, OPEN, OPEN, OPEN),
        (Range(5, 7), YES, YES, NO, NO),
        (Range(1, 3), NO, NO, YES, YES),
        (Range(4, 4), YES, NO, YES, NO),
        (Range(), OPEN, OPEN, OPEN, OPEN),
        (None, NO, NO, NO, NO),
    ],
    ids=str,
)
def test_numbers_against_four(value: Value, at_least: Truth, above: Truth, at_most: Truth, below: Truth) -> None:
    answers = [compared(value, op, 4) for op in ("at_least", "above", "at_most", "below")]
    assert answers == [at_least, above, at_most, below]


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (date(2026, 6, 1), YES),
        (date(2026, 5, 2), YES),
        (date(2026, 5, 1), NO),
        (date(2026, 6, 2), NO),
        (Span(date(2026, 5, 2), date(2026, 6, 1)), YES),
        (Span(date(2026, 5, 1), date(2026, 5, 31)), OPEN),
        (Span(date(2026, 4, 1), date(2026, 4, 30)), NO),
        (Span(date(2026, 6, 1), date(2026, 6, 30)), OPEN),
        (Span(date(2026, 6, 2), date(2026, 6, 30)), NO),
        (None, NO),
    ],
    ids=str,
)
def test_dates_within_the_last_thirty_days(value: Value, answer: Truth) -> None:
    assert compared(value, "within_days", 30) is answer


@pytest.mark.parametrize(
    ("value", "op", "limit", "answer"),
    [
        (True, "is", True, YES),
        (False, "is", True, NO),
        ("female", "is", "female", YES),
        ("male", "is", "female", NO),
        ("male", "in", frozenset({"male", "other"}), YES),
        ("female", "in", frozenset({"male", "other"}), NO),
        (frozenset({"a", "b"}), "in", frozenset({"b", "c"}), YES),
        (frozenset({"a"}), "in", frozenset({"b", "c"}), NO),
        (frozenset[str](), "in", frozenset({"b"}), NO),
        (None, "is", False, NO),
        (None, "in", frozenset({"b"}), NO),
    ],
    ids=lambda each: str(sorted(each) if isinstance(each, frozenset) else each),
)
def test_codes_and_yes_or_no(value: Value, op: str, limit: Limit, answer: Truth) -> None:
    assert compared(value, op, limit) is answer


@pytest.mark.parametrize(
    ("value", "op", "limit"),
    [(True, "at_least", 1), ("4", "below", 5), (1, "is", True), (4, "within_days", 30), ("yes", "is", True)],
)
def test_what_cannot_be_compared_is_a_crash_and_not_an_answer(value: Value, op: str, limit: Limit) -> None:
    with pytest.raises(TypeError):
        compared(value, op, limit)


def test_an_unknown_fact_is_an_unknown_answer() -> None:
    chart = Chart(AS_OF, {"a.fact": Unknown("never measured", Cause.NEVER_MEASURED)})
    assert claim(OneTest("a.fact", "above", 4))(chart) is OPEN


def test_a_fact_that_nobody_registered_is_a_crash() -> None:
    with pytest.raises(KeyError):
        claim(OneTest("a.fact", "above", 4))(Chart(AS_OF, {}))
