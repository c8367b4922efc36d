"""Calcium: which of several decides, corrected for what, and on which side of its laboratory's range."""

from typing import Any

import pytest

from cds.engine.fact import Cause, Known, Range, Unknown
from cds.fhir.chart import Failed, Found, NotAsked
from tests.facts.builders import known, observation, view, why
from tests.facts.given import STYLES, Style

TOTAL, TOTAL_ALBUMIN = "17861-6", "1751-7"
CORRECTED, IONISED = "46099-8", "1995-0"


def ranged(low: float, high: float, unit: str) -> dict[str, Any]:
    return {"referenceRange": [{"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}]}


def flag(code: str) -> dict[str, Any]:
    return {"interpretation": [{"coding": [{"code": code}]}]}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ([observation(TOTAL, 9.2, "mg/dL")], 9.2),
        ([observation(TOTAL, 8.0, "mg/dL"), observation(TOTAL_ALBUMIN, 30, "g/L")], 8.8),
        ([observation("17861-6", 2.12, "mmol/L"), observation(TOTAL_ALBUMIN, 4.0, "g/dL")], 8.5),
        ([observation("17861-6", 2.62, "mmol/L"), observation(TOTAL_ALBUMIN, 4.0, "g/dL")], 10.5),
        ([observation("2000-8", 3.2, "mmol/L"), observation(TOTAL_ALBUMIN, 40, "g/L")], 12.83),
        ([observation(CORRECTED, 9.9, "mg/dL"), observation(TOTAL, 8.0, "mg/dL")], 9.9),
        ([observation("29265-6", 2.4, "mmol/L")], 9.62),
        (
            [observation(CORRECTED, 9.9, "mg/dL", on="2026-10-01"), observation(TOTAL, 8.0, "mg/dL", on="2026-11-20")],
            8.0,
        ),
        ([observation(TOTAL, 8.0, "mg/dL"), observation(IONISED, 1.2, "mmol/L")], None),
        (
            [observation(TOTAL, 8.0, "mg/dL", on="2026-11-20"), observation(IONISED, 1.2, "mmol/L", on="2026-10-01")],
            8.0,
        ),
        ([observation(TOTAL, 9.0, "mg/dL"), observation(IONISED, 120, "mmol/L")], 9.0),
        ([observation(TOTAL, 4.6, "meq/L")], 9.22),
        ([observation(TOTAL, 8.1, "mg/dL"), observation(TOTAL, 8.9, "mg/dL")], Range(8.1, 8.9)),
    ],
)
def test_corrected_calcium(labs: list[dict[str, Any]], expected: object, style: Style) -> None:
    assert known(view(labs=map(style, labs))["calcium.corrected"]) == expected


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("labs", "reason"),
    [
        ([], "never measured"),
        ([observation(TOTAL, 9.2, "mg/dL", on="2026-08-01")], "the last is of 2026-08-01, over 90 days ago"),
        ([observation(TOTAL, 9.2, "mg%")], "unit not convertible (unit mg% is not known)"),
        ([observation(TOTAL, 92, "mg/dL")], "calcium of 92 mg/dL on 2026-11-01 is implausible"),
        (
            [observation(TOTAL, 92, "mg/dL"), observation(TOTAL, 9.2, "mg/dL", on="2026-10-20")],
            "calcium of 92 mg/dL on 2026-11-01 is implausible",
        ),
        ([observation(TOTAL, 9.2, "mg/dL", status="preliminary")], "only a preliminary result"),
        ([observation(TOTAL, 9.2, "mg/dL", status="registered")], "never measured"),
        ([observation(TOTAL, 9.2, "mg/dL", status="entered-in-error")], "never measured"),
        ([observation(TOTAL, None, dataAbsentReason={"text": "haemolysed"})], "never measured"),
        ([observation(TOTAL, "see comment")], "the result is not a number"),
        ([observation(TOTAL, 9.2, "mg/dL", on="2027-03-01")], "dated in the future (2027-03-01)"),
    ],
)
def test_no_calcium_and_why(labs: list[dict[str, Any]], reason: str, style: Style) -> None:
    chart = view(labs=map(style, labs))
    assert reason in why(chart["calcium.corrected"])
    assert chart["calcium.known"] == chart["calcium.corrected"]


