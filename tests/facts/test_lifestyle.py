"""Lifestyle and disease that add to fracture risk."""

from __future__ import annotations

from typing import Any

import pytest

from cds.engine.fact import Cause, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, LOINC, SCT, concept, condition, known, observation, view, why

SMOKING, DRINKS, FALLS = "72166-2", "74013-4", "52552-7"
BMI, WEIGHT, HEIGHT = "39156-5", "29463-7", "8302-2"


def smoking(*codings: tuple[str, str], text: str = "", on: str = "2026-10-01", **more: Any) -> dict[str, Any]:
    """A US Core smoking status."""
    return observation(SMOKING, on=on, valueCodeableConcept=concept(*codings, text=text), **more)


@pytest.mark.parametrize(
    ("sources", "smokes"),
    [
        ({"observations": [smoking((SCT, "449868002"), text="Smokes tobacco daily (finding)")]}, True),
        ({"observations": [smoking((SCT, "8517006"), text="Former smoker")]}, False),
        ({"observations": [smoking((SCT, "266919005"), text="Never smoked tobacco (finding)")]}, False),
        ({"observations": [smoking(text="Current every day smoker")]}, True),
        ({"observations": [smoking(text="Current some day smoker")]}, True),
        ({"observations": [smoking(text="Former smoker")]}, False),
        ({"observations": [observation(SMOKING, "Never smoker")]}, False),
        ({"observations": [smoking((SCT, "8517006")), smoking((SCT, "77176002"), on="2020-01-01")]}, False),
        ({"observations": [smoking(text="Unknown if ever smoked"), smoking((SCT, "77176002"), on="2020-01-01")]}, True),
        ({"conditions": [condition((ICD, "F17.210"))]}, True),
        ({"conditions": [condition((ICD, "Z87.891"))]}, False),
        ({"conditions": [condition((ICD, "F17.210"))], "observations": [smoking((SCT, "8517006"))]}, False),
    ],
)
def test_smoking_as_the_latest_status_or_the_problem_list_says(sources: dict[str, Any], smokes: bool) -> None:
    assert known(view(**sources)["lifestyle.smoking"]) is smokes


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ({}, "smoking status is not recorded"),
        ({"observations": Failed("500")}, "observations could not be read: 500"),
        ({"conditions": Failed("500")}, "conditions could not be read: 500"),
        ({"observations": [smoking(text="Unknown if ever smoked")]}, "smoking status is not recorded"),
    ],
)
def test_smoking_unknown_with_a_reason(sources: dict[str, Any], reason: str) -> None:
    assert why(view(**sources)["lifestyle.smoking"]) == reason


@pytest.mark.parametrize(
    ("number", "unit", "above"),
    [(3, "{drinks}/d", True), (2, "{drinks}/d", False), (0, "/d", False), (2.5, "", True), (21, "{drinks}/wk", True),
     (14, "/wk", False)],
)  # fmt: skip
def test_alcohol_above_the_limit(number: float, unit: str, above: bool) -> None:
    assert known(view(observations=[observation(DRINKS, number, unit)])["lifestyle.alcohol"]) is above


def test_harmful_use_counts_without_a_number() -> None:
    assert known(view(conditions=[condition((ICD, "F10.20"))])["lifestyle.alcohol"]) is True
    assert (
        known(view(conditions=[condition((SCT, "7200002"))], observations=Failed("500"))["lifestyle.alcohol"]) is True
    )


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ([], Cause.NEVER_MEASURED),
        ([observation(DRINKS, 3, "mL")], Cause.UNIT),
        ([observation(DRINKS, "socially")], Cause.UNIT),
        ([observation(DRINKS, valueQuantity={"value": 1, "comparator": ">", "unit": "/d"})], Cause.AMBIGUOUS),
        (Failed("500"), Cause.NOT_READABLE),
    ],
)
def test_alcohol_unknown_with_a_reason(told: Any, cause: Cause) -> None:
    fact = view(observations=told)["lifestyle.alcohol"]
    assert isinstance(fact, Unknown)
    assert fact.cause is cause


