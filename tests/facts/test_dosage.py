"""Dose × frequency, as the dosage instructions of different EHRs come to milligrams a day."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.facts.dosage import Product, Stretch, stretches
from cds.facts.strength import strength_of
from cds.fhir.elements import Dosage, DoseAndRate, Quantity, Ratio, Repeat, Timing

START = date(2026, 1, 1)
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
EVERY_OTHER_DAY = {"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}}
TWICE = {"code": {"text": "BID"}}
NOT_STATED = "how often it is taken is not stated"
TABLET_5 = "prednisone 5 MG Oral Tablet"


def laid_out(*fragments: dict[str, object], name: str = TABLET_5, end: date | None = None) -> tuple[Stretch, ...]:
    """The instructions of those FHIR fragments, from the first of January on."""
    product = Product((name,), strength_of([name]))
    return stretches(msgspec.convert(fragments, tuple[Dosage, ...]), product, START, end)


def dose(value: float, unit: str = "mg") -> list[dict[str, object]]:
    """A dose quantity as it stands in doseAndRate."""
    return [{"doseQuantity": {"value": value, "unit": unit}}]


EPIC_DOSE = [
    {"type": {"text": "calculated"}, "doseQuantity": {"value": 20, "unit": "mg", "code": "mg"}},
    {"type": {"text": "admin-amount"}, "doseQuantity": {"value": 4, "unit": "tablet", "code": "{tbl}"}},
    {"type": {"text": "ordered"}, "doseQuantity": {"value": 20, "unit": "mg", "code": "mg"}},
]


@pytest.mark.parametrize(
    ("style", "fragment", "mg"),
    [
        ("Synthea: dose and timing", {"timing": DAILY, "doseAndRate": dose(20)}, 20),
        ("Epic: the same dose three times over", {"timing": DAILY, "doseAndRate": EPIC_DOSE}, 20),
        ("tablets and the strength of the product", {"timing": DAILY, "doseAndRate": dose(2, "tablet")}, 10),
        ("grams", {"timing": DAILY, "doseAndRate": dose(0.5, "g")}, 500),
        ("twice a day by code", {"timing": {"code": {"text": "BID"}}, "doseAndRate": dose(5)}, 10),
        ("Cerner: frequency only in words", {"text": "Daily", "doseAndRate": dose(5)}, 5),
        ("text only", {"text": "20 mg daily"}, 20),
        ("text only, in tablets", {"text": "Take 2 tablets (10 mg total) by mouth every morning"}, 10),
        ("text only, tablets without milligrams", {"text": "Take 3 tablets by mouth daily"}, 15),
        ("text for the dose, structure for the frequency", {"timing": TWICE, "text": "Take 5 mg"}, 10),
        ("a most-a-day", {"asNeededBoolean": True, "maxDosePerPeriod": {
            "numerator": {"value": 10, "unit": "mg"}, "denominator": {"value": 1, "unit": "day", "code": "d"}}}, 10),
        ("a most-a-day that caps", {"timing": {"code": {"text": "QID"}}, "doseAndRate": dose(5), "maxDosePerPeriod": {
            "numerator": {"value": 15, "unit": "mg"}, "denominator": {"value": 1, "unit": "d"}}}, 15),
        ("text only, half a tablet", {"text": "1/2 tablet daily"}, 2.5),
        ("text only, morning and evening", {"text": "20 mg in the morning and 10 mg in the evening"}, 30),
        ("the same with BID", {"timing": TWICE, "text": "20 mg in the morning and 10 mg in the evening"}, 30),
        ("the same, daily", {"timing": DAILY, "text": "4 tablets in the morning and 2 tablets at night"}, 30),
        ("the same and one dose", {"doseAndRate": dose(20), "text": "20 mg every morning and 10 mg at night"}, 30),
        ("on three days of a week", {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek":
            ["mon", "wed", "fri"]}}, "doseAndRate": dose(70)}, 30),
        ("every other day, averaged", {"timing": EVERY_OTHER_DAY, "doseAndRate": dose(20)}, 10),
    ],
)  # fmt: skip
def test_a_daily_dose(style: str, fragment: dict[str, object], mg: float) -> None:
    (found,) = laid_out(fragment)
    assert found.mg_per_day == pytest.approx(mg)
    assert (found.first, found.last) == (START, None)


@pytest.mark.parametrize(
    ("style", "fragment", "why"),
    [
        ("nothing", {}, "no dose is stated"),
        ("as directed", {"text": "Take as directed", "timing": DAILY}, "no dose is stated"),
        (
            "words that are not understood",
            {"text": "Start with 40 mg, come down by 5 mg weekly"},
            "its instruction could not be read",
        ),
        ("numbers in words", {"text": "take two or so as the pain requires"}, "its instruction could not be read"),
        ("too long to be plain", {"text": "take 5 mg daily " * 50}, "its instructions are too long to be read"),
        (
            "a frequency that is not understood",
            {"text": "20 mg daily except Sundays", "doseAndRate": dose(20)},
            "how often it is taken could not be read",
        ),
        (
            "a code that is not understood",
            {"timing": {"code": {"text": "every third day but one"}}, "doseAndRate": dose(20)},
            "how often it is taken could not be read",
        ),
        (
            "moments against the timing",
            {"timing": {"code": {"text": "TID"}}, "text": "20 mg in the morning and 10 mg in the evening"},
            "the times of day in its text contradict its timing",
        ),
        ("no frequency, as directed", {"doseAndRate": dose(20), "text": "as directed"}, NOT_STATED),
        ("no frequency", {"doseAndRate": dose(20)}, "how often it is taken is not stated"),
        ("by weight", {"timing": DAILY, "doseAndRate": dose(1, "mg/kg")}, "the dose is stated by body size only"),
        ("a strange unit", {"timing": DAILY, "doseAndRate": dose(1, "puff")}, "the unit of the dose could not be read"),
        (
            "text against strength",
            {"text": "Take 2 tablets (40 mg total) by mouth daily"},
            "the dose in its text contradicts the strength of the product",
        ),
        ("text with no frequency", {"text": "Take 20 mg"}, "how often it is taken is not stated"),
        ("endless text", {"text": "Take 20 mg daily" + " " * 600}, "its instructions are too long to be read"),
    ],
)
def test_a_dose_that_is_not_stated_says_why(style: str, fragment: dict[str, object], why: str) -> None:
    (found,) = laid_out(fragment)
    assert found.mg_per_day is None
    assert found.why == why


def test_no_instruction_at_all_and_unknown_strength() -> None:
    assert stretches((), Product(), START, None) == (Stretch(START, None, None, why="no dose is stated"),)
    (found,) = laid_out({"timing": DAILY, "doseAndRate": dose(2, "tablet")}, name="prednisone")
    assert found.why == "the dose is stated in units of the product and its strength is not known"


AS_NEEDED = "as needed: counted at its maximum"
FIVE_TO_TEN = [{"doseRange": {"low": {"value": 5, "unit": "mg"}, "high": {"value": 10, "unit": "mg"}}}]


@pytest.mark.parametrize(
    ("fragment", "mg", "note"),
    [
        ({"timing": DAILY, "doseAndRate": dose(10), "asNeededBoolean": True}, 10, AS_NEEDED),
        ({"timing": DAILY, "doseAndRate": dose(10), "asNeededCodeableConcept": {"text": "flare"}}, 10, AS_NEEDED),
        (
            {"timing": DAILY, "doseAndRate": FIVE_TO_TEN},
            10,
            "a range: counted at its highest",
        ),
        (
            {"timing": DAILY, "doseAndRate": [*dose(10), *dose(20)]},
            20,
            "several amounts are stated: the highest is counted",
        ),
        ({"text": "Take 1-2 tablets daily"}, 10, "a range: counted at its highest"),
        (
            {"timing": DAILY, "doseAndRate": dose(40), "text": "Taper per instructions"},
            40,
            "its text tells of changing doses that could not be read: the structured dose is counted",
        ),
    ],
)  # fmt: skip
def test_what_is_assumed_is_said(fragment: dict[str, object], mg: float, note: str) -> None:
    (found,) = laid_out(fragment)
    assert found.mg_per_day == mg
    assert note in found.notes


def bounded(value: float, days: int, sequence: int) -> dict[str, object]:
    """One step of a taper, for some days."""
    repeat = {
        "frequency": 1,
        "period": 1,
        "periodUnit": "d",
        "boundsDuration": {"value": days, "unit": "days", "code": "d"},
    }
    return {"sequence": sequence, "timing": {"repeat": repeat}, "doseAndRate": dose(value)}


def told(found: tuple[Stretch, ...]) -> list[tuple[date, date | None, float | None]]:
    """First and last day, and dose."""
    return [(each.first, each.last, each.mg_per_day) for each in found]


def test_a_taper_by_sequence_and_duration() -> None:
    assert told(laid_out(bounded(20, 7, 2), bounded(40, 7, 1), {"sequence": 3, "text": "5 mg daily"})) == [
        (date(2026, 1, 1), date(2026, 1, 7), 40),
        (date(2026, 1, 8), date(2026, 1, 14), 20),
        (date(2026, 1, 15), None, 5),
    ]


def test_a_taper_by_periods() -> None:
    def step(value: float, start: str, end: str) -> dict[str, object]:
        repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": start, "end": end}}
        return {"timing": {"repeat": repeat}, "doseAndRate": dose(value)}

    assert told(laid_out(step(40, "2026-01-03", "2026-01-09"), step(20, "2026-01-10T08:00:00Z", "2026-01-20"))) == [
        (date(2026, 1, 3), date(2026, 1, 9), 40),
        (date(2026, 1, 10), date(2026, 1, 20), 20),
    ]


def test_a_taper_in_words() -> None:
    text = "Take 8 tablets (40 mg total) by mouth daily for 7 days, THEN 4 tablets (20 mg total) daily for 7 days."
    assert told(laid_out({"text": text, "timing": DAILY, "doseAndRate": dose(40)})) == [
        (date(2026, 1, 1), date(2026, 1, 7), 40),
        (date(2026, 1, 8), date(2026, 1, 14), 20),
    ]


def test_morning_and_evening_stand_side_by_side_and_events_are_single_days() -> None:
    morning: dict[str, object] = {"timing": {"repeat": {"when": ["MORN"]}}, "doseAndRate": dose(10)}
    evening: dict[str, object] = {"timing": {"repeat": {"when": ["EVE"]}}, "doseAndRate": dose(5)}
    assert told(laid_out(morning, evening)) == [(START, None, 10), (START, None, 5)]
    once: dict[str, object] = {
        "timing": {"event": ["2026-01-05", "2026-01-12T10:00:00+01:00"]},
        "doseAndRate": dose(125),
    }
    assert [(first, last) for first, last, _ in told(laid_out(once))] == [
        (date(2026, 1, 5), date(2026, 1, 5)),
        (date(2026, 1, 12), date(2026, 1, 12)),
    ]


def test_a_dose_for_certain_days_is_one_on_each_of_them() -> None:
    days: dict[str, object] = {"event": ["2026-01-05", "2026-01-12T10:00:00Z"]}
    pulses = [(date(2026, 1, 5), date(2026, 1, 5), 1000), (date(2026, 1, 12), date(2026, 1, 12), 1000)]
    assert told(laid_out({"timing": days, "doseAndRate": dose(1000)})) == pulses
    assert told(laid_out({"timing": days, "text": "Infuse 1 g IV"})) == pulses
    assert told(laid_out({"timing": days, "doseAndRate": dose(500), "text": "twice daily"})) == pulses
    twice: dict[str, object] = {"timing": {"event": ["2026-01-05T08:00:00Z", "2026-01-05T20:00:00Z"]}}
    assert told(laid_out({**twice, "doseAndRate": dose(500)})) == [(date(2026, 1, 5), date(2026, 1, 5), 500)] * 2


def test_a_dose_for_a_day_that_cannot_be_read_is_not_laid_on_another() -> None:
    (found,) = laid_out({"timing": {"event": ["next week"]}, "doseAndRate": dose(1000)})
    assert (found.mg_per_day, found.why) == (None, NOT_STATED)


def test_a_taper_by_commas_is_read_before_the_structured_dose() -> None:
    text = "8 tabs daily x 3 days, 4 tabs daily x 3 days"
    assert told(laid_out({"text": text, "timing": DAILY, "doseAndRate": dose(40)})) == [
        (date(2026, 1, 1), date(2026, 1, 3), 40),
        (date(2026, 1, 4), date(2026, 1, 6), 20),
    ]
    (unread,) = laid_out({"text": f"{text}, see chart", "timing": DAILY, "doseAndRate": dose(40)})
    assert unread.mg_per_day == 40
    assert "its text tells of changing doses" in unread.notes[0]


def test_the_end_of_the_order_cuts_its_instructions() -> None:
    assert told(laid_out(bounded(40, 7, 1), bounded(20, 7, 2), end=date(2026, 1, 5))) == [
        (date(2026, 1, 1), date(2026, 1, 5), 40)
    ]


EXTREME = st.one_of(
    st.sampled_from([0.0, -1.0, 1e-9, 1e308, float("inf"), float("-inf"), float("nan"), 3.0]), st.floats()
)
TEXT = st.lists(
    st.sampled_from(
        [
            "take",
            "0",
            "1",
            "1e9",
            "99999999999",
            "mg",
            "tablets",
            "daily",
            "every",
            "hours",
            "for",
            "days",
            "then",
            "x",
            "(5 mg)",
            "/",
            "1/2",
            "and",
            ", 2 mg",
            "in the morning",
            "at night",
            "for 3 days",
        ]
    ),
    max_size=14,
).map(" ".join)
UNITS = st.sampled_from(["mg", "g", "tablet", "mL", "d", "wk", "", "mg/kg"])
QUANTITY = st.builds(lambda value, unit: Quantity(value=value, unit=unit), EXTREME, UNITS)
REPEAT = st.builds(
    Repeat,
    bounds_duration=st.none() | QUANTITY,
    count=st.none() | EXTREME,
    frequency=st.none() | EXTREME,
    period=st.none() | EXTREME,
    period_unit=st.sampled_from([None, "d", "h", "s", "a", "fortnight"]),
)
DOSAGE = st.builds(
    Dosage,
    sequence=st.none() | st.integers(0, 3).map(float),
    text=st.none() | TEXT,
    timing=st.none() | st.builds(Timing, repeat=st.none() | REPEAT),
    dose_and_rate=st.lists(st.builds(DoseAndRate, dose_quantity=st.none() | QUANTITY), max_size=2).map(tuple),
    max_dose_per_period=st.none() | st.builds(Ratio, numerator=QUANTITY, denominator=QUANTITY),
)


@given(st.lists(DOSAGE, max_size=3), st.none() | st.just(date(2026, 6, 1)))
def test_whatever_comes_gives_stretches_that_make_sense(dosages: list[Dosage], end: date | None) -> None:
    for each in stretches(dosages, Product((TABLET_5,), strength_of([TABLET_5])), START, end):
        assert each.last is None or each.first <= each.last
        assert bool(each.why) is (each.mg_per_day is None)
        assert each.mg_per_day is None or 0 <= each.mg_per_day < float("inf")
