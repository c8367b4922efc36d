"""What is suggested is a valid FHIR R4 draft, coded by verified codes, and never more than the gates allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds.orders.draft import draft_order
from cds.orders.weigh import Standing, weigh
from cds.resources import fixtures_directory
from cds.ruleset.book import Site
from cds.ruleset.orderable import Code
from tests.cards.made import CANONICAL, SAFE_LABS, condition, decision, lab, order, rule_set

Plain = dict[str, Any]
OPTIONS = sorted(rule_set().options)
CONTRACT = {
    "dxa", "lab-calcium", "lab-albumin", "lab-creatinine", "lab-25ohd", "lab-ctx", "lab-p1np", "lab-pth",
    "zoledronic-acid-5mg", "alendronate-70mg", "denosumab-60mg", "cholecalciferol", "cholecalciferol-repletion",
    "calcium", "lab-egfr", "lab-phosphate", "lab-1-25-oh2d", "imaging-spine", "referral-bone-oncology",
    "referral-dental", "referral-nephrology", "zoledronic-acid-4mg", "denosumab-120mg",
}  # fmt: skip
GOLDEN = sorted(fixtures_directory().glob("responses/*.json"))


def made(name: str, site: Site | None = None) -> Plain:
    return draft_order(rule_set().options[name].written, "Patient/p1", site or Site(), CANONICAL)


def drugs_made() -> dict[str, Plain]:
    """Every drug as an order, once for each of its doses."""
    found = {}
    for name in OPTIONS:
        option = rule_set().options[name].written
        if option.kind == "drug":
            for dosed in option.doses or (None,):
                title = dosed.title if dosed else option.title
                found[title] = draft_order(option, "Patient/p1", Site(), CANONICAL, dosed)
    return found


def codes(resource: Plain) -> list[str]:
    concept = resource.get("code") or resource["medicationCodeableConcept"]
    return [each["code"] for each in concept.get("coding", ())]


def test_every_option_of_the_contract_that_this_rule_book_offers_exists() -> None:
    assert set(OPTIONS) >= CONTRACT


@pytest.mark.parametrize("name", OPTIONS)
def test_an_order_is_a_valid_r4_draft(name: str) -> None:
    resource = made(name)
    model = get_fhir_model_class(resource["resourceType"])
    assert model.model_validate(resource).model_dump(exclude_none=True)
    assert (resource["status"], resource["intent"]) == ("draft", "order")
    assert resource["subject"] == {"reference": "Patient/p1"}
    assert resource["extension"] == [{"url": f"{CANONICAL}/StructureDefinition/option", "valueCode": name}]


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_every_resource_in_every_response_is_valid_r4(path: Path) -> None:
    response = json.loads(path.read_text(encoding="utf-8"))
    for card in response["cards"]:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                get_fhir_model_class(action["resource"]["resourceType"]).model_validate(action["resource"])


def test_a_dxa_is_coded_as_the_contract_says() -> None:
    assert codes(made("dxa")) == ["83012-5", "312681000"]
    assert codes(made("dxa", Site(cpt=True))) == ["83012-5", "312681000", "77080"]


def test_a_site_s_own_code_comes_first_and_its_intent_counts() -> None:
    own = Code(system="https://hospital.example/orders", code="DXA1", display="DXA")
    resource = made("dxa", Site(order_codes={"dxa": (own,)}, intent="proposal"))
    assert codes(resource)[0] == "DXA1"
    assert resource["intent"] == "proposal"


@pytest.mark.parametrize("title", drugs_made())
def test_a_drug_has_dose_route_and_timing(title: str) -> None:
    resource = drugs_made()[title]
    assert resource["medicationCodeableConcept"]["text"] == title
    assert get_fhir_model_class("MedicationRequest").model_validate(resource)
    (dosage,) = resource["dosageInstruction"]
    assert dosage["doseAndRate"][0]["doseQuantity"]["system"] == "http://unitsofmeasure.org"
    assert dosage["route"]["coding"]
    assert dosage["timing"]["repeat"]["frequency"] >= 1
    assert codes(resource)


def standing(
    name: str, *resources: Plain, drop: frozenset[str] = frozenset(), drafts: tuple[Plain, ...] = ()
) -> Standing:
    kept = [each for each in SAFE_LABS if each["code"]["coding"][0]["code"] not in drop]
    found = decision(*kept, *resources, drafts=(order("nivolumab"), *drafts))
    return weigh(rule_set().options[name], found.view).standing


DRUGS = ("zoledronic-acid-5mg", "alendronate-70mg", "denosumab-60mg")


def test_with_safe_labs_every_drug_is_offered() -> None:
    assert [standing(name) for name in DRUGS] == [Standing.OFFERED] * 3


@pytest.mark.parametrize(
    ("resources", "shut"),
    [
        pytest.param((condition("M87.180"),), set(DRUGS), id="jaw osteonecrosis"),
        pytest.param((condition("M84.751A"),), set(DRUGS), id="atypical femoral fracture"),
        pytest.param((condition("E83.51", "2026-11-10"),), set(DRUGS), id="hypocalcaemia on the problem list"),
        pytest.param((condition("K22.2"),), {"alendronate-70mg"}, id="oesophageal stricture"),
        pytest.param((condition("K21.00"),), set(), id="reflux alone withholds nothing"),
        pytest.param((condition("Z99.2"),), set(DRUGS), id="dialysis"),
        pytest.param(
            (condition("N17.9", "2026-11-20"),), {"zoledronic-acid-5mg", "alendronate-70mg"}, id="kidney injury"
        ),
    ],
)
def test_a_gate_withholds_exactly_what_it_should(resources: tuple[Plain, ...], shut: set[str]) -> None:
    assert {name for name in DRUGS if standing(name, *resources) is Standing.WITHHELD} == shut


@pytest.mark.parametrize(
    ("creatinine", "expected"), [(1.02, Standing.OFFERED), (2.0, Standing.WITHHELD), (1.6, Standing.WITHHELD)]
)
def test_clearance_decides_on_bisphosphonates(creatinine: float, expected: Standing) -> None:
    """(140 - 70) x 64 kg / (72 x creatinine) x 0.85: 51.9, 26.4 and 33.1 mL/min around the limit of 35."""
    drop = frozenset({"2160-0"})
    assert standing("zoledronic-acid-5mg", lab("2160-0", creatinine, "mg/dL"), drop=drop) is expected


@pytest.mark.parametrize(
    ("egfr", "expected"), [(31, Standing.OFFERED), (30, Standing.OFFERED), (29, Standing.WITHHELD)]
)
def test_egfr_decides_on_denosumab(egfr: float, expected: Standing) -> None:
    drop = frozenset({"98979-8"})
    assert standing("denosumab-60mg", lab("98979-8", egfr, "mL/min/{1.73_m2}"), drop=drop) is expected


def test_an_unknown_never_lets_a_drug_through() -> None:
    for missing in ("17861-6", "62292-8"):
        assert [standing(name, drop=frozenset({missing})) for name in DRUGS] == [Standing.FIRST_KNOW] * 3
    assert standing("zoledronic-acid-5mg", drop=frozenset({"29463-7"})) is Standing.FIRST_KNOW
    assert standing("denosumab-60mg", drop=frozenset({"29463-7"})) is Standing.OFFERED


def test_deficiency_puts_off() -> None:
    low = lab("62292-8", 19.9, "ng/mL")
    assert [standing(name, low, drop=frozenset({"62292-8"})) for name in DRUGS] == [Standing.DEFERRED] * 3


def test_pregnancy_status_must_be_known_before_55() -> None:
    young = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1985-01-01"}
    found = decision(*SAFE_LABS, patient=young)
    assert {weigh(rule_set().options[name], found.view).standing for name in DRUGS} == {Standing.FIRST_KNOW}
    tested = {**lab("2118-8", 0, ""), "valueCodeableConcept": {"text": "negative"}}
    del tested["valueQuantity"]
    known = decision(*SAFE_LABS, tested, patient=young)
    assert {weigh(rule_set().options[name], known.view).standing for name in DRUGS} == {Standing.OFFERED}


def test_a_drafted_antiresorptive_closes_the_offer() -> None:
    reclast = order("Reclast", "draft-2")
    assert standing("denosumab-60mg", drafts=(reclast,)) in {Standing.ALREADY, Standing.WITHHELD}
