"""Cards as an EHR receives them: few, short, safe, and the same every time."""

from __future__ import annotations

from typing import Any

import pytest

from cds.ruleset.book import Site
from tests.cards.made import (
    CANONICAL,
    PATIENT,
    SAFE_LABS,
    answer,
    card,
    condition,
    decision,
    decision_with_failed_conditions,
    lab,
    order,
    ordered,
    rules_of,
    topics,
)
from tests.hooks.hollow import hollow

Plain = dict[str, Any]
T_SCORE_LOW = lab("38267-1", -3.4, "{T-score}", "2026-05-12")
OSTEOPOROSIS = lab("38267-1", -2.7, "{T-score}", "2026-05-12")


def test_a_card_has_the_shape_of_the_contract() -> None:
    found = card(answer(decision(T_SCORE_LOW, *SAFE_LABS)), "antiresorptive")
    assert len(found["summary"]) <= 139
    assert found["indicator"] == "warning"
    assert found["source"]["topic"]["system"] == f"{CANONICAL}/CodeSystem/card-topic"
    assert found["selectionBehavior"] == "at-most-one"
    assert {each["system"] for each in found["overrideReasons"]} == {
        "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
    }
    assert all(link["url"].startswith("https://") for link in found["links"])
    said = found["extension"]["bone-cds.decision"]
    assert (said["rule"], said["stratum"], said["version"]) == ("antiresorptive", "very-high", 2)
    assert said["settled"] is True
    assert said["possible"] == ["very-high"]
    assert "missing" not in said


def test_a_worse_stratum_that_stays_possible_is_told() -> None:
    said = card(answer(decision(OSTEOPOROSIS, *SAFE_LABS)), "antiresorptive")["extension"]["bone-cds.decision"]
    assert (said["stratum"], said["settled"], said["possible"]) == ("high", False, ["very-high", "high"])
    assert [each["fact"] for each in said["missing"]] == ["frax.mof", "frax.hip"]


def test_nothing_hollow_leaves_the_house() -> None:
    response = answer(decision(T_SCORE_LOW, *SAFE_LABS))
    assert response["cards"]
    assert not hollow(response)


def test_every_rule_is_in_the_response_silent_ones_too() -> None:
    response = answer(decision(T_SCORE_LOW, *SAFE_LABS))
    outcomes = {each["rule"]: each["outcome"] for each in response["extension"]["bone-cds.decisions"]}
    assert outcomes == {
        "scope": "not-applicable",
        "skeletal-irae": "silent",
        "bone-metastasis": "not-applicable",
        "bone-metastasis-on-agent": "not-applicable",
        "antiresorptive-safety": "silent",
        "antiresorptive": "fires",
        "calcium-vitamin-d": "fires",
        "surveillance": "not-applicable",
        "baseline-assessment": "fires",
        "data-gaps": "silent",
    }


def test_a_site_can_turn_the_decisions_off() -> None:
    response = answer(decision(T_SCORE_LOW, rules=rules_of(Site(decisions_in_response=False))))
    assert "extension" not in response


def test_same_input_same_bytes() -> None:
    one, other = (answer(decision(T_SCORE_LOW, *SAFE_LABS)) for _ in range(2))
    assert one == other


def test_no_pd_1_inhibitor_no_card() -> None:
    response = answer(decision(T_SCORE_LOW, drafts=(order("ipilimumab"),)))
    assert response["cards"] == []
    assert {each["outcome"] for each in response["extension"]["bone-cds.decisions"]} == {"not-applicable"}


def test_drugs_in_very_high_risk_come_in_the_guideline_s_order() -> None:
    found = card(answer(decision(T_SCORE_LOW, *SAFE_LABS)), "antiresorptive")
    assert [ordered(each) for each in found["suggestions"]] == [
        ["zoledronic-acid-5mg"],
        ["denosumab-60mg"],
        ["alendronate-70mg"],
    ]
    assert not any(each.get("isRecommended") for each in found["suggestions"])


