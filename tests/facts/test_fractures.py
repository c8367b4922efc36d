"""Fractures: which are fragility fractures, how many, when, on which drugs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Cause, Range, Span, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, SCT, WOMAN, condition, known, view, why

PROVISIONAL: dict[str, Any] = {"verificationStatus": {"coding": [{"code": "provisional"}]}}
EPIC_HIP: dict[str, Any] = {
    "resourceType": "Condition", "id": "ehip",
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                   "code": "resolved"}], "text": "Resolved"},
    "verificationStatus": {"coding": [{"code": "confirmed"}], "text": "Confirmed"},
    "category": [{"coding": [{"code": "encounter-diagnosis"}], "text": "Encounter Diagnosis"}],
    "code": {"coding": [
        {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "S72.001A", "display": "Closed right hip fracture"},
        {"system": "http://snomed.info/sct", "code": "359817006", "display": "Closed fracture of hip (disorder)"},
    ], "text": "Closed right hip fracture, initial encounter (HCC)"},
    "onsetDateTime": "2026-03-02", "recordedDate": "2026-03-03",
}  # fmt: skip
SYNTHEA_SPINE: dict[str, Any] = {
    "resourceType": "Condition", "id": "syn",
    "clinicalStatus": {"coding": [{"code": "active"}]}, "verificationStatus": {"coding": [{"code": "confirmed"}]},
    "code": {"coding": [{"system": SCT, "code": "203450003", "display": "Osteoporotic fracture of lumbar vertebra"}],
             "text": "Osteoporotic fracture of lumbar vertebra (disorder)"},
    "onsetDateTime": "2019-07-01T10:00:00-04:00",
}  # fmt: skip


def fracture(code: str, on: str = "", **more: Any) -> dict[str, Any]:
    """A fracture by ICD-10-CM code, with its onset."""
    return condition((ICD, code), **({"onsetDateTime": on} if on else {}), **more)


def born(day: str) -> dict[str, Any]:
    return {**WOMAN, "birthDate": day}


@pytest.mark.parametrize(
    "told",
    [
        EPIC_HIP,
        SYNTHEA_SPINE,
        fracture("S22.060A", "2024-05-01"),
        fracture("S32.010D", "2024-05-01"),
        fracture("S32.591A", "2024-05-01"),
        fracture("S52.501A", "2024-05-01"),
        fracture("S42.201S", "2024-05-01"),
        fracture("M80.08XA"),
        fracture("M80.0B1A"),
        fracture("M48.56XA"),
        fracture("Z87.310"),
        condition((SCT, "443165006")),
    ],
)
def test_a_fragility_fracture(told: dict[str, Any]) -> None:
    assert known(view(conditions=[told])["fracture.fragility_ever"]) is True


@pytest.mark.parametrize(
    "told",
    [
        fracture("S82.001A", "2024-05-01"),
        fracture("M84.58XA", "2024-05-01"),
        fracture("M84.48XA", "2024-05-01"),
        fracture("Z87.81"),
        fracture("Z87.311"),
        fracture("M84.751A", "2024-05-01"),
        fracture("S72.001A", "2024-05-01", verificationStatus={"coding": [{"code": "entered-in-error"}]}),
        fracture("S72.001A", "2000-05-01"),  # aged 45
        condition((ICD, "S72.001A"), (ICD, "V43.52XA"), onsetDateTime="2024-05-01"),
        condition((ICD, "S72.001A"), (ICD, "M84.551A"), onsetDateTime="2024-05-01"),
    ],
)
def test_not_a_fragility_fracture(told: dict[str, Any]) -> None:
    assert known(view(conditions=[told])["fracture.fragility_ever"]) is False


@pytest.mark.parametrize("cause", ["V43.52XA", "W11.XXXA", "W17.89XA", "M84.552A"])
def test_a_high_energy_cause_or_a_tumour_told_for_the_same_day_voids_an_injury(cause: str) -> None:
    hip = fracture("S72.001A", "2024-05-01")
    told = [hip, fracture(cause, "2024-05-01")]
    assert known(view(conditions=told)["fracture.hip_or_vertebral_ever"]) is False
    assert known(view(conditions=[hip, fracture(cause, "2024-05-02")])["fracture.hip_or_vertebral_ever"]) is True
    assert known(view(conditions=[hip, fracture("W01.0XXA", "2024-05-01")])["fracture.hip_or_vertebral_ever"]) is True


def test_a_high_energy_cause_does_not_void_a_fracture_coded_as_osteoporotic() -> None:
    told = [fracture("M80.08XA", "2024-05-01"), fracture("V43.52XA", "2024-05-01")]
    assert known(view(conditions=told)["fracture.fragility_ever"]) is True


@pytest.mark.parametrize(
    ("birth", "onset", "counts"),
    [
        ("1970-05-01", "2020-05-01", True),  # fifty that day
        ("1970-05-02", "2020-05-01", False),
        ("1960-01-01", "", None),  # undated: before or after fifty?
        ("1960-06-01", "2010", None),
        ("1960-01-01", "2011", True),
        ("1980-01-01", "", False),  # undated, but not yet fifty
        ("", "2020-05-01", None),
    ],
)
def test_the_age_at_the_fracture_decides_not_todays(birth: str, onset: str, counts: bool | None) -> None:
    fact = view(patient=born(birth), conditions=[fracture("S72.001A", onset)])["fracture.hip_or_vertebral_ever"]
    if counts is None:
        assert isinstance(fact, Unknown)
        assert fact.why.startswith("age at a fracture is not known")
    else:
        assert known(fact) is counts


def test_a_suspected_fracture_leaves_the_question_open() -> None:
    fact = view(conditions=[fracture("M80.08XA", "2026-05-01", **PROVISIONAL)])
    assert why(fact["fracture.fragility_ever"]) == "a fracture is recorded as suspected, not confirmed"
    assert isinstance(fact["fracture.last"], Unknown)
    assert isinstance(fact["fracture.fragility_count"], Unknown)


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ([], 0),
        ([fracture("S72.001A", "2026-03-01")], 1),
        # one fracture, recorded again and again
        ([fracture("S72.001A", "2026-03-01"), fracture("S72.001A", recordedDate="2026-03-20")], 1),
        ([fracture("S72.001A", "2026-03-01"), fracture("S72.001D", recordedDate="2026-09-01")], 1),
        ([fracture("S72.001A", "2016-03-01"), fracture("S72.001S", recordedDate="2026-09-01")], 1),
        ([fracture("S72.001A", "2026-03-01"), fracture("Z87.310")], 1),
        ([fracture("M80.08XA", "2026-03-01"), condition((SCT, "443165006"), onsetDateTime="2026-03-05")], 1),
        ([fracture("S72.001A"), fracture("S72.001A", "2026-03-01")], 1),
        ([fracture("M80.08XD", "2026-03-01")], 1),
        ([fracture("Z87.310")], 1),
        # different fractures
        ([fracture("S72.001A", "2026-03-01"), fracture("S52.501A", "2026-03-01")], 2),
        ([fracture("M80.08XA", "2019-03-01"), fracture("M80.08XA", "2026-03-01")], 2),
        ([fracture("S72.001A", "2019-03-01"), fracture("S72.002D", "2026-03-01")], 2),
        ([fracture("S72.001A", "2019-03-01"), fracture("M80.052D", recordedDate="2026-03-01")], 2),
        ([fracture("S72.001A", "2026-03-01"), fracture("S72.001A", "2000-03-01")], 1),
    ],
)
def test_each_fracture_is_counted_once(told: list[dict[str, Any]], count: int) -> None:
    patient = born("1940-01-01") if "2000-03-01" not in str(told) else born("1955-01-01")
    assert known(view(patient=patient, conditions=told)["fracture.fragility_count"]) == count


def test_the_count_is_a_range_where_one_is_unclear_or_more_may_be_missing() -> None:
    told = [fracture("M80.08XA", "2019-03-01"), fracture("M80.051A", "2026-03-01", **PROVISIONAL)]
    assert known(view(conditions=told)["fracture.fragility_count"]) == Range(1, 2)
    cut = [fracture("M80.08XA", "2019-03-01"), {"resourceType": "Condition", "id": "blank"}]
    assert known(view(conditions=cut)["fracture.fragility_count"]) == Range(1, float("inf"))
    assert why(view(conditions=Failed("403"))["fracture.fragility_count"]) == "conditions could not be read: 403"


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ([], None),
        ([EPIC_HIP, SYNTHEA_SPINE], date(2026, 3, 2)),
        ([fracture("S72.001A", recordedDate="2026-03-03"), fracture("S72.001D", recordedDate="2026-06-03")],
         date(2026, 3, 3)),
        ([fracture("M80.08XA", "2025-10")], Span(date(2025, 10, 1), date(2025, 10, 31))),
        ([fracture("M80.08XA", "2015-10-01"), fracture("Z87.310")], date(2015, 10, 1)),
        ([fracture("M80.08XA", "2026-10-01"), fracture("M80.051A", **PROVISIONAL)], date(2026, 10, 1)),
        ([fracture("M80.08XA", "2015-10-01"), fracture("M80.051A", "2014-01-01", **PROVISIONAL)], date(2015, 10, 1)),
    ],
)  # fmt: skip
def test_the_last_fracture_is_dated_by_onset_else_first_record(told: list[dict[str, Any]], day: Any) -> None:
    assert known(view(conditions=told)["fracture.last"]) == day


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        (Failed("403"), Cause.NOT_READABLE),
        ([fracture("M80.08XA")], Cause.UNDATED),
        ([fracture("Z87.310")], Cause.UNDATED),
        ([fracture("M80.08XA", "2031-01-01")], Cause.UNDATED),  # the future is no date
        ([fracture("M80.08XA", "2015-10-01"), fracture("M80.051A")], Cause.UNDATED),
        ([fracture("M80.08XA", "2015-10-01"), fracture("M80.051A", "2026-01-01", **PROVISIONAL)], Cause.AMBIGUOUS),
        ([fracture("M80.08XA", "2015-10-01"), {"resourceType": "Condition", "id": "blank"}], Cause.NOT_READABLE),
    ],
)
def test_the_last_fracture_is_unknown_where_a_later_one_may_be_hidden(told: Any, cause: Cause) -> None:
    fact = view(conditions=told)["fracture.last"]
    assert isinstance(fact, Unknown)
    assert fact.cause is cause


@pytest.mark.parametrize(
    ("code", "major", "lesser"),
    [
        ("M80.08XA", True, False), ("S72.101A", True, False), ("S32.591A", False, True), ("S52.501A", False, True),
        ("M80.061A", False, False), ("M80.0B2A", False, True), ("M80.8AXA", False, False),
    ],
)  # fmt: skip
def test_sites(code: str, major: bool, lesser: bool) -> None:
    it = view(conditions=[fracture(code, "2024-01-01")])
    assert known(it["fracture.hip_or_vertebral_ever"]) is major
    assert known(it["fracture.lesser_site_ever"]) is lesser


def test_a_fracture_without_site_leaves_the_sites_open() -> None:
    it = view(conditions=[fracture("Z87.310")])
    assert why(it["fracture.hip_or_vertebral_ever"]) == "a fragility fracture is recorded without its site"
    assert why(it["fracture.lesser_site_ever"]) == "a fragility fracture is recorded without its site"


@pytest.mark.parametrize(
    ("told", "ever"),
    [
        ([fracture("Z87.81")], True),
        ([fracture("S72.001A", "1999-01-01")], True),
        ([fracture("M84.48XA")], True),
        ([fracture("M84.58XA")], False),
        ([], False),
    ],
)
def test_any_fracture_ever(told: list[dict[str, Any]], ever: bool) -> None:
    assert known(view(conditions=told)["fracture.any_ever"]) is ever
