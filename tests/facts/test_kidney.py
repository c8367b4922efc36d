"""Creatinine, eGFR and clearance: which report decides, what is computed, and what is missing."""

from typing import Any

import pytest

from cds.engine.fact import Known, Range, Unknown
from cds.facts.formulas import creatinine_clearance, egfr_ckd_epi_2021
from cds.facts.view import View
from cds.fhir.chart import Failed
from tests.facts.builders import MAN, WOMAN, known, observation, view, why
from tests.facts.given import STYLES, Style

CREATININE, EGFR_2021, EGFR_2009, MDRD, RACE = "2160-0", "98979-8", "62238-1", "33914-3", "48642-3"
WEIGHT, STATED = "29463-7", "3142-7"
RATE = "mL/min/{1.73_m2}"


def mass(value: float, unit: str, on: str = "2026-11-01", code: str = WEIGHT) -> dict[str, Any]:
    return observation(code, value, unit, on, id=f"weight-{code}")


def kidney(style: Style, labs: list[dict[str, Any]], *vitals: dict[str, Any], **more: Any) -> View:
    return view(labs=map(style, labs), observations=map(style, vitals), **more)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(0.9, "mg/dL", 0.9), (79.6, "umol/L", 0.9), (80, "µmol/L", 0.9), (0.0796, "mmol/L", 0.9)],
)
def test_creatinine(value: float, unit: str, expected: float, style: Style) -> None:
    assert known(kidney(style, [observation(CREATININE, value, unit)])["lab.creatinine"]) == expected


@pytest.mark.parametrize(
    ("lab", "reason"),
    [
        (observation(CREATININE, 0, "mg/dL"), "creatinine of 0 mg/dL on 2026-11-01 is implausible"),
        (observation(CREATININE, 0.9, "mg/dL", on="2026-08-25"), "over 90 days ago"),
        (observation(CREATININE, 0.9, "U/L"), "unit not convertible"),
    ],
)
def test_no_creatinine_and_why(lab: dict[str, Any], reason: str) -> None:
    assert reason in why(view(labs=[lab])["lab.creatinine"])


def test_creatinine_is_fresh_for_ninety_days() -> None:
    assert known(view(labs=[observation(CREATININE, 0.9, "mg/dL", on="2026-08-26")])["lab.creatinine"]) == 0.9


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("labs", "expected"),
    [
        ([observation(EGFR_2021, 71, RATE), observation(EGFR_2009, 66, RATE)], 71),
        ([observation(EGFR_2009, 66, "mL/min/1.73m2"), observation(CREATININE, 0.9, "mg/dL")], 66),
        ([observation(EGFR_2009, 66, "mL/min")], 66),
        ([observation(CREATININE, 0.9, "mg/dL")], 68.35),
        ([observation(RACE, 44, RATE), observation(CREATININE, 0.9, "mg/dL")], 68.35),
        ([observation(EGFR_2021, ">60", ""), observation(CREATININE, 0.9, "mg/dL")], 68.35),
        ([observation(EGFR_2021, ">60 mL/min/1.73m2")], Range(60, low_open=True)),
        ([observation(EGFR_2021, 80, RATE, on="2026-09-10"), observation(CREATININE, 4.0, "mg/dL")], 11.41),
        ([observation(EGFR_2021, 80, RATE), observation(CREATININE, 4.0, "mg/dL", on="2026-09-10")], 80),
        ([observation(EGFR_2021, 44, RATE), observation(EGFR_2021, 48, RATE)], Range(44, 48)),
        (
            [observation(EGFR_2021, 70, RATE), observation(EGFR_2021, 20, RATE, on="2026-11-10", status="preliminary")],
            Range(20, 70),
        ),
        (
            [observation(EGFR_2021, 70, RATE), observation(CREATININE, 4, "mg/dL", "2026-11-10", status="preliminary")],
            Range(11.41, 70),
        ),
    ],
)  # fmt: skip
def test_egfr(labs: list[dict[str, Any]], expected: object, style: Style) -> None:
    assert known(kidney(style, labs)["lab.egfr"]) == expected


def test_egfr_is_the_published_formula_of_the_patients_age_and_sex() -> None:
    lab = observation(CREATININE, 1.1, "mg/dL")
    for patient, sex in ((WOMAN, "female"), (MAN, "male")):
        chart = view(labs=[lab], patient=patient)
        assert known(chart["patient.age"]) == 71
        assert known(chart["lab.egfr"]) == round(egfr_ckd_epi_2021(1.1, 71, sex), 2)


