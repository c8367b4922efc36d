"""Cautions close a gate: what is only suspected counts, what is over does not."""

from __future__ import annotations

from typing import Any

import pytest

from cds.engine.fact import Known
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, RXNORM, SCT, code_book, concept, condition, known, view, why

AT_A_VISIT: dict[str, Any] = {"category": [{"coding": [{"code": "encounter-diagnosis"}]}]}
SUSPECTED: dict[str, Any] = {"verificationStatus": {"coding": [{"code": "provisional"}]}}


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("caution.hypocalcaemia", condition((ICD, "E83.51"), text="Hypocalcemia")),
        ("caution.hypocalcaemia", condition((ICD, "E83.51"), **SUSPECTED)),
        ("caution.hypocalcaemia", condition(text="Hypocalcemia")),
        ("caution.hypercalcaemia", condition((ICD, "E83.52"))),
        ("caution.dialysis", condition((ICD, "Z99.2"), status="")),
        ("caution.dialysis", condition((SCT, "236435004"), text="End stage renal failure on dialysis (disorder)")),
        ("caution.acute_kidney_injury", condition((ICD, "N17.9"), recordedDate="2024-01-01")),
        ("caution.acute_kidney_injury", condition((ICD, "N17.9"), recordedDate="2026-11-01", **AT_A_VISIT)),
        ("caution.ckd_advanced", condition((ICD, "N18.4"))),
        ("caution.ckd_advanced", condition((SCT, "433146000"))),
        ("caution.ckd_advanced", condition((ICD, "Z99.2"))),
        ("caution.hypoparathyroidism", condition((ICD, "E89.2"))),
        ("caution.hyperparathyroidism", condition((ICD, "E21.0"))),
        ("caution.oesophageal", condition((ICD, "K22.2"), text="Esophageal stricture")),
        ("caution.oesophageal", condition((SCT, "63305008"))),
        ("caution.onj", condition((ICD, "M87.180"), status="resolved")),
        ("caution.onj", condition(text="MRONJ", status="inactive")),
        ("caution.atypical_femoral_fracture", condition((ICD, "M84.751A"), status="resolved")),
    ],
)
def test_the_caution_is_there(fact: str, told: dict[str, Any]) -> None:
    assert known(view(conditions=[told])[fact]) is True


def procedure(code: dict[str, Any] | None, on: str = "2026-11-20") -> dict[str, Any]:
    """A Procedure that was done on that day."""
    told = {} if code is None else {"code": code}
    return {"resourceType": "Procedure", "id": "p", "status": "completed", "performedDateTime": on, **told}


@pytest.mark.parametrize(
    "code",
    [
        concept((SCT, "265764009")),
        concept(text="Hemodialysis"),
        concept((SCT, "302497006"), text="Hemodialysis (procedure)"),
    ],
)
def test_a_dialysis_that_was_done_counts_by_code_or_name(code: dict[str, Any]) -> None:
    assert known(view(procedures=[procedure(code)])["caution.dialysis"]) is True
    assert known(view(procedures=[procedure(code, "2026-01-10")])["caution.dialysis"]) is False


def test_end_stage_disease_is_on_dialysis_or_may_be() -> None:
    assert known(view(conditions=[condition((ICD, "N18.6"))])["caution.dialysis"]) is True
    disease = condition((SCT, "46177005"))
    said = "end-stage kidney disease is recorded, and not whether on dialysis"
    assert why(view(conditions=[disease])["caution.dialysis"]) == said
    assert known(view(conditions=[disease])["caution.ckd_advanced"]) is True
    assert known(view(conditions=[disease, condition((ICD, "Z99.2"))])["caution.dialysis"]) is True
    assert known(view(conditions=[condition((ICD, "N18.5"))])["caution.dialysis"]) is False


