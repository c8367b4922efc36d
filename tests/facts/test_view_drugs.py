"""Drugs as the view finds them: by code, reference, ingredient or name; in the chart and in the draft."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Cause, Span
from cds.facts.search import Search
from tests.facts.builders import LOINC, RXNORM, concept, drug, view

NIVOLUMAB, PREDNISONE_20MG = "1597876", "312615"
CENTRAL_DXA = "83012-5"


def refs(search: Search[Any]) -> list[str]:
    return [hit.seen.ref for hit in search.hits]


EPIC_ORDER: dict[str, Any] = {
    "resourceType": "MedicationRequest", "id": "eord", "status": "active", "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "medicationReference": {"reference": "Medication/enivo", "display": "nivolumab (OPDIVO) 240 mg in NaCl 0.9%"},
    "authoredOn": "2026-10-02", "dosageInstruction": [
        {"text": "240 mg, Intravenous, EVERY 14 DAYS", "timing": {"repeat": {"boundsPeriod": {
            "start": "2026-10-05", "end": "2026-12-20"}}}}],
    "dispenseRequest": {"quantity": {"value": 24, "unit": "mL"}},
}  # fmt: skip
EPIC_DRUG: dict[str, Any] = {
    "resourceType": "Medication", "id": "enivo", "code": {"text": "nivolumab infusion"},
    "ingredient": [{"itemCodeableConcept": concept((RXNORM, NIVOLUMAB), text="nivolumab")}],
}  # fmt: skip


def test_a_drug_is_read_through_its_reference_and_ingredients() -> None:
    found = view(medicationRequests=[EPIC_ORDER, EPIC_DRUG]).exposures("pd-1-inhibitor").hits
    assert len(found) == 1
    order = found[0]
    assert (order.how, order.status, order.active, order.by_name_only) == ("order", "active", True, False)
    assert order.start == Span(date(2026, 10, 2), date(2026, 10, 2))
    assert order.end == Span(date(2026, 12, 20), date(2026, 12, 20))
    assert order.names == ("nivolumab infusion", "nivolumab", "nivolumab (OPDIVO) 240 mg in NaCl 0.9%")
    assert order.quantity is not None
    assert order.medication is not None


def test_a_drug_without_a_known_code_is_recognised_by_its_name_and_says_so() -> None:
    found = view(medicationRequests=[drug(text="Opdivo 240 mg/24 mL vial")]).exposures("nivolumab").hits
    assert [hit.by_name_only for hit in found] == [True]
    lone = view(medicationRequests=[EPIC_ORDER]).exposures("nivolumab").hits
    assert [hit.by_name_only for hit in lone] == [True]


@pytest.mark.parametrize(
    ("told", "gap"),
    [
        ({"medicationReference": {"reference": "Medication/nowhere"}}, True),
        ({"medicationCodeableConcept": {"coding": [{"system": "urn:local", "code": "7"}]}}, True),
        (
            {"medicationCodeableConcept": {"coding": [{"system": "urn:local", "code": "7", "display": "Lisinopril"}]}},
            False,
        ),
        ({"medicationCodeableConcept": concept((RXNORM, "29046"))}, False),
    ],
)
def test_a_drug_of_which_nothing_tells_what_it_is_leaves_a_gap(told: dict[str, Any], gap: bool) -> None:
    order = {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order", **told}
    found = view(medicationRequests=[order]).exposures("nivolumab")
    why = "medication orders hold entries that do not say what they are: MedicationRequest/m"
    assert (found.gap.why if found.gap else None) == (why if gap else None)


@pytest.mark.parametrize(
    ("resource", "active"),
    [
        (drug(PREDNISONE_20MG), True),
        (drug(PREDNISONE_20MG, status="unknown"), True),
        (drug(PREDNISONE_20MG, status="on-hold"), False),
        (drug(PREDNISONE_20MG, status="stopped"), False),
        (drug(PREDNISONE_20MG, status="completed"), False),
        (drug(PREDNISONE_20MG, kind="MedicationStatement", status="intended"), True),
        (drug(PREDNISONE_20MG, kind="MedicationStatement", on="",
              effectivePeriod={"start": "2026-01-01", "end": "2026-02-01"}), False),
        (drug(PREDNISONE_20MG, kind="MedicationAdministration"), False),
    ],
)  # fmt: skip
def test_a_use_is_active_by_its_status_and_not_past_its_end(resource: dict[str, Any], active: bool) -> None:
    source = {"MedicationRequest": "medicationRequests", "MedicationStatement": "medicationStatements",
              "MedicationAdministration": "medicationAdministrations"}[resource["resourceType"]]  # fmt: skip
    told: dict[str, Any] = {source: [resource]}
    found = view(**told).exposures("prednisone").hits
    assert [hit.active for hit in found] == [active]


def test_draft_orders_are_found_apart_from_the_charts() -> None:
    dxa = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": concept((LOINC, CENTRAL_DXA)),
    }
    it = view(draft=[drug(NIVOLUMAB, status="draft"), dxa, EPIC_DRUG, {**EPIC_ORDER, "status": "draft"}])
    assert it.exposures("nivolumab").hits == ()
    assert refs(it.drafted("pd-1-pd-l1-inhibitor")) == [
        "MedicationRequest/medicationrequest-1",
        "MedicationRequest/eord",
    ]
    assert [hit.how for hit in it.drafted_exposures("nivolumab").hits] == ["draft", "draft"]
    assert refs(it.drafted("dxa-central-study")) == ["ServiceRequest/servicerequest-2"]
    assert it.drafted_exposures("dxa-central-study").hits == ()
    assert it.unreadable_drafts == ()


@pytest.mark.parametrize("changed", [{"status": "on-hold"}, {"status": "cancelled"}, {"doNotPerform": True}])
def test_a_draft_that_will_not_be_signed_is_none(changed: dict[str, Any]) -> None:
    assert view(draft=[drug(NIVOLUMAB, **{"status": "draft", **changed})]).drafted("nivolumab").hits == ()


def test_a_draft_order_that_cannot_be_read_is_named() -> None:
    order = {"resourceType": "MedicationRequest", "id": "m", "status": "draft", "intent": "order",
             "medicationReference": {"reference": "Medication/nowhere"}}  # fmt: skip
    it = view(draft=[order])
    assert it.unreadable_drafts == ("MedicationRequest/m: nothing tells which drug it is",)
    gap = it.drafted("nivolumab").gap
    assert gap is not None
    assert gap.cause is Cause.NOT_READABLE