@pytest.mark.parametrize(
    ("labs", "patient", "reason"),
    [
        ([], WOMAN, "eGFR was never measured"),
        ([observation(CREATININE, 0.9, "mg/dL")], {**WOMAN, "gender": "other"}, "for female and male patients"),
        ([observation(CREATININE, 0.9, "mg/dL")], {**WOMAN, "gender": None}, "sex is not recorded"),
        ([observation(EGFR_2021, 70, RATE, on="2026-03-01")], WOMAN, "over 90 days ago"),
        ([observation(EGFR_2021, 700, RATE)], WOMAN, "implausible"),
        (
            [observation(EGFR_2021, 700, RATE), observation(CREATININE, 0.9, "mg/dL", on="2026-10-20")],
            WOMAN, "implausible",
        ),
        ([observation(EGFR_2021, 70, RATE, status="preliminary")], WOMAN, "only a preliminary"),
    ],
)  # fmt: skip
def test_no_egfr_and_why(labs: list[dict[str, Any]], patient: dict[str, Any], reason: str) -> None:
    assert reason in why(view(labs=labs, patient=patient)["lab.egfr"])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("creatinine", "weight", "patient", "expected"),
    [
        (observation(CREATININE, 1.0, "mg/dL"), mass(60, "kg"), WOMAN, 48.88),
        (observation(CREATININE, 88.42, "umol/L"), mass(132.277, "[lb_av]"), WOMAN, 48.88),
        (observation(CREATININE, 1.0, "mg/dL"), mass(60000, "g"), MAN, 57.5),
        (observation(CREATININE, "<0.5 mg/dL"), mass(60, "kg"), MAN, Range(115.0, 575.0)),
    ],
)
def test_clearance(
    creatinine: dict[str, Any], weight: dict[str, Any], patient: dict[str, Any], expected: object, style: Style
) -> None:
    assert known(kidney(style, [creatinine], weight, patient=patient)["lab.crcl"]) == expected


def test_clearance_is_the_label_formula() -> None:
    chart = view(labs=[observation(CREATININE, 1.3, "mg/dL")], observations=[mass(52, "kg")])
    assert known(chart["lab.crcl"]) == round(creatinine_clearance(1.3, 71, 52, "female"), 2)
    assert [seen.ref for seen in chart["lab.crcl"].seen_in] == [
        "Observation/observation-1",
        "Observation/weight-29463-7",
    ]


@pytest.mark.parametrize(
    ("labs", "vitals", "patient", "reason"),
    [
        ([], [mass(60, "kg")], WOMAN, "creatinine was never measured"),
        ([observation(CREATININE, 1, "mg/dL")], [], WOMAN, "body weight was never measured"),
        (
            [observation(CREATININE, 1, "mg/dL")], [mass(60, "kg", on="2026-05-20")], WOMAN,
            "body weight: the last is of 2026-05-20, over 180 days ago",
        ),
        ([observation(CREATININE, 1, "mg/dL")], [mass(6, "kg")], WOMAN, "implausible"),
        ([observation(CREATININE, 1, "mg/dL")], [mass(60, "kg")], {**WOMAN, "gender": None}, "sex"),
        (
            [observation(CREATININE, 1, "mg/dL")], [mass(60, "kg")], {**WOMAN, "birthDate": None},
            "birth",
        ),
    ],
)  # fmt: skip
def test_no_clearance_and_why(
    labs: list[dict[str, Any]], vitals: list[dict[str, Any]], patient: dict[str, Any], reason: str
) -> None:
    told = why(view(labs=labs, observations=vitals, patient=patient)["lab.crcl"])
    assert told.startswith("creatinine clearance cannot be computed")
    assert reason in told


def test_a_measured_weight_comes_before_a_stated_one_of_that_day() -> None:
    chart = view(
        labs=[observation(CREATININE, 1.0, "mg/dL")],
        observations=[mass(60, "kg"), mass(80, "kg", code=STATED)],
    )
    assert known(chart["lab.crcl"]) == 48.88


def test_a_partial_birth_date_makes_a_range() -> None:
    chart = view(labs=[observation(CREATININE, 1.0, "mg/dL")], patient={**WOMAN, "birthDate": "1955"})
    value = known(chart["lab.egfr"])
    assert isinstance(value, Range)
    assert value.low < value.high


@pytest.mark.parametrize("fact", ["lab.creatinine", "lab.egfr", "lab.crcl"])
def test_labs_that_were_not_read(fact: str) -> None:
    assert isinstance(view(labs=Failed("time-out"))[fact], Unknown)
    assert "time-out" in why(view(labs=Failed("time-out"), observations=[mass(60, "kg")])[fact])


def test_egfr_says_that_it_was_computed() -> None:
    fact = view(labs=[observation(CREATININE, 0.9, "mg/dL")])["lab.egfr"]
    assert isinstance(fact, Known)
    assert fact.note == "computed by CKD-EPI 2021 from creatinine"
