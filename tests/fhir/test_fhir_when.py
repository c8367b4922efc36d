"""Partial dates are spans, impossible ones are nothing, and no zone moves a day."""

from datetime import date

import pytest

from cds.fhir.elements import Period
from cds.fhir.when import Span, period_span, span_of, whole_months


def span(earliest: str, latest: str = "") -> Span:
    """From day to day."""
    return Span(date.fromisoformat(earliest), date.fromisoformat(latest or earliest))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2024", span("2024-01-01", "2024-12-31")),
        ("2024-02", span("2024-02-01", "2024-02-29")),
        ("2023-02", span("2023-02-01", "2023-02-28")),
        ("2024-03-05", span("2024-03-05")),
        ("2024-03-05T23:30:00-11:00", span("2024-03-05")),
        ("2024-03-05T23:30:00.123Z", span("2024-03-05")),
        ("2024-03-05 10:00", span("2024-03-05")),
        (" 2024-3-5 ", span("2024-03-05")),
        ("20240305", span("2024-03-05")),
        ("20240305103000", span("2024-03-05")),
        ("2999-01-01", span("2999-01-01")),
        ("2023-02-30", None),
        ("2024-13", None),
        ("2024-00-01", None),
        ("0000", None),
        ("03/05/2024", None),
        ("yesterday", None),
        ("٢٠٢٤", None),
        ("2024-03-05" + " " * 100, None),
        ("", None),
        (None, None),
    ],
)
def test_date_text(when: str | None, expected: Span | None) -> None:
    assert span_of(when) == expected


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period(start="2024-01", end="2024-03"), span("2024-01-01", "2024-03-31")),
        (Period(start="2024-01"), span("2024-01-01", "2024-01-31")),
        (Period(end="2024-03-02"), span("2024-03-02")),
        (Period(start="2024-03-02", end="2024-01-01"), span("2024-03-02")),
        (Period(start="nonsense", end="2024-01-01"), span("2024-01-01")),
        (Period(), None),
        (None, None),
    ],
)
def test_period(period: Period | None, expected: Span | None) -> None:
    assert period_span(period) == expected


@pytest.mark.parametrize(
    ("earlier", "later", "months"),
    [
        ("2024-01-15", "2024-02-14", 0),
        ("2024-01-15", "2024-02-15", 1),
        ("2024-01-31", "2024-02-29", 1),
        ("2023-01-31", "2024-01-30", 11),
        ("2024-02-15", "2024-01-15", -1),
    ],
)
def test_whole_months(earlier: str, later: str, months: int) -> None:
    assert whole_months(date.fromisoformat(earlier), date.fromisoformat(later)) == months
