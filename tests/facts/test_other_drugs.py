"""Hormone therapy, acid suppression, anticonvulsants and supplements: taken now, lately, or not."""

from typing import Any

import pytest

import cds.facts.other_drugs  # noqa: F401
from cds.engine.fact import Known, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, RXNORM, concept, condition, drug, known, view

ADMINISTRATION, STATEMENT, DISPENSE = "MedicationAdministration", "MedicationStatement", "MedicationDispense"
LEUPROLIDE, DIVALPROEX, CALCIUM_CITRATE, CHOLECALCIFEROL, CALCITRIOL, FOSAMAX_PLUS_D = (
    "1115447",
    "1099563",
    "47613",
    "199362",
    "308867",
    "904465",
)
EPIC = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "authoredOn": "2025-02-01",
    "medicationReference": {"reference": "#m", "display": "cholecalciferol (VITAMIN D3) 25 mcg (1,000 unit) tablet"},
    "contained": [{"resourceType": "Medication", "id": "m", "code": concept((RXNORM, CHOLECALCIFEROL))}],
}
CERNER = {
    "resourceType": STATEMENT,
    "status": "intended",
    "effectivePeriod": {"start": "2025-02-01"},
    "medicationCodeableConcept": {
        "coding": [{"system": "urn:cerner", "code": "2"}],
        "text": "calcium carbonate 1250 mg oral tablet",
    },
}


@pytest.mark.parametrize(
    ("fact", "name", "sources", "taken"),
    [
        (
            "aromatase_inhibitor",
            "an active order by name",
            {"medicationRequests": [drug(text="letrozole 2.5 mg tablet", on="2024-01-01")]},
            True,
        ),
        ("aromatase_inhibitor", "coded as long-term use", {"conditions": [condition((ICD, "Z79.811"))]}, True),
        (
            "aromatase_inhibitor",
            "long-term use that is over",
            {"conditions": [condition((ICD, "Z79.811"), status="resolved")]},
            False,
        ),
        (
            "aromatase_inhibitor",
            "supplied 91 days ago",
            {"medicationDispenses": [drug(text="letrozole", kind=DISPENSE, on="2026-08-25")]},
            False,
        ),
        (
            "androgen_deprivation",
            "a depot of 183 days ago",
            {"medicationAdministrations": [drug(LEUPROLIDE, kind=ADMINISTRATION, on="2026-05-25")]},
            True,
        ),
        (
            "androgen_deprivation",
            "a depot of 184 days ago",
            {"medicationAdministrations": [drug(LEUPROLIDE, kind=ADMINISTRATION, on="2026-05-24")]},
            False,
        ),
        ("androgen_deprivation", "a depot for children", {"medicationRequests": [drug(text="Fensolvi")]}, False),
        ("hormone_therapy", "by either", {"medicationRequests": [drug(text="anastrozole 1 mg")]}, True),
        ("hormone_therapy", "by neither", {"medicationRequests": [drug(text="omeprazole 20 mg")]}, False),
        (
            "ppi",
            "by name",
            {"medicationStatements": [drug(text="omeprazole 20 mg capsule", kind=STATEMENT, on="2020-01-01")]},
            True,
        ),
        (
            "ppi",
            "stopped",
            {"medicationStatements": [drug(text="omeprazole", kind=STATEMENT, on="2026-11-01", status="stopped")]},
            False,
        ),
        ("anticonvulsant", "by code", {"medicationRequests": [drug(DIVALPROEX)]}, True),
        ("anticonvulsant", "another drug", {"medicationRequests": [drug(text="levetiracetam 500 mg")]}, False),
        ("calcium_supplement", "Cerner: intended, by name", {"medicationStatements": [CERNER]}, True),
        ("calcium_supplement", "by ingredient", {"medicationRequests": [drug(CALCIUM_CITRATE)]}, True),
        (
            "calcium_supplement",
            "not taken",
            {"medicationStatements": [drug(CALCIUM_CITRATE, kind=STATEMENT, status="not-taken")]},
            False,
        ),
        ("vitamin_d_supplement", "Epic", {"medicationRequests": [EPIC]}, True),
        ("vitamin_d_supplement", "active vitamin D", {"medicationRequests": [drug(CALCITRIOL)]}, True),
        (
            "vitamin_d_supplement",
            "in a combination",
            {"medicationStatements": [drug(text="calcium carbonate with vitamin D3", kind=STATEMENT)]},
            True,
        ),
        ("vitamin_d_supplement", "with alendronate", {"medicationRequests": [drug(FOSAMAX_PLUS_D)]}, True),
        (
            "vitamin_d_supplement",
            "supplied 90 days ago",
            {"medicationDispenses": [drug(CHOLECALCIFEROL, kind=DISPENSE, on="2026-08-26")]},
            True,
        ),
        (
            "vitamin_d_supplement",
            "supplied 91 days ago",
            {"medicationDispenses": [drug(CHOLECALCIFEROL, kind=DISPENSE, on="2026-08-25")]},
            False,
        ),
        ("vitamin_d_supplement", "in this draft", {"draft": [drug(CHOLECALCIFEROL, status="draft")]}, True),
    ],
)
def test_taken(fact: str, name: str, sources: dict[str, Any], taken: bool) -> None:
    assert known(view(**sources)[f"drug.{fact}"]) is taken


FACTS = (
    "aromatase_inhibitor",
    "androgen_deprivation",
    "hormone_therapy",
    "ppi",
    "anticonvulsant",
    "calcium_supplement",
    "vitamin_d_supplement",
)


def test_fully_read_and_nothing_found_is_no_and_unread_is_unknown() -> None:
    assert all(view()[f"drug.{fact}"] == Known(False) for fact in FACTS)
    failed = view(medicationStatements=Failed("timeout"))
    assert all(isinstance(failed[f"drug.{fact}"], Unknown) for fact in FACTS)
    assert known(view(draft=[EPIC], medicationStatements=Failed("timeout"))["drug.vitamin_d_supplement"]) is True
