"""CT density is read under a site's own codes, and never keeps a question open."""

from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Known, Range, Span, Unknown
from cds.facts.view import View
from cds.fhir.chart import Failed
from tests.facts.builders import code_book, known, view
from tests.facts.given import given

CODES = code_book(l1_hu=(("urn:ct", "L1HU"), ("urn:pacs", "X-1")), qct_vbmd=(("urn:ct", "VBMD"),))
START = date(2026, 1, 10)


def ct(code: str, value: float, unit: str, on: str = "2026-10-01", **more: Any) -> dict[str, Any]:
    """As a PACS sends it: a local code, a unit as text."""
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "urn:ct", "code": code}]},
        "valueQuantity": {"value": value, "unit": unit}, "effectiveDateTime": on, **more,
    }  # fmt: skip


def in_bundle(value: float, on: str = "2026-10-01") -> dict[str, Any]:
    """As a reporting system sends it: a component of a spine report, UCUM, an instant."""
    component = {
        "code": {"coding": [{"system": "urn:pacs", "code": "X-1"}]},
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "[hnsf'U]"},
    }
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": "CT spine"}, "issued": f"{on}T10:00:00Z",
        "component": [component],
    }  # fmt: skip


def chart(*results: dict[str, Any], start: object = START) -> View:
    return given(view(boneDensity=results, codes=CODES), ici__course_start=start)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("results", "hu"),
    [
        ([ct("L1HU", 142, "HU")], 142),
        ([in_bundle(142)], 142),
        ([ct("L1HU", 142, "")], 142),
        ([ct("L1HU", 170, "HU", "2025-01-01"), in_bundle(98)], 98),
        ([ct("L1HU", 98, "HU"), ct("L1HU", 104, "HU")], Range(98, 104)),
        ([], None),
        ([ct("L1HU", 9000, "HU")], None),
        ([ct("L1HU", 142, "mg/cm3")], None),
        ([ct("L1HU", 142, "HU", status="preliminary")], None),
    ],
)
def test_l1_attenuation(results: list[dict[str, Any]], hu: object) -> None:
    assert known(chart(*results)["bone.hu.latest"]) == hu


@pytest.mark.parametrize(
    ("results", "vbmd"),
    [([ct("VBMD", 95, "mg/cm3")], 95), ([ct("VBMD", 0.095, "g/cm3")], 95), ([ct("VBMD", 95, "mg/mL")], 95), ([], None)],
)
def test_vbmd(results: list[dict[str, Any]], vbmd: object) -> None:
    assert known(chart(*results)["bone.vbmd.latest"]) == vbmd


def test_why_there_is_none_stands_in_the_note() -> None:
    fact = chart(ct("L1HU", 9000, "HU"))["bone.hu.latest"]
    assert isinstance(fact, Known)
    assert fact.note == "L1 attenuation of 9000 HU on 2026-10-01 is implausible"
    unread = view(boneDensity=Failed("time-out"), codes=CODES)["bone.vbmd.latest"]
    assert isinstance(unread, Known)
    assert "time-out" in unread.note


def test_without_codes_nothing_is_read() -> None:
    assert known(view(boneDensity=[ct("L1HU", 142, "HU")])["bone.hu.latest"]) is None


@pytest.mark.parametrize(
    ("results", "start", "percent", "units"),
    [
        ([ct("L1HU", 150, "HU", "2026-01-10"), ct("L1HU", 120, "HU")], START, -20, -30),
        ([in_bundle(150, "2025-12-01"), ct("L1HU", 165, "HU")], START, 10, 15),
        (
            [ct("L1HU", 200, "HU", "2024-01-01"), ct("L1HU", 150, "HU", "2025-12-01"), ct("L1HU", 120, "HU")],
            START, -20, -30,
        ),
        ([ct("L1HU", 150, "HU", "2026-01-11"), ct("L1HU", 120, "HU")], START, None, None),
        ([ct("L1HU", 150, "HU", "2025-12-01")], START, None, None),
        ([ct("L1HU", 9000, "HU", "2025-12-01"), ct("L1HU", 120, "HU")], START, None, None),
        ([ct("L1HU", 150, "HU", "2025-12-01"), ct("L1HU", 120, "HU")], None, None, None),
        (
            [ct("L1HU", 150, "HU", "2025-12-31"), ct("L1HU", 120, "HU")],
            Span(date(2026, 1, 1), date(2026, 1, 31)), -20, -30,
        ),
        (
            [ct("L1HU", 150, "HU", "2026-01-05"), ct("L1HU", 120, "HU")],
            Span(date(2026, 1, 1), date(2026, 1, 31)), None, None,
        ),
    ],
)  # fmt: skip
def test_change_since_before_the_course(
    results: list[dict[str, Any]], start: object, percent: float | None, units: float | None
) -> None:
    facts = chart(*results, start=start)
    assert known(facts["bone.hu.change_percent"]) == percent
    assert known(facts["bone.hu.change_hu"]) == units


def test_vbmd_change_and_an_unknown_course() -> None:
    results = [ct("VBMD", 100, "mg/cm3", "2025-12-01"), ct("VBMD", 0.095, "g/cm3")]
    assert known(chart(*results)["bone.vbmd.change_percent"]) == pytest.approx(-5)
    from cds.engine.fact import Cause

    unsure = Unknown("orders could not be read", Cause.NOT_READABLE)
    assert known(chart(*results, start=unsure)["bone.vbmd.change_percent"]) is None