def test_a_procedure_of_which_nothing_tells_what_it_was_leaves_dialysis_open() -> None:
    assert "do not say what they are" in why(view(procedures=[procedure(None)])["caution.dialysis"])


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("caution.hypocalcaemia", condition((ICD, "E83.51"), status="resolved")),
        ("caution.hypocalcaemia", condition((ICD, "E83.51"), status="", abatementDateTime="2025-01-01")),
        ("caution.hypocalcaemia", condition((ICD, "E83.51"), recordedDate="2026-01-01", **AT_A_VISIT)),
        ("caution.hypocalcaemia", condition((ICD, "E83.51"), verificationStatus={"coding": [{"code": "refuted"}]})),
        ("caution.acute_kidney_injury", condition((ICD, "N17.9"), recordedDate="2026-01-01", **AT_A_VISIT)),
        ("caution.ckd_advanced", condition((ICD, "N18.31"))),
        ("caution.oesophageal", condition((ICD, "K21.9"), text="Gastro-esophageal reflux disease")),
        ("caution.onj", condition((ICD, "M27.2"))),
        ("caution.atypical_femoral_fracture", condition((ICD, "S72.001A"))),
    ],
)
def test_the_caution_is_not_there(fact: str, told: dict[str, Any]) -> None:
    assert known(view(conditions=[told])[fact]) is False


@pytest.mark.parametrize(
    "fact",
    ["hypocalcaemia", "hypercalcaemia", "acute_kidney_injury", "ckd_advanced", "dialysis", "hypoparathyroidism",
     "hyperparathyroidism", "oesophageal", "onj", "atypical_femoral_fracture"],
)  # fmt: skip
def test_no_caution_is_ruled_out_by_a_list_that_was_not_read(fact: str) -> None:
    assert why(view(conditions=Failed("timeout"))[f"caution.{fact}"]) == "conditions could not be read: timeout"


def test_a_suspected_caution_says_that_it_is_suspected() -> None:
    fact = view(conditions=[condition((ICD, "M87.180"), **SUSPECTED)])["caution.onj"]
    assert isinstance(fact, Known)
    assert fact.note == "only recorded as suspected, not confirmed"


def test_sitting_upright_is_a_code_of_the_site() -> None:
    assert view()["caution.cannot_sit_upright"] == Known(False, note="no codes for this are configured")
    book = code_book(cannot_sit_upright=((SCT, "282144007"),))
    assert known(view(codes=book, conditions=[condition((SCT, "282144007"))])["caution.cannot_sit_upright"]) is True
    assert known(view(codes=book)["caution.cannot_sit_upright"]) is False


def allergy(*codings: tuple[str, str], text: str = "", **more: Any) -> dict[str, Any]:
    """An AllergyIntolerance."""
    return {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p1"},
            "code": concept(*codings, text=text), **more}  # fmt: skip


EPIC_ALLERGY = allergy(
    ("urn:oid:2.16.840.1.113883.6.88", "46041"), text="ALENDRONATE",
    clinicalStatus={"coding": [{"code": "active"}], "text": "Active"}, criticality="low", category=["medication"],
    reaction=[{"manifestation": [{"text": "Rash"}], "severity": "mild"}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "told", "there"),
    [
        ("allergy.bisphosphonate", EPIC_ALLERGY, True),
        ("allergy.denosumab", EPIC_ALLERGY, False),
        ("allergy.bisphosphonate", allergy(text="Fosamax"), True),
        ("allergy.bisphosphonate", allergy(text="Bisphosphonates"), True),
        ("allergy.denosumab", allergy(text="Prolia", type="intolerance"), True),
        ("allergy.denosumab", allergy((RXNORM, "993449")), True),
        ("allergy.denosumab", allergy(text="drug", reaction=[{"substance": concept((RXNORM, "993449"))}]), True),
        ("allergy.denosumab", allergy((SCT, "716186003"), text="No known allergy"), False),
        ("allergy.denosumab", allergy((RXNORM, "993449"), clinicalStatus=concept(("", "resolved"))), False),
        ("allergy.denosumab", allergy((RXNORM, "993449"), verificationStatus=concept(("", "refuted"))), False),
    ],
)
def test_allergies_by_code_substance_or_name(fact: str, told: dict[str, Any], there: bool) -> None:
    assert known(view(allergies=[told])[fact]) is there


def test_an_intolerance_says_that_it_is_one() -> None:
    fact = view(allergies=[allergy(text="Prolia", type="intolerance")])["allergy.denosumab"]
    assert isinstance(fact, Known)
    assert fact.note == "recorded as an intolerance"


def test_no_allergy_is_ruled_out_by_a_list_that_was_not_read() -> None:
    assert why(view(allergies=Failed("403"))["allergy.denosumab"]) == "allergies could not be read: 403"
    nameless = view(allergies=[{"resourceType": "AllergyIntolerance", "id": "a1"}])["allergy.denosumab"]
    assert why(nameless) == "allergies hold entries that do not say what they are: AllergyIntolerance/a1"
