"""Which topics speak together: bone metastasis instead of osteoporosis, a fracture on treatment beside it."""

from __future__ import annotations

from typing import Any

import pytest

from cds.ruleset.ruleset import RuleSet
from tests.cards.made import SAFE_LABS, answer, card, condition, decision, lab, order, ordered, rule_set, topics

Plain = dict[str, Any]
VERY_LOW = lab("38267-1", -3.6, "{Tscore}", "2026-05-01")
METASTASIS = condition("C79.51", "2026-09-01")
SERVED = {"surveillance", "skeletal-irae", "antiresorptive-safety", "data-gaps"}


def dose_of_nivolumab(number: int) -> Plain:
    """A dose given in that month of this year."""
    return {
        "resourceType": "MedicationAdministration",
        "id": f"given-{number}",
        "status": "completed",
        "medicationCodeableConcept": {"text": "nivolumab"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": f"2026-{number:02}-15",
    }


COURSE = tuple(map(dose_of_nivolumab, range(7, 12)))


def shown(*resources: Plain) -> Plain:
    return answer(decision(*SAFE_LABS, *resources))


def outcomes(response: Plain) -> dict[str, str]:
    return {each["rule"]: each["outcome"] for each in response["extension"]["bone-cds.decisions"]}


@pytest.mark.parametrize("cancer", ["C79.51", "C79.52", "C7B.03", "C90.00"])
def test_with_bone_metastasis_or_myeloma_no_osteoporosis_dose_is_offered(cancer: str) -> None:
    broken = condition("M80.051A", "2026-08-01")
    response = shown(VERY_LOW, broken, condition(cancer, "2026-09-01"))
    assert "antiresorptive" not in topics(response)
    assert outcomes(response)["antiresorptive"] == outcomes(response)["baseline-assessment"] == "not-applicable"
    offered = {name for each in response["cards"] for it in each.get("suggestions", ()) for name in ordered(it)}
    assert offered <= {"zoledronic-acid-4mg", "denosumab-120mg", "cholecalciferol", "calcium"}


def test_the_card_mentions_dxa_calcium_and_the_mouth() -> None:
    detail = card(shown(METASTASIS), "bone-metastasis")["detail"]
    for said in ("DXA", "calcium at least 500 mg", "400 IU", "Oral examination", "bone pain"):
        assert said in detail


def test_low_clearance_warns_of_denosumab() -> None:
    kept = [each for each in SAFE_LABS if each["code"]["coding"][0]["code"] != "2160-0"]
    response = answer(decision(*kept, lab("2160-0", 2.4, "mg/dL"), METASTASIS))
    found = card(response, "bone-metastasis")
    assert [ordered(each) for each in found["suggestions"]] == [["denosumab-120mg"]]
    assert "severe hypocalcaemia" in found["detail"]
    assert "severe hypocalcaemia" not in card(shown(METASTASIS), "bone-metastasis")["detail"]


def test_a_fragility_fracture_on_treatment_speaks_on_two_cards() -> None:
    broken = condition("M80.051A", "2026-10-01")
    on_treatment, before = shown(broken, *COURSE), shown(broken)
    assert topics(on_treatment)[:2] == ["skeletal-irae", "antiresorptive"]
    decided = [card(each, "antiresorptive")["extension"]["bone-cds.decision"] for each in (on_treatment, before)]
    assert [each["stratum"] for each in decided] == ["very-high", "very-high"]
    assert ordered(card(on_treatment, "skeletal-irae")["suggestions"][0]) == ["imaging-spine", "referral-bone-oncology"]
    assert "pharmacovigilance" in card(on_treatment, "skeletal-irae")["detail"]


def test_a_pathological_fracture_on_treatment_leads_to_no_osteoporosis_drug() -> None:
    response = shown(condition("M84.58XA", "2026-10-01"), *COURSE)
    assert card(response, "skeletal-irae")["extension"]["bone-cds.decision"]["stratum"] == "pathological"
    assert "antiresorptive" not in topics(response)


def test_a_fracture_before_the_course_is_none_of_it() -> None:
    assert "skeletal-irae" not in topics(shown(condition("M80.051A", "2026-07-14"), *COURSE))


@pytest.mark.parametrize("rules", [rule_set()])
def test_patient_view_serves_what_needs_no_order(rules: RuleSet) -> None:
    assert {rule.id for rule in rules.rules if "patient-view" in rule.written.hooks} == SERVED


def test_a_drafted_agent_closes_the_offer() -> None:
    response = answer(decision(*SAFE_LABS, METASTASIS, drafts=(order("nivolumab"), order("Xgeva", "draft-2"))))
    assert "bone-metastasis" not in topics(response)
