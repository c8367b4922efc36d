"""Vitamin D, albumin and parathyroid hormone."""

from typing import Any

import pytest

from cds.engine.fact import Range
from cds.fhir.chart import Failed
from tests.facts.builders import known, observation, view, why
from tests.facts.given import STYLES, Style

TOTAL_D, D3, ALBUMIN, PTH = "62292-8", "1989-3", "1751-7", "2731-8"


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ([observation(TOTAL_D, 24, "ng/mL")], 24),
        ([observation(TOTAL_D, 50, "nmol/L")], 20.03),
        ([observation(TOTAL_D, 49, "nmol/L")], 19.63),
        ([observation("68438-1", 20, "nmol/L")], 8.01),
        ([observation(TOTAL_D, 24, "ug/L")], 24),
        ([observation(D3, 12, "ng/mL")], 12),
        ([observation(D3, 12, "ng/mL"), observation(TOTAL_D, 35, "ng/mL")], 35),
        ([observation(TOTAL_D, "<4 ng/mL")], Range(high=4, high_open=True)),
        ([observation(TOTAL_D, None, valueQuantity={"value": 4, "comparator": "<", "unit": "ng/mL"})],
         Range(high=4, high_open=True)),
        ([observation(TOTAL_D, 24, "ng/mL", on="2025-11-24")], 24),
        ([observation(TOTAL_D, 30, "ng/mL", on="2026-01-01"), observation(TOTAL_D, 18, "ng/mL", status="preliminary")],
         Range(18, 30)),
    ],
)  # fmt: skip
def test_vitamin_d(labs: list[dict[str, Any]], expected: object, style: Style) -> None:
    assert known(view(labs=map(style, labs))["lab.vitamin_d"]) == expected


@pytest.mark.parametrize(
    ("lab", "reason"),
    [
        (observation(TOTAL_D, 24, "ng/mL", on="2025-11-23"), "over 365 days ago"),
        (observation(TOTAL_D, 24, "ng/mL", on="2025"), "over 365 days ago"),
        (observation(TOTAL_D, 2400, "ng/mL"), "implausible"),
        (observation(TOTAL_D, 24, "IU/L"), "unit not convertible"),
        (observation(TOTAL_D, "deficient"), "not a number"),
    ],
)
def test_no_vitamin_d_and_why(lab: dict[str, Any], reason: str) -> None:
    assert reason in why(view(labs=[lab])["lab.vitamin_d"])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("value", "unit"), [(3.8, "g/dL"), (38, "g/L")])
def test_albumin(value: float, unit: str, style: Style) -> None:
    assert known(view(labs=[style(observation(ALBUMIN, value, unit))])["lab.albumin"]) == 3.8


def test_albumin_in_moles_is_not_converted() -> None:
    assert "unit not convertible" in why(view(labs=[observation("54347-0", 550, "umol/L")])["lab.albumin"])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("more", "high"),
    [
        ({"referenceRange": [{"low": {"value": 15, "unit": "pg/mL"}, "high": {"value": 65, "unit": "pg/mL"}}]}, True),
        ({"referenceRange": [{"text": "15-100"}]}, False),
        ({"interpretation": [{"coding": [{"code": "H"}]}]}, True),
        ({"interpretation": [{"text": "High"}]}, True),
        ({"interpretation": [{"coding": [{"code": "N"}]}]}, False),
    ],
)
def test_parathyroid_hormone_against_its_own_range(more: dict[str, Any], high: bool, style: Style) -> None:
    assert known(view(labs=[style(observation(PTH, 90, "pg/mL", **more))])["lab.pth_high"]) is high


@pytest.mark.parametrize(
    ("labs", "reason"),
    [
        ([], "never measured"),
        ([observation(PTH, 90, "pg/mL")], "the laboratory sent no range"),
        ([observation(PTH, 90, "pg/mL", interpretation=[{"text": "A"}])], "the laboratory sent no range"),
        ([observation(PTH, 90, "pg/mL", on="2025-01-01", interpretation=[{"text": "H"}])], "over 365 days ago"),
    ],
)
def test_parathyroid_hormone_unknown(labs: list[dict[str, Any]], reason: str) -> None:
    assert reason in why(view(labs=labs)["lab.pth_high"])


@pytest.mark.parametrize("fact", ["lab.vitamin_d", "lab.albumin", "lab.pth_high"])
def test_labs_that_were_not_read(fact: str) -> None:
    assert why(view(labs=Failed("time-out"))[fact]) == "laboratory results could not be read: time-out"