@pytest.mark.parametrize(
    ("told", "low"),
    [
        ([observation(BMI, 20, "kg/m2")], True),
        ([observation(BMI, 20.1, "kg/m2")], False),
        ([observation(BMI, valueQuantity={"value": 19, "comparator": "<", "code": "kg/m2"})], True),
        ([observation(WEIGHT, 50, "kg"), observation(HEIGHT, 165, "cm", on="2019-01-01")], True),
        ([observation(WEIGHT, 110, "[lb_av]"), observation(HEIGHT, 60, "[in_i]", on="2019-01-01")], False),
        ([observation(BMI, 18, "kg/m2", on="2020-01-01"), observation(WEIGHT, 70, "kg"),
          observation(HEIGHT, 165, "cm")],
         False),
    ],
)  # fmt: skip
def test_low_body_mass_index_recorded_or_from_weight_and_height(told: list[dict[str, Any]], low: bool) -> None:
    assert known(view(observations=told)["lifestyle.low_bmi"]) is low


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ([], Cause.NEVER_MEASURED),
        ([observation(BMI, 18, "kg/m2", on="2025-01-01")], Cause.TOO_OLD),
        ([observation(BMI, 18, "lb")], Cause.UNIT),
        ([observation(WEIGHT, 50, "kg", on="2025-01-01"), observation(HEIGHT, 165, "cm")], Cause.NEVER_MEASURED),
    ],
)
def test_body_mass_index_unknown_with_a_reason(told: list[dict[str, Any]], cause: Cause) -> None:
    fact = view(observations=told)["lifestyle.low_bmi"]
    assert isinstance(fact, Unknown)
    assert fact.cause is cause


@pytest.mark.parametrize(
    ("sources", "fell"),
    [
        ({"conditions": [condition((ICD, "Z91.81"))]}, True),
        ({"conditions": [condition((ICD, "R29.6"))]}, True),
        ({"observations": [observation(FALLS, 2, "{#}")]}, True),
        ({"observations": [observation(FALLS, 0, "{#}")]}, False),
        (
            {"observations": [observation(FALLS, on="2026-02-02", valueCodeableConcept=concept((LOINC, "LA33-6")))]},
            True,
        ),
        ({"observations": [observation(FALLS, "No")]}, False),
        ({"observations": [observation(FALLS, on="2026-02-02", valueBoolean=True)]}, True),
        ({"observations": [observation(FALLS, "Yes", on="2024-02-02")]}, None),
        ({"observations": Failed("500")}, None),
        ({}, None),
    ],
)
def test_falls(sources: dict[str, Any], fell: bool | None) -> None:
    fact = view(**sources)["lifestyle.falls"]
    assert isinstance(fact, Unknown) if fell is None else known(fact) is fell


@pytest.mark.parametrize(
    ("fact", "told", "there"),
    [
        ("parental_hip_fracture", condition((SCT, "391096007")), True),
        ("parental_hip_fracture", condition((ICD, "Z82.62")), False),
        ("rheumatoid_arthritis", condition((ICD, "M05.79"), status="remission"), True),
        ("secondary_cause", condition((ICD, "E05.00")), True),
        ("secondary_cause", condition((ICD, "E05.00"), status="resolved"), False),
        ("secondary_cause", condition((ICD, "E28.310"), status="resolved"), True),
    ],
)
def test_diseases_and_family(fact: str, told: dict[str, Any], there: bool) -> None:
    assert known(view(conditions=[told])[f"lifestyle.{fact}"]) is there


@pytest.mark.parametrize("fact", ["parental_hip_fracture", "rheumatoid_arthritis", "secondary_cause"])
def test_diseases_are_not_ruled_out_by_a_list_that_was_not_read(fact: str) -> None:
    assert why(view(conditions=Failed("403"))[f"lifestyle.{fact}"]) == "conditions could not be read: 403"
    assert known(view()[f"lifestyle.{fact}"]) is False
