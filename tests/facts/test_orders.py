"""The trigger: every way in which an EHR may order a PD-1 or PD-L1 inhibitor, and everything that is not one."""

from typing import Any

import pytest

import cds.facts.orders  # noqa: F401
from cds.engine.fact import Cause, Known, Unknown
from cds.facts.catalogue import CATALOGUE
from cds.fhir.chart import Draft
from cds.fhir.decode import decode_draft
from tests.facts.builders import RXNORM, SCT, bundle, concept, known, view, why

NIVOLUMAB, PEMBROLIZUMAB, IPILIMUMAB = "1597876", "1547545", "1094833"
ATC = "http://www.whocc.no/atc"
NDC = "http://hl7.org/fhir/sid/ndc"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"


def order(**members: Any) -> dict[str, Any]:
    """A draft MedicationRequest for patient p1 with these members."""
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        **members,
    }


def coded(system: str, code: str, **more: Any) -> dict[str, Any]:
    """A draft with a medicationCodeableConcept of one code."""
    return order(medicationCodeableConcept={**concept((system, code)), **more})


EPIC = order(
    medicationReference={"reference": "Medication/eNivo", "display": "nivolumab 10 mg/mL IV solution"},
    dosageInstruction=[
        {
            "text": "240 mg, Intravenous, ONCE, Starting Tue 11/24/26",
            "timing": {"repeat": {"count": 1}},
            "doseAndRate": [{"doseQuantity": {"value": 240, "unit": "mg"}}],
        }
    ],
)
EPIC_DRUG = {
    "resourceType": "Medication",
    "id": "eNivo",
    "code": {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.88", "code": NIVOLUMAB}], "text": "nivolumab (OPDIVO)"},
}


@pytest.mark.parametrize(
    ("style", "draft", "agents"),
    [
        ("Synthea: RxNorm ingredient", [coded(RXNORM, NIVOLUMAB)], {"nivolumab"}),
        ("system spelled as an OID", [coded("urn:oid:2.16.840.1.113883.6.88", NIVOLUMAB)], {"nivolumab"}),
        ("https and a slash", [coded("https://www.nlm.nih.gov/research/umls/rxnorm/", NIVOLUMAB)], {"nivolumab"}),
        ("ATC", [coded(ATC, "L01FF02")], {"pembrolizumab"}),
        ("HCPCS", [coded(HCPCS, "J9022")], {"atezolizumab"}),
        ("NDC with dashes", [coded(NDC, "50242-0917-01")], {"atezolizumab"}),
        (
            "local code first, RxNorm second",
            [
                order(
                    medicationCodeableConcept={
                        "coding": [
                            {"system": "urn:hospital:drugs", "code": "OPD240"},
                            {"system": RXNORM, "code": NIVOLUMAB},
                        ]
                    }
                )
            ],
            {"nivolumab"},
        ),
        ("Epic: a Medication in the draft bundle", [EPIC, EPIC_DRUG], {"nivolumab"}),
        (
            "contained Medication",
            [
                order(
                    medicationReference={"reference": "#drug"},
                    contained=[{"resourceType": "Medication", "id": "drug", "code": concept((RXNORM, NIVOLUMAB))}],
                )
            ],
            {"nivolumab"},
        ),
        (
            "Medication.ingredient",
            [
                order(
                    medicationReference={"reference": "#mix"},
                    contained=[
                        {
                            "resourceType": "Medication",
                            "id": "mix",
                            "ingredient": [
                                {"itemCodeableConcept": concept(text="sodium chloride 0.9 %")},
                                {"itemCodeableConcept": concept((RXNORM, NIVOLUMAB))},
                            ],
                        }
                    ],
                )
            ],
            {"nivolumab"},
        ),
        ("fixed combination", [coded(ATC, "L01FY02")], {"nivolumab-relatlimab"}),
        (
            "two agents",
            [coded(RXNORM, NIVOLUMAB), {**coded(ATC, "L01FF02"), "id": "m2"}],
            {"nivolumab", "pembrolizumab"},
        ),
        ("status active", [{**coded(RXNORM, NIVOLUMAB), "status": "active"}], {"nivolumab"}),
        ("status unknown", [{**coded(RXNORM, NIVOLUMAB), "status": "unknown"}], {"nivolumab"}),
        (
            "no status, no intent",
            [{k: v for k, v in coded(RXNORM, NIVOLUMAB).items() if k not in ("status", "intent")}],
            {"nivolumab"},
        ),
    ],
)
def test_it_fires(style: str, draft: list[dict[str, Any]], agents: set[str]) -> None:
    seen = view(draft=draft)
    assert known(seen["order.ici"]) is True
    assert known(seen["order.ici_agents"]) == agents
    assert known(seen["order.ici_by_name_only"]) is False
    assert known(seen["order.unreadable"]) is False


@pytest.mark.parametrize(
    ("style", "draft"),
    [
        (
            "Cerner: local code and text",
            [
                order(
                    medicationCodeableConcept={
                        "coding": [{"system": "https://fhir.cerner.com/ec2458f2/codeSet/synonym", "code": "2753"}],
                        "text": "nivolumab 240 mg/24 mL IV",
                    }
                )
            ],
        ),
        ("brand name in text", [order(medicationCodeableConcept={"text": "Keytruda 200 mg IV q3w"})]),
        (
            "display of a reference that resolves nowhere",
            [order(medicationReference={"reference": "Medication/999", "display": "OPDIVO 10 MG/ML SOLUTION"})],
        ),
    ],
)
def test_a_name_fires_too_with_low_confidence(style: str, draft: list[dict[str, Any]]) -> None:
    seen = view(draft=draft)
    fired = seen["order.ici"]
    assert known(fired) is True
    assert isinstance(fired, Known)
    assert fired.note == "recognised by name only"
    assert known(seen["order.ici_by_name_only"]) is True


@pytest.mark.parametrize(
    ("style", "draft"),
    [
        ("nothing drafted", []),
        ("another drug", [coded(RXNORM, "8640")]),
        ("CTLA-4 alone", [order(medicationCodeableConcept={"text": "ipilimumab 3 mg/kg IV"})]),
        ("LAG-3 alone", [order(medicationCodeableConcept={"text": "relatlimab"})]),
        ("a name inside another word", [order(medicationCodeableConcept={"text": "antinivolumabology screen"})]),
        *(
            (status, [{**coded(RXNORM, NIVOLUMAB), "status": status}])
            for status in ("cancelled", "stopped", "completed", "on-hold", "entered-in-error")
        ),
        ("doNotPerform", [{**coded(RXNORM, NIVOLUMAB), "doNotPerform": True}]),
        (
            "a statement is not an order",
            [
                {
                    "resourceType": "MedicationStatement",
                    "status": "active",
                    "medicationCodeableConcept": concept((RXNORM, NIVOLUMAB)),
                }
            ],
        ),
        (
            "a test is not a drug order",
            [
                {
                    "resourceType": "ServiceRequest",
                    "status": "draft",
                    "intent": "order",
                    "code": concept((SCT, "312681000"), text="nivolumab level"),
                }
            ],
        ),
    ],
)
def test_it_does_not_fire(style: str, draft: list[dict[str, Any]]) -> None:
    seen = view(draft=draft)
    assert seen["order.ici"] == Known(False)
    assert known(seen["order.ici_agents"]) == frozenset()
    assert known(seen["order.ici_by_name_only"]) is False


UNREADABLE = order(id="m9", medicationReference={"reference": "Medication/nowhere"})


def test_an_unreadable_drug_makes_the_trigger_unknown_unless_another_order_fires() -> None:
    alone = view(draft=[UNREADABLE])
    assert isinstance(alone["order.ici"], Unknown)
    assert alone["order.ici"].cause is Cause.NOT_READABLE
    assert "MedicationRequest/m9" in why(alone["order.ici"])
    both = view(draft=[UNREADABLE, coded(RXNORM, NIVOLUMAB)])
    assert known(both["order.ici"]) is True
    for seen in (alone, both):
        assert known(seen["order.unreadable"]) is True
        (name,) = known(seen["order.unreadable_names"])
        assert name.startswith("MedicationRequest/m9")


@pytest.mark.parametrize(
    ("name", "draft", "unreadable"),
    [
        ("a test that cannot be read is no drug", {"resourceType": "ServiceRequest", "id": "s1", "code": 7}, False),
        ("a drug order that cannot be read", {"resourceType": "MedicationRequest", "medicationReference": 7}, True),
        ("an order that names nothing", order(medicationCodeableConcept={}), True),
    ],
)
def test_only_a_drug_counts_as_an_unreadable_drug(name: str, draft: dict[str, Any], unreadable: bool) -> None:
    seen = view(draft=[draft])
    assert known(seen["order.unreadable"]) is unreadable
    assert isinstance(seen["order.ici"], Unknown) is unreadable


def selected(draft: list[dict[str, Any]], *selections: str) -> Draft:
    """The draft with that selection, as order-select sends it."""
    read = decode_draft(bundle(draft))
    return Draft(read.orders, read.medications, read.unreadable, frozenset(selections), read.notes)


def test_order_select_asks_of_the_selection_alone() -> None:
    draft = [coded(RXNORM, NIVOLUMAB), {**coded(RXNORM, "8640"), "id": "m2"}, UNREADABLE]
    assert known(view(draft=selected(draft, "MedicationRequest/m1"))["order.ici"]) is True
    other = view(draft=selected(draft, "MedicationRequest/m2"))
    assert known(other["order.ici"]) is False
    assert known(other["order.unreadable"]) is False
    assert isinstance(view(draft=selected(draft, "MedicationRequest/m9"))["order.ici"], Unknown)
    assert known(view(draft=selected(draft))["order.ici"]) is True


def test_every_order_fact_has_words() -> None:
    assert all(CATALOGUE[name].words for name in CATALOGUE if name.startswith("order."))