def test_a_calcium_without_a_date_is_not_used() -> None:
    undated = {key: value for key, value in observation(TOTAL, 9.2, "mg/dL").items() if key != "effectiveDateTime"}
    fact = view(labs=[undated])["calcium.corrected"]
    assert isinstance(fact, Unknown)
    assert fact.cause is Cause.UNDATED


def test_a_missing_unit_is_that_of_the_reference_range() -> None:
    bare = observation(TOTAL, None, **ranged(8.5, 10.5, "mg/dL"), valueQuantity={"value": 9.2})
    assert known(view(labs=[bare])["calcium.corrected"]) == 9.2
    assert "unit missing" in why(
        view(labs=[observation(TOTAL, None, valueQuantity={"value": 9.2})])["calcium.corrected"]
    )


def test_an_uncorrected_calcium_says_so() -> None:
    chart = view(labs=[observation(TOTAL, 9.2, "mg/dL")])
    assert known(chart["calcium.uncorrected"]) is True
    fact = chart["calcium.corrected"]
    assert isinstance(fact, Known)
    assert fact.note == "not corrected for albumin (albumin: none within 7 days of 2026-11-01)"
    corrected = view(labs=[observation(TOTAL, 9.2, "mg/dL"), observation(TOTAL_ALBUMIN, 4.0, "g/dL")])
    assert known(corrected["calcium.uncorrected"]) is False


@pytest.mark.parametrize("style", STYLES)
def test_ionised_calcium_decides_on_its_day(style: Style) -> None:
    chart = view(labs=map(style, [observation(TOTAL, 8.0, "mg/dL"), observation(IONISED, 1.21, "mmol/L")]))
    assert known(chart["calcium.ionised"]) == 1.21
    assert known(chart["calcium.known"]) is True
    assert known(chart["calcium.uncorrected"]) is False
    assert known(view(labs=map(style, [observation(IONISED, 4.84, "mg/dL")]))["calcium.ionised"]) == 1.21
    total = view(labs=map(style, [observation(TOTAL, 8.0, "mg/dL")]))
    assert known(total["calcium.ionised"]) is None


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("labs", "side"),
    [
        ([observation(TOTAL, 9.2, "mg/dL", **ranged(8.5, 10.5, "mg/dL"))], "within"),
        ([observation(TOTAL, 8.4, "mg/dL", **ranged(8.5, 10.5, "mg/dL"))], "below"),
        ([observation(TOTAL, 10.2, "mg/dL", **ranged(8.5, 10.1, "mg/dL"))], "above"),
        ([observation(TOTAL, 9.2, "mg/dL", **flag("L"))], "below"),
        ([observation(TOTAL, 9.2, "mg/dL", **flag("HH"))], "above"),
        ([observation(TOTAL, 9.2, "mg/dL", **flag("A"))], "within"),
        ([observation(TOTAL, 8.4, "mg%", **ranged(8.5, 10.5, "mg%"))], "below"),
        ([observation(TOTAL, 9.4, "mg%", **ranged(8.5, 10.5, "mg%"))], "within"),
        ([observation(TOTAL, "<5 mg/dL", referenceRange=[{"text": "8.5 - 10.5 mg/dL"}])], "below"),
        # the range is for the corrected value: low by low albumin alone is not low
        (
            [
                observation(TOTAL, 2.0, "mmol/L", **ranged(2.1, 2.6, "mmol/L"), **flag("L")),
                observation(TOTAL_ALBUMIN, 2.5, "g/dL"),
            ],
            "within",
        ),
        (
            [
                observation(TOTAL, 2.5, "mmol/L", **ranged(2.1, 2.6, "mmol/L"), **flag("N")),
                observation(TOTAL_ALBUMIN, 2.5, "g/dL"),
            ],
            "above",
        ),
        ([observation(IONISED, 1.05, "mmol/L")], "below"),
        ([observation(IONISED, 1.4, "mmol/L")], "above"),
        ([observation(IONISED, 1.4, "mmol/L", **ranged(1.1, 1.45, "mmol/L"))], "within"),
        (
            [observation(TOTAL, 9.2, "mg/dL", on="2026-10-01"), observation(TOTAL, 7.0, "mg/dL", status="preliminary")],
            "below",
        ),
        ([observation(TOTAL, 7.0, "mg/dL", status="preliminary")], "below"),
        (
            [
                observation(TOTAL, 9.2, "mg/dL", on="2026-10-01"),
                observation(IONISED, 0.9, "mmol/L", status="preliminary"),
            ],
            "below",
        ),
    ],
)
def test_side_of_the_range(labs: list[dict[str, Any]], side: str, style: Style) -> None:
    chart = view(labs=map(style, labs))
    assert chart["calcium.below_range"] == Known(side == "below", chart["calcium.below_range"].seen_in)
    if side != "below" or not any(each["status"] == "preliminary" for each in labs):
        assert known(chart["calcium.above_range"]) is (side == "above")