def test_a_site_s_preference_orders_the_drugs_and_recommends_the_first() -> None:
    rules = rules_of(Site(preferred_options=("denosumab-60mg",)))
    found = card(answer(decision(T_SCORE_LOW, *SAFE_LABS, rules=rules)), "antiresorptive")
    assert [ordered(each)[0] for each in found["suggestions"]] == [
        "denosumab-60mg",
        "zoledronic-acid-5mg",
        "alendronate-70mg",
    ]
    assert [each.get("isRecommended", False) for each in found["suggestions"]] == [True, False, False]


def test_the_only_drug_left_is_recommended() -> None:
    stricture, allergy = (
        condition("K22.2"),
        {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "patient": {"reference": "Patient/p1"},
            "code": {"text": "denosumab"},
        },
    )
    found = card(answer(decision(T_SCORE_LOW, *SAFE_LABS, stricture, allergy)), "antiresorptive")
    assert [(ordered(each), each["isRecommended"]) for each in found["suggestions"]] == [
        (["zoledronic-acid-5mg"], True)
    ]
    withheld = {each["option"]: each["why"] for each in found["extension"]["bone-cds.decision"]["withheld"]}
    assert "oesophageal" in withheld["alendronate-70mg"]
    assert "denosumab" in withheld["denosumab-60mg"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"17861-6"}, {"lab-calcium", "lab-albumin"}, id="calcium was never measured"),
        pytest.param({"62292-8"}, {"lab-25ohd"}, id="vitamin D was never measured"),
        pytest.param({"2160-0", "98979-8"}, {"lab-creatinine", "lab-egfr"}, id="no kidney function at all"),
    ],
)
def test_what_must_be_known_first_is_ordered_instead_of_a_drug(change: set[str], expected: set[str]) -> None:
    labs = [each for each in SAFE_LABS if each["code"]["coding"][0]["code"] not in change]
    found = card(answer(decision(T_SCORE_LOW, *labs)), "antiresorptive")
    (only,) = found["suggestions"]
    assert set(ordered(only)) == expected
    assert all(action["resource"]["resourceType"] == "ServiceRequest" for action in only["actions"])


def test_vitamin_d_deficiency_defers_every_drug() -> None:
    labs = [each for each in SAFE_LABS if each["code"]["coding"][0]["code"] != "62292-8"]
    response = answer(decision(T_SCORE_LOW, *labs, lab("62292-8", 14, "ng/mL")))
    found = card(response, "antiresorptive")
    assert "suggestions" not in found
    assert "14 ng/mL" in found["detail"]
    assert ordered(card(response, "calcium-vitamin-d")["suggestions"][0]) == ["cholecalciferol-repletion"]


def test_the_same_lab_is_suggested_once_in_a_response() -> None:
    response = answer(decision(OSTEOPOROSIS))
    per_card = [
        {name for suggestion in each.get("suggestions", ()) for name in ordered(suggestion)}
        for each in response["cards"]
    ]
    every = [name for names in per_card for name in names]
    assert len(every) == len(set(every))
    assert "lab-calcium" in every


def test_an_ordered_dxa_is_not_suggested_again() -> None:
    dxa = {
        "resourceType": "ServiceRequest",
        "id": "dxa-1",
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": "http://loinc.org", "code": "83012-5"}]},
        "subject": {"reference": "Patient/p1"},
    }
    without = answer(decision(*SAFE_LABS))
    beside = answer(decision(*SAFE_LABS, drafts=(order("nivolumab"), dxa)))
    assert "dxa" in [name for each in card(without, "baseline-assessment")["suggestions"] for name in ordered(each)]
    assert "DXA" not in card(beside, "baseline-assessment")["summary"]


def test_baseline_alternatives_never_repeat_a_set_of_orders() -> None:
    found = card(answer(decision()), "baseline-assessment")
    sets = [frozenset(ordered(each)) for each in found["suggestions"]]
    assert len(sets) == len(set(sets)) == 5
    assert [each["label"] for each in found["suggestions"] if each.get("isRecommended")] == ["DXA and labs"]


