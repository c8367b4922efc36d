"""DXA done, recent or ordered, and the diagnosis of osteoporosis."""

from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Span, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, LOINC, SCT, concept, condition, known, observation, view, why

SCAN = concept((LOINC, "83012-5"))
SNOMED_SCAN = concept((SCT, "312681000"))
HEEL_SCAN = concept((LOINC, "83013-3"))


def procedure(code: dict[str, Any], on: str, status: str = "completed") -> dict[str, Any]:
    return {"resourceType": "Procedure", "status": status, "code": code, "performedPeriod": {"start": on, "end": on}}


def report(code: dict[str, Any], on: str, status: str = "final") -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "status": status, "code": code, "effectiveDateTime": on}


def order(code: dict[str, Any], on: str = "2026-10-01", status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "status": status,
        "intent": "order",
        "code": code,
        "authoredOn": on,
        **more,
    }


DONE: dict[str, dict[str, Any]] = {
    "T-score": {"boneDensity": [observation("38267-1", -1.0, "1", "{day}")]},
    "density without a score": {"boneDensity": [observation("38261-4", 0.81, "g/cm2", "{day}")]},
    "study as an observation": {"boneDensity": [observation("83311-1", on="{day}")]},
    "report": {"diagnosticReports": [report(SNOMED_SCAN, "{day}")]},
    "procedure": {"procedures": [procedure(SCAN, "{day}")]},
}


def on_day(sources: Any, day: str) -> Any:
    if isinstance(sources, dict):
        return {key: on_day(value, day) for key, value in sources.items()}
    if isinstance(sources, list):
        return [on_day(each, day) for each in sources]
    return sources.replace("{day}", day) if isinstance(sources, str) else sources


@pytest.mark.parametrize("how", DONE)
def test_dxa_done(how: str) -> None:
    chart = view(**on_day(DONE[how], "2024-11-24"))
    assert known(chart["bone.dxa.ever_done"]) is True
    assert known(chart["bone.dxa.recent"]) is True
    assert known(chart["bone.dxa.last_done"]) == date(2024, 11, 24)
    older = view(**on_day(DONE[how], "2024-11-23"))
    assert known(older["bone.dxa.ever_done"]) is True
    assert known(older["bone.dxa.recent"]) is False


NOT_DONE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "heel": {"boneDensity": [observation("38266-3", -2.0, "1")], "procedures": [procedure(HEEL_SCAN, "2026-01-01")]},
    "density of an untold site": {"boneDensity": [observation("46383-6", 0.8, "g/cm2")]},
    "under way": {"procedures": [procedure(SCAN, "2026-11-24", "in-progress")]},
    "not done": {"procedures": [procedure(SCAN, "2026-11-20", "not-done")]},
    "registered report": {"diagnosticReports": [report(SCAN, "2026-11-20", "registered")]},
    "in the future": {"procedures": [procedure(SCAN, "2027-01-01")]},
}


@pytest.mark.parametrize("how", NOT_DONE)
def test_no_dxa_done(how: str) -> None:
    chart = view(**NOT_DONE[how])
    assert known(chart["bone.dxa.ever_done"]) is False
    assert known(chart["bone.dxa.recent"]) is False
    assert known(chart["bone.dxa.last_done"]) is None


def test_a_date_to_the_month_may_or_may_not_be_recent() -> None:
    month = view(procedures=[procedure(SCAN, "2024-11")])
    assert isinstance(month["bone.dxa.recent"], Unknown)
    assert known(month["bone.dxa.last_done"]) == Span(date(2024, 11, 1), date(2024, 11, 30))
    year = view(procedures=[{"resourceType": "Procedure", "status": "completed", "code": SCAN}])
    assert "date missing" in why(year["bone.dxa.recent"])
    assert "date missing" in why(year["bone.dxa.last_done"])
    assert known(year["bone.dxa.ever_done"]) is True


@pytest.mark.parametrize("source", ["boneDensity", "diagnosticReports", "procedures"])
def test_a_source_that_was_not_read(source: str) -> None:
    chart = view(**{source: Failed("time-out")})  # type: ignore[arg-type]
    for fact in ("bone.dxa.ever_done", "bone.dxa.recent", "bone.dxa.last_done"):
        assert "time-out" in why(chart[fact])


def test_with_a_source_unread_the_last_dxa_is_the_one_seen_or_later() -> None:
    chart = view(procedures=Failed("time-out"), boneDensity=[observation("38267-1", -1.0, "1", "2026-01-05")])
    assert known(chart["bone.dxa.last_done"]) == Span(date(2026, 1, 5), date(2026, 11, 24))
    assert known(chart["bone.dxa.recent"]) is True


@pytest.mark.parametrize(
    ("orders", "ordered"),
    [
        ([order(SCAN)], True),
        ([order(SNOMED_SCAN, "2026-05-28")], True),
        ([order(SCAN, "2026-05-27")], False),
        ([order(SCAN, status="completed")], False),
        ([order(SCAN, status="revoked")], False),
        ([order(SCAN, doNotPerform=True)], False),
        ([order(HEEL_SCAN)], False),
        ([], False),
    ],
)
def test_dxa_ordered(orders: list[dict[str, Any]], ordered: bool) -> None:
    assert known(view(serviceRequests=orders)["bone.dxa.ordered"]) is ordered


def test_dxa_in_the_draft() -> None:
    chart = view(serviceRequests=Failed("time-out"), draft=[order(SCAN, status="draft")])
    assert known(chart["bone.dxa.ordered"]) is True
    assert "time-out" in why(view(serviceRequests=Failed("time-out"))["bone.dxa.ordered"])


def test_an_open_order_without_a_date_may_be_too_old() -> None:
    undated = {key: told for key, told in order(SCAN).items() if key != "authoredOn"}
    assert "date missing" in why(view(serviceRequests=[undated])["bone.dxa.ordered"])


@pytest.mark.parametrize(
    ("conditions", "diagnosed"),
    [
        ([condition((ICD, "M81.0"))], True),
        ([condition((ICD, "M810"))], True),
        ([condition((SCT, "64859006"), status="resolved")], True),
        ([condition((ICD, "M80.08XA"))], True),
        ([condition((ICD, "M85.80"))], False),
        ([condition((ICD, "Z82.62"))], False),
        ([], False),
    ],
)
def test_osteoporosis_diagnosed(conditions: list[dict[str, Any]], diagnosed: bool) -> None:
    assert known(view(conditions=conditions)["bone.osteoporosis_diagnosed"]) is diagnosed


def test_osteoporosis_with_problems_unread() -> None:
    assert "time-out" in why(view(conditions=Failed("time-out"))["bone.osteoporosis_diagnosed"])
