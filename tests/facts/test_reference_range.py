"""A number against the range that its own laboratory sent."""

from typing import Any

import msgspec
import pytest

from cds.facts.reference_range import Side, side_told
from cds.fhir.elements import CodeableConcept, Quantity, ReferenceRange

BELOW, WITHIN, ABOVE = Side.BELOW, Side.WITHIN, Side.ABOVE
MG = {"low": {"value": 8.5, "unit": "mg/dL"}, "high": {"value": 10.5, "unit": "mg/dL"}}


def told(value: object, ranges: list[dict[str, Any]], flags: list[dict[str, Any]]) -> Side | None:
    return side_told(
        msgspec.convert(value, Quantity) if isinstance(value, dict) else value,
        msgspec.convert(ranges, tuple[ReferenceRange, ...]),
        msgspec.convert(flags, tuple[CodeableConcept, ...]),
    )


@pytest.mark.parametrize(
    ("value", "ranges", "side"),
    [
        ({"value": 8.4, "unit": "mg/dL"}, [MG], BELOW),
        ({"value": 8.5, "unit": "mg/dL"}, [MG], WITHIN),
        ({"value": 10.5, "unit": "MG/DL"}, [MG], WITHIN),
        ({"value": 10.6, "unit": "mg/dL"}, [MG], ABOVE),
        ({"value": 10.6, "code": "mg/dL", "unit": "milligrams"}, [MG], ABOVE),
        ({"value": 8.5, "comparator": "<", "unit": "mg/dL"}, [MG], BELOW),
        ({"value": 9.0, "comparator": "<", "unit": "mg/dL"}, [MG], None),
        ({"value": 2.2, "unit": "mmol/L"}, [MG], None),
        ({"value": 8.4}, [MG], BELOW),
        ("8.4", [MG], BELOW),
        (8.4, [{"low": {"value": 8.5}}], BELOW),
        (8.6, [{"low": {"value": 8.5}}], WITHIN),
        (8.6, [{"text": "8.5 - 10.5"}], WITHIN),
        (11.0, [{"text": "8.5–10.5 mg/dL"}], ABOVE),
        (11.0, [{"text": "see report"}], None),
        (11.0, [{"text": " 8.5 to 10.5\tmg/dL "}], ABOVE),
        (11.0, [{"text": "8.5 - 10.5 mg/dL fasting"}], None),
        (11.0, [{"text": "8.5 - 10.5" + " " * 300}], None),
        (11.0, [{}], None),
        (11.0, [], None),
        (9.0, [MG, {**MG, "high": {"value": 8.9, "unit": "mg/dL"}}], None),
        (11.0, [MG, {**MG, "high": {"value": 8.9, "unit": "mg/dL"}}], ABOVE),
        (11.0, [{**MG, "type": {"coding": [{"code": "therapeutic"}]}}], None),
        ("see comment", [MG], None),
    ],
)
def test_by_number(value: object, ranges: list[dict[str, Any]], side: Side | None) -> None:
    assert told(value, ranges, []) is side


@pytest.mark.parametrize(
    ("flag", "side"),
    [
        ({"coding": [{"code": "H"}]}, ABOVE),
        ({"coding": [{"code": "LL"}]}, BELOW),
        ({"coding": [{"code": "N"}]}, WITHIN),
        ({"coding": [{"code": "A"}]}, None),
        ({"text": "High"}, ABOVE),
        ({"coding": [{"code": "H"}], "text": "low"}, None),
    ],
)
def test_by_flag(flag: dict[str, Any], side: Side | None) -> None:
    assert told("see comment", [], [flag]) is side


def test_out_of_range_by_either_is_out_of_range() -> None:
    assert told(9.0, [MG], [{"coding": [{"code": "L"}]}]) is BELOW
    assert told(11.0, [MG], [{"coding": [{"code": "N"}]}]) is ABOVE