def test_hypercalcaemia_silences_calcium_and_vitamin_d() -> None:
    response = answer(decision(lab("17861-6", 11.4, "mg/dL"), lab("1751-7", 4.0, "g/dL")))
    found = card(response, "calcium-vitamin-d")
    assert found["extension"]["bone-cds.decision"]["stratum"] == "hypercalcaemia"
    assert "suggestions" not in found


def test_a_warning_is_never_dropped_and_info_only_within_the_budget() -> None:
    rules = rules_of(Site(max_cards=1))
    response = answer(decision(T_SCORE_LOW, *SAFE_LABS, rules=rules))
    assert {each["indicator"] for each in response["cards"]} == {"warning"}
    assert "calcium-vitamin-d" not in topics(response)
    assert "calcium-vitamin-d" in topics(answer(decision(T_SCORE_LOW, *SAFE_LABS)))


def test_a_duplicate_is_critical_and_comes_first() -> None:
    prolia = {**order("Prolia"), "id": "active-1", "status": "active", "authoredOn": "2026-10-01"}
    response = answer(decision(prolia, *SAFE_LABS, drafts=(order("nivolumab"), order("Zometa", "draft-2"))))
    assert response["cards"][0]["indicator"] == "critical"
    assert "Duplicate" in response["cards"][0]["summary"]


def test_moderate_risk_is_a_line_on_the_baseline_card() -> None:
    response = answer(decision(lab("38267-1", -1.7, "{T-score}", "2026-05-12")))
    assert "antiresorptive" not in topics(response)
    assert "Moderate fracture risk" in card(response, "baseline-assessment")["detail"]


def test_what_would_settle_the_question_is_named() -> None:
    response = answer(decision())
    detail = card(response, "baseline-assessment")["detail"]
    assert "Still open" in detail
    assert "T-score" in detail


def test_text_from_the_chart_is_inert_in_a_card() -> None:
    nasty = "<script>alert(1)</script> [click](http://evil.example) **bold** www.evil.example"
    response = answer(decision_with_failed_conditions(nasty))
    found = card(response, "data-gaps")
    assert found["indicator"] == "warning"
    assert "alert" in found["detail"]
    for live in ("<script", "<b", "://", "http://evil", "www.evil", " **bold", "[click]"):
        assert live not in found["detail"]


def test_a_child_gets_one_note() -> None:
    child = {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "2014-02-01"}
    response = answer(decision(patient=child))
    assert topics(response) == ["scope"]


def test_the_evidence_note_stands_once() -> None:
    response = answer(decision(T_SCORE_LOW))
    assert sum("odds ratio" in each["detail"] for each in response["cards"]) == 1


def test_a_dxa_is_not_suggested_in_pregnancy() -> None:
    young = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1985-01-01"}
    response = answer(decision(condition("Z33.1", "2026-09-01"), patient=young))
    found = card(response, "baseline-assessment")
    assert "pregnancy is recorded" in found["detail"]
    assert "dxa" not in [name for each in found["suggestions"] for name in ordered(each)]
    assert "lab-calcium" in [name for each in found["suggestions"] for name in ordered(each)]


def test_an_unknown_pregnancy_does_not_keep_a_dxa_back() -> None:
    young = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1985-01-01"}
    found = card(answer(decision(patient=young)), "baseline-assessment")
    assert "dxa" in ordered(found["suggestions"][0])


def test_a_death_date_in_the_future_is_a_gap_and_not_silence() -> None:
    odd = {**PATIENT, "deceasedDateTime": "2031-01-01"}
    response = answer(decision(T_SCORE_LOW, *SAFE_LABS, patient=odd))
    assert topics(response) == ["data-gaps"]
    assert "deceased" in card(response, "data-gaps")["detail"]