@pytest.mark.parametrize("fact", ["calcium.below_range", "calcium.above_range"])
@pytest.mark.parametrize(
    "lab",
    [
        observation(TOTAL, 9.2, "mg/dL", status="preliminary"),
        observation(TOTAL, 9.2, "mg/dL", on="2026-08-01", **flag("L")),
        observation(TOTAL, 92, "mg/dL", **flag("H")),
        observation(TOTAL, 9.2, "mg%"),
    ],
    ids=["preliminary and normal", "too old", "implausible", "unit and no range"],
)
def test_side_of_the_range_unknown(fact: str, lab: dict[str, Any]) -> None:
    assert isinstance(view(labs=[lab])[fact], Unknown)


def test_a_newer_preliminary_low_calcium_makes_the_value_uncertain_and_a_high_one_does_not() -> None:
    final = observation(TOTAL, 9.2, "mg/dL", on="2026-10-20")
    low = view(labs=[final, observation(TOTAL, 7.9, "mg/dL", status="preliminary")])["calcium.corrected"]
    assert known(low) == Range(7.9, 9.2)
    high = view(labs=[final, observation(TOTAL, 9.9, "mg/dL", status="preliminary")])["calcium.corrected"]
    assert known(high) == 9.2
    older = observation(TOTAL, 7.9, "mg/dL", on="2026-10-01", status="preliminary")
    assert known(view(labs=[final, older])["calcium.corrected"]) == 9.2


@pytest.mark.parametrize("fact", ["calcium.corrected", "calcium.ionised", "calcium.known", "calcium.below_range"])
def test_labs_that_were_not_read(fact: str) -> None:
    assert "could not be read" in why(view(labs=Failed("time-out"))[fact])
    assert "not asked" in why(view(labs=NotAsked())[fact])


def test_labs_cut_short_newest_first_still_tell_the_latest() -> None:
    whole = view(labs=[observation(TOTAL, 9.2, "mg/dL")]).source("labs")
    assert isinstance(whole, Found)
    newest = Found(whole.resources, complete=False, why_incomplete="page 2 missing", newest_first=True)
    assert known(view(labs=newest)["calcium.corrected"]) == 9.2
    unsorted = Found(whole.resources, complete=False, why_incomplete="page 2 missing")
    assert "page 2 missing" in why(view(labs=unsorted)["calcium.corrected"])


def test_calcium_is_corrected_with_the_albumin_of_its_own_days() -> None:
    """8.7 with an albumin of 4.74 taken weeks later is no 8.1: that pair belongs to no specimen."""
    calcium = observation(TOTAL, 8.7, "mg/dL", on="2026-10-01", id="calcium")
    later = observation("1751-7", 4.74, "g/dL", on="2026-10-30", id="later")
    own = observation("1751-7", 3.6, "g/dL", on="2026-10-01", id="own")
    alone, both = view(labs=[calcium, later]), view(labs=[calcium, later, own])
    assert known(alone["calcium.corrected"]) == 8.7
    assert known(alone["calcium.uncorrected"]) is True
    assert known(both["calcium.corrected"]) == 9.02
    assert known(both["calcium.uncorrected"]) is False
