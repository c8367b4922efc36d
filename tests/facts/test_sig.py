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
        ("Take half a tablet daily", 0.5, "piece", 1, None),
        ("1/2 tablet daily", 0.5, "piece", 1, None),
        ("Take 1/2 of a tablet by mouth daily", 0.5, "piece", 1, None),
        ("½ tablet daily", 0.5, "piece", 1, None),
        ("2 1/2 tablets daily", 2.5, "piece", 1, None),
        ("1½ tablets twice daily", 1.5, "piece", 2, None),
        ("one and a half tablets daily", 1.5, "piece", 1, None),
        ("Take 0.5 (one-half) tablet daily", 0.5, "piece", 1, None),
        ("1/2-1 tablet daily", 1, "piece", 1, None),
        ("3/4 tablet daily x 3 days", 0.75, "piece", 1, 3),
        ("20 mg in the morning and 10 mg in the evening", 30, "mg", 1, None),
        ("Take 20 mg by mouth every morning and 10 mg every evening.", 30, "mg", 1, None),
        ("Take 2 tablets in the morning, 1 tablet at noon and 1/2 tablet at bedtime", 3.5, "piece", 1, None),
        ("20 mg qAM & 10 mg qPM", 30, "mg", 1, None),
        ("Take 1 tab in am and 1/2 tab at 6:30 pm", 1.5, "piece", 1, None),
        ("5 mg in the morning and evening", 5, "mg", 2, None),
        ("5 mg every morning and at bedtime", 5, "mg", 2, None),
        ("1 tablet every morning before breakfast", 1, "piece", 1, None),
        ("15 mg with breakfast and 5 mg with dinner for 10 days", 20, "mg", 1, 10),
        ("20 mg in the morning x 5 days and 10 mg in the evening x 5 days", 30, "mg", 1, 5),
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
        "1,000 mg daily",
        "1-1/2 tablets daily",
        "1-2 1/2 tablets daily",
        "5/325 tablets daily",
        "3/2 tablets daily",
        "1/2/2026 tablets daily",
        "20 mg in the morning and 10 mg",
        "5 mg daily in the morning and evening",
        "20 mg in the morning and evening and 10 mg at noon",
        "20 mg at 8 am and 10 mg at 11 am",
        "20 mg in the morning and 10 mg with breakfast",
        "20 mg twice daily in the morning and 10 mg in the evening",
        "20 mg in the morning, in the evening and 10 mg at bedtime",
        "20 mg in the morning for 5 days and 10 mg in the evening for 7 days",
        "20 mg in the morning for 5 days, 10 mg in the evening",
        "2 tablets in the morning and 10 mg in the evening",
        "4 tablets in the morning and 2 in the evening",
        "20 mg in the morning and 10 mg every other evening",
        "3 tabs daily, 2 tabs daily x 3 days",
        "3 tabs daily x 3 days and 2 tabs daily x 3 days",
        "20 mg daily x 7 days, 10 mg as needed x 7 days",
        "20 mg daily x 7 days, 10 mg in the evening x 7 days",
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
    ("text", "steps"),
    [
        (
            "3 tabs daily x 3 days, 2 tabs daily x 3 days, then 1 tab daily x 3 days",
            [(3, 1, 3), (2, 1, 3), (1, 1, 3)],
        ),
        ("40 mg daily for 3 days, followed by 20 mg daily for 3 days", [(40, 1, 3), (20, 1, 3)]),
        ("3 tabs daily x 3 days, 2 tabs x 3 days; 1 tab daily", [(3, 1, 3), (2, 1, 3), (1, 1, None)]),
        (
            "2 tabs bid x 2 days, 2 tabs daily x 2 days, and 1 tab daily x 2 days, then stop",
            [(2, 2, 2), (2, 1, 2), (1, 1, 2)],
        ),
        ("2 tabs every morning x 7 days, 1 tab every morning x 7 days", [(2, 1, 7), (1, 1, 7)]),
        (
            "2 tabs in the morning and 1 tab in the evening for 7 days, and then 1 tab daily for 7 days",
            [(3, 1, 7), (1, 1, 7)],
        ),
        ("2 tabs in the morning and 1 tab at night for 7 days, then 1 tab for 7 days", [(3, 1, 7), (1, None, 7)]),
    ],
)  # fmt: skip
def test_a_taper_by_commas_is_read_like_one_with_then(
    text: str, steps: list[tuple[float, float | None, int | None]]
) -> None:
    assert [(step.amount, step.per_day, step.days) for step in said(text)] == steps


def test_doses_of_one_day_are_added_with_what_is_told_beside_them() -> None:
    text = "Take 2 tablets (10 mg total) in the morning and 1-2 tablets (5 mg total) in the evening"
    (clause,) = said(text)
    assert (clause.amount, clause.total_mg, clause.moments) == (4, 15, 2)
    assert clause.notes == ("a range: counted at its highest",)
    (clause,) = said("2 tablets (10 mg total) in the morning and 1 tablet in the evening")
    assert (clause.amount, clause.total_mg) == (3, None)


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
