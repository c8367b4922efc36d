"""Prescription English is read when every word of it is understood, and not at all otherwise."""

import pytest

from cds.facts.sig import once_only, said, times_a_day


@pytest.mark.parametrize(
    ("text", "amount", "unit", "per_day", "days"),
    [
        ("20 mg daily", 20, "mg", 1, None),
        ("Take 20 mg by mouth once daily.", 20, "mg", 1, None),
        ("prednisone 10mg PO BID x 5 days", 10, "mg", 2, 5),
        ("Take 2 tablets (10 mg total) by mouth every morning", 2, "piece", 1, None),
        ("Take 1 tablet by mouth 2 (two) times daily with food for 2 weeks", 1, "piece", 2, 14),
        ("1 tab po qd", 1, "piece", 1, None),
        ("Take one-half tablet daily", 0.5, "piece", 1, None),
        ("Take half tablet daily", 0.5, "piece", 1, None),
        ("take three 5 mg tablets every other day", 15, "mg", 0.5, None),
        ("Take 5 mL by mouth every 12 hours", 5, "ml", 2, None),
        ("4 mg every 6 hours for brain swelling", 4, "mg", 4, None),
        ("Take 4 mg at bedtime", 4, "mg", 1, None),
        ("20 mg PO q.d. in the morning", 20, "mg", 1, None),
        ("40 mg once weekly", 40, "mg", 1 / 7, None),
        ("Infuse 125 mg IV once", 125, "mg", 1, 1),
        ("0.5 g IV daily for three days", 500, "mg", 1, 3),
    ],
)
def test_a_plain_sentence(text: str, amount: float, unit: str, per_day: float, days: int | None) -> None:
    (clause,) = said(text, ["prednisone 5 MG Oral Tablet"])
    assert (clause.amount, clause.unit, clause.days) == (amount, unit, days)
    assert clause.per_day == pytest.approx(per_day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Take as directed",
        "Take 20 mg daily and 10 mg at night",
        "taper 20 mg daily",
        "Do not take more than 20 mg daily",
        "Start with 40 mg daily, reduce by 5 mg weekly",
        "20 mg daily then as directed",
        "40 mg daily then 20 mg daily for 7 days",
        "20 mg daily for a week",
        "hold 20 mg daily",
        "20 mg daily x 3 doses",
        ".5 mg daily",
        "1/2 tablet daily",
        "2 1/2 tablets daily",
        "1,000 mg daily",
        "1-2 sprays each nostril daily",
    ],
)
def test_what_is_not_plain_is_not_read(text: str) -> None:
    assert said(text) == ()


def test_a_taper_in_words_is_read_step_by_step() -> None:
    text = "Take 4 tablets (40 mg total) by mouth daily for 7 days, THEN 2 tablets (20 mg total) for 7 days, then stop"
    steps = said(text)
    assert [(step.amount, step.total_mg, step.per_day, step.days) for step in steps] == [(4, 40, 1, 7), (2, 20, 1, 7)]


@pytest.mark.parametrize(
    ("text", "per_day", "note"),
    [
        ("Take 1-2 tablets daily", 1, "a range: counted at its highest"),
        ("4 mg every 4-6 hours", 6, "a range: counted at its highest"),
        ("4 mg every 6 hours as needed for nausea", 4, "as needed: counted at its maximum"),
        ("up to 10 mg daily", 1, "as needed: counted at its maximum"),
    ],
)
def test_a_range_counts_at_its_highest_and_says_so(text: str, per_day: float, note: str) -> None:
    (clause,) = said(text)
    assert clause.per_day == pytest.approx(per_day)
    assert clause.notes == (note,)
    assert clause.amount in {2, 4, 10}


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("BID", 2),
        ("Daily", 1),
        ("2 times daily", 2),
        ("Every 12 hours", 2),
        ("Q8H", 3),
        ("every morning", 1),
        ("Weekly", 1 / 7),
    ],
)
def test_a_frequency_alone(text: str, per_day: float) -> None:
    assert times_a_day(text) == pytest.approx(per_day)


def test_a_frequency_with_anything_else_is_not_read() -> None:
    assert times_a_day("daily except Sundays") is None
    assert times_a_day("see instructions") is None


def test_once_only() -> None:
    assert once_only("Once")
    assert not once_only("once daily")
