"""What a look into the chart gives: hits, why there may be more, and never what does not count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Cause, Known, Seen, Span, Unknown
from cds.facts.search import Search, presence
from cds.facts.view import View
from cds.fhir.chart import Empty, Failed, Found, NotAsked
from tests.facts.builders import ICD, LOINC, SCT, concept, condition, drug, observation, view

NIVOLUMAB, CALCIUM = "1597876", "17861-6"
CENTRAL_DXA = "83012-5"


def refs(search: Search[Any]) -> list[str]:
    return [hit.seen.ref for hit in search.hits]


@pytest.mark.parametrize(
    ("source", "gap"),
    [
        (Empty(), None),
        (Failed("403 from server"), Unknown("conditions could not be read: 403 from server", Cause.NOT_READABLE)),
        (NotAsked(), Unknown("conditions were not asked for", Cause.NOT_ASKED)),
        (Found((), complete=False, why_incomplete="more pages"),
         Unknown("conditions were read only in part: more pages", Cause.INCOMPLETE)),
    ],
)  # fmt: skip
def test_a_source_that_was_not_fully_read_leaves_a_gap(source: Any, gap: Unknown | None) -> None:
    it = view(conditions=source)
    assert it.gap("conditions") == gap
    assert it.conditions("osteoporosis").gap == gap
    assert presence(it.conditions("osteoporosis")) == (gap or Known(False))


def test_a_source_that_the_chart_does_not_name_was_not_asked_for() -> None:
    whole = view()
    chart = replace(whole.chart, sources={name: it for name, it in whole.chart.sources.items() if name != "labs"})
    it = View(chart, whole.draft, whole.codes, {}, whole.as_of)
    assert it.observations("albumin").gap == Unknown("laboratory results were not asked for", Cause.NOT_ASKED)


def test_an_entry_without_a_name_is_a_gap_unless_it_never_counts() -> None:
    nameless = {"resourceType": "Condition", "id": "x"}
    void = {**nameless, "verificationStatus": concept(("", "entered-in-error"))}
    assert view(conditions=[nameless]).gap("conditions") is not None
    assert view(conditions=[void]).gap("conditions") is None


def test_several_gaps_are_told_together() -> None:
    gap = view(medicationRequests=Failed("403"), medicationDispenses=NotAsked()).exposures("ppi").gap
    assert gap == Unknown(
        "medication orders could not be read: 403; medication dispenses were not asked for", Cause.NOT_READABLE
    )


def test_an_observation_is_found_by_its_code_whatever_source_it_came_under() -> None:
    it = view(observations=[observation(CALCIUM, 9, "mg/dL")], labs=Failed("timeout"))
    assert refs(it.observations("calcium-total")) == ["Observation/observation-1"]
    assert it.observations("calcium-total").gap is not None
    assert it.observations("weight").gap is None


def test_one_resource_in_two_sources_is_one_hit() -> None:
    calcium = observation(CALCIUM, 9, "mg/dL", id="ca")
    assert refs(view(labs=[calcium], observations=[calcium]).observations("calcium-total")) == ["Observation/ca"]


def test_results_come_newest_first_and_undated_last() -> None:
    days = ["2026-01-05", "", "2026-03", "2025-12-31T23:59:59-05:00", "2026-03-15"]
    found = view(labs=[observation(CALCIUM, 9, "mg/dL", on=day) for day in days]).observations("calcium-total")
    assert [hit.seen.when for hit in found.hits] == ["2026-03", "2026-03-15", "2026-01-05", "2025-12-31", ""]
    assert found.hits[0].when == Span(date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("complete", "newest_first", "newest"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_whether_a_newer_result_may_have_been_missed(complete: bool, newest_first: bool, newest: bool) -> None:
    found = view(labs=[observation(CALCIUM, 9, "mg/dL")]).source("labs")
    assert isinstance(found, Found)
    labs = replace(found, complete=complete, newest_first=newest_first)
    assert view(labs=labs).observations("calcium-total").newest is newest


@pytest.mark.parametrize(
    ("source", "resource", "ask"),
    [
        ("labs", observation(CALCIUM, 9, "mg/dL", status="entered-in-error"),
         lambda it: it.observations("calcium-total")),
        ("labs", observation(CALCIUM, 9, "mg/dL", status="cancelled"), lambda it: it.observations("calcium-total")),
        ("labs", observation(CALCIUM, 9, "mg/dL", subject={"reference": "Patient/other"}),
         lambda it: it.observations("calcium-total")),
        ("conditions", condition((ICD, "M81.0"), verificationStatus=concept(("", "entered-in-error"))),
         lambda it: it.conditions("osteoporosis")),
        ("conditions", condition((ICD, "M81.0"), verificationStatus={"text": "Refuted"}),
         lambda it: it.conditions("osteoporosis")),
        ("medicationRequests", drug(NIVOLUMAB, status="entered-in-error"), lambda it: it.exposures("nivolumab")),
        ("medicationRequests", drug(NIVOLUMAB, status="cancelled"), lambda it: it.exposures("nivolumab")),
        ("medicationRequests", drug(NIVOLUMAB, status="draft"), lambda it: it.exposures("nivolumab")),
        ("medicationRequests", drug(NIVOLUMAB, doNotPerform=True), lambda it: it.exposures("nivolumab")),
        ("medicationRequests", drug(NIVOLUMAB, intent="proposal"), lambda it: it.exposures("nivolumab")),
        ("medicationStatements", drug(NIVOLUMAB, kind="MedicationStatement", status="not-taken"),
         lambda it: it.exposures("nivolumab")),
        ("medicationAdministrations", drug(NIVOLUMAB, kind="MedicationAdministration", status="not-done"),
         lambda it: it.exposures("nivolumab")),
        ("medicationDispenses", drug(NIVOLUMAB, kind="MedicationDispense", status="declined"),
         lambda it: it.exposures("nivolumab")),
        ("procedures", {"resourceType": "Procedure", "status": "not-done", "code": concept((SCT, "312681000"))},
         lambda it: it.procedures("dxa-central-study")),
        ("procedures", {"resourceType": "Procedure", "status": "stopped", "code": concept((SCT, "312681000"))},
         lambda it: it.procedures("dxa-central-study")),
        ("serviceRequests", {"resourceType": "ServiceRequest", "status": "revoked",
                             "code": concept((LOINC, CENTRAL_DXA))},
         lambda it: it.service_requests("dxa-central-study")),
        ("diagnosticReports", {"resourceType": "DiagnosticReport", "status": "cancelled",
                               "code": concept((LOINC, CENTRAL_DXA))}, lambda it: it.reports("dxa-central-study")),
    ],
)  # fmt: skip
def test_what_never_counts_is_never_found(source: str, resource: dict[str, Any], ask: Any) -> None:
    told: dict[str, Any] = {source: [resource]}
    assert refs(ask(view(**told))) == []


def test_components_and_contained_results_are_results() -> None:
    panel = observation("24323-8", on="2026-10-01", id="panel", component=[
        {"code": concept((LOINC, CALCIUM)), "valueQuantity": {"value": 9.1, "unit": "mg/dL"}},
        {"code": concept((LOINC, "1751-7")), "valueQuantity": {"value": 3.9, "unit": "g/dL"}},
    ])  # fmt: skip
    inside = {"resourceType": "Observation", "id": "t", "status": "final", "code": concept((LOINC, "80946-7")),
              "valueQuantity": {"value": -2.1}}  # fmt: skip
    report = {"resourceType": "DiagnosticReport", "id": "dxa", "status": "final", "effectiveDateTime": "2026-05-05",
              "code": concept((LOINC, CENTRAL_DXA)), "contained": [inside]}  # fmt: skip
    it = view(labs=[panel], diagnosticReports=[report], codes=None)
    albumin = it.observations("albumin").hits[0]
    assert (albumin.seen, albumin.resource.id) == (Seen("Observation/panel", "2026-10-01"), "panel")
    assert it.reports("dxa-central-study").hits[0].when == Span(date(2026, 5, 5), date(2026, 5, 5))
    spine = [hit for hit in it.observations("t-score").hits if hit.seen.ref == "DiagnosticReport/dxa#t"]
    assert [hit.seen.when for hit in spine] == ["2026-05-05"]


@pytest.mark.parametrize(
    ("status", "is_open"), [("active", True), ("on-hold", True), ("completed", False), (None, True)]
)
def test_an_order_is_open_until_completed(status: str | None, is_open: bool) -> None:
    order = {"resourceType": "ServiceRequest", "status": status, "intent": "order", "authoredOn": "2026-10-10",
             "code": concept((LOINC, CENTRAL_DXA))}  # fmt: skip
    found = view(serviceRequests=[order]).service_requests("dxa-central-study").hits
    assert [(hit.is_open, hit.seen.when) for hit in found] == [(is_open, "2026-10-10")]


def test_a_problem_over_is_not_active_and_a_suspected_one_not_certain() -> None:
    told = [
        condition((ICD, "M81.0"), id="a"),
        condition((ICD, "M81.0"), id="b", status="resolved"),
        condition((ICD, "M81.0"), id="c", status="", abatementDateTime="2020"),
        condition((ICD, "M81.0"), id="d", verificationStatus=concept(("", "differential"))),
    ]
    found = {
        hit.seen.ref[-1]: (hit.active, hit.certain) for hit in view(conditions=told).conditions("osteoporosis").hits
    }
    assert found == {"a": (True, True), "b": (False, True), "c": (False, True), "d": (True, False)}


def test_what_was_read_once_is_not_read_again() -> None:
    it = view(conditions=[condition((ICD, "M81.0"))])
    assert it.conditions("osteoporosis").hits[0] is it.conditions("osteoporosis").hits[0]
    assert it["patient.age"] is it["patient.age"]
    seen: list[View] = []

    def read(of: View) -> int:
        seen.append(of)
        return len(seen)

    assert (it.once(read), it.once(read)) == (1, 1)
