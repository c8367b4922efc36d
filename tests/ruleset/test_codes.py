"""The value sets as shipped: what a code or a name stands for, and what it never stands for."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from cds.fhir.codes import CodeBook
from cds.fhir.elements import Coding
from cds.fhir.systems import ATC, CPT, HCPCS, ICD_10_CM, LOINC, NDC, RXNORM, SNOMED
from cds.ruleset.book import Site
from cds.ruleset.codebook import read_codes
from cds.ruleset.fault import RuleFault

RULES = Path(__file__).parents[2] / "rules"


@cache
def book() -> CodeBook:
    """The code book as shipped; it has no faults."""
    faults: list[RuleFault] = []
    codes = read_codes(RULES, Site(), faults)
    assert faults == []
    return codes


def of(system: str, code: str) -> frozenset[str]:
    """What the code stands for."""
    return book().concepts_of_coding(Coding(system=system, code=code))


def shipped() -> list[dict[str, str]]:
    """Every row of every value set."""
    files = sorted(path for path in (RULES / "codes").glob("*.csv") if path.name != "names.csv")
    return [row for file in files for row in csv.DictReader(file.open(encoding="utf-8", newline=""))]


AGENTS = [
    "nivolumab", "pembrolizumab", "cemiplimab", "dostarlimab", "toripalimab", "tislelizumab",
    "retifanlimab", "penpulimab", "atezolizumab", "durvalumab", "avelumab", "cosibelimab",
    "sintilimab", "camrelizumab", "zimberelimab", "serplulimab", "pucotenlimab", "envafolimab",
    "sugemalimab", "adebrelimab", "benmelstobart", "ivonescimab", "cadonilimab", "prolgolimab",
    "sasanlimab",
]  # fmt: skip


@pytest.mark.parametrize("agent", AGENTS)
def test_every_agent_of_the_specification_is_found_by_name(agent: str) -> None:
    found = book().named_in(f"{agent.upper()} 240 mg IV")
    assert {agent, "pd-1-pd-l1-inhibitor"} <= found


@pytest.mark.parametrize("partner", ["ipilimumab", "tremelimumab", "relatlimab", "nurulimab"])
def test_a_partner_alone_is_not_a_pd_1_inhibitor(partner: str) -> None:
    codes = [row for row in shipped() if row["concept"] == partner]
    meant = [of(row["system"], row["code"]) for row in codes] + [book().named_in(partner)]
    assert all(partner in found and "pd-1-pd-l1-inhibitor" not in found for found in meant)


@pytest.mark.parametrize(
    ("system", "code", "agent"),
    [
        (RXNORM, "1597876", "nivolumab"),
        (RXNORM, "2700805", "nivolumab"),
        (RXNORM, "1547545", "pembrolizumab"),
        (RXNORM, "1875534", "avelumab"),
        (RXNORM, "1792785", "atezolizumab"),
        (SNOMED, "716125002", "pembrolizumab"),
        (NDC, "0003-3772-11", "nivolumab"),
        (NDC, "00003377211", "nivolumab"),
        (NDC, "61755-008-01", "cemiplimab"),
        (ATC, "L01FF08", "prolgolimab"),
        (ATC, "L01FF16", "sasanlimab"),
        (HCPCS, "J9299", "nivolumab"),
        (HCPCS, "J9022", "atezolizumab"),
        (HCPCS, "J3263", "toripalimab"),
    ],
)
def test_agents_by_code(system: str, code: str, agent: str) -> None:
    assert {agent, "pd-1-pd-l1-inhibitor"} <= of(system, code)


def test_l01ff08_is_not_sintilimab_and_a_new_code_of_the_class_is_in_the_class() -> None:
    assert "sintilimab" not in of(ATC, "L01FF08")
    assert of(ATC, "L01FF99") == {"pd-1-pd-l1-inhibitor"}


@pytest.mark.parametrize(
    ("system", "code"),
    [(RXNORM, "2596775"), (RXNORM, "2596784"), (NDC, "00003712511"), (HCPCS, "J9298"), (ATC, "L01FY02")],
)
def test_nivolumab_with_relatlimab_is_dual_by_itself(system: str, code: str) -> None:
    found = of(system, code)
    assert {"dual-ici", "nivolumab", "relatlimab", "lag-3-inhibitor", "pd-1-pd-l1-inhibitor"} <= found


def test_other_products_that_are_dual_by_themselves() -> None:
    assert {"dual-ici", "prolgolimab", "ctla-4-inhibitor"} <= of(ATC, "L01FY03")
    assert {"dual-ici", "pd-1-pd-l1-inhibitor"} <= book().named_in("卡度尼利单抗注射液")
    assert "dual-ici" not in of(RXNORM, "1597876")


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Zometa 4 mg/5 mL", "zoledronic-acid-4mg-product"),
        ("zoledronic acid 4 mg/5 mL concentrate", "zoledronic-acid-4mg-product"),
        ("RECLAST", "zoledronic-acid-5mg-product"),
        ("Aclasta", "zoledronic-acid-5mg-product"),
        ("Prolia 60 mg", "denosumab-60mg-product"),
        ("denosumab 120 mg SC", "denosumab-120mg-product"),
        ("XGEVA", "denosumab-120mg-product"),
        ("prednisone 20 mg tablet", "systemic-glucocorticoid"),
        ("colecalciferol 800 IU", "vitamin-d-native"),
        ("信迪利单抗注射液", "sintilimab"),
    ],
)
def test_names_say_what_the_product_is_for(text: str, concept: str) -> None:
    assert concept in book().named_in(text)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("zoledronic acid", "osteoporosis-agent"),
        ("zoledronic acid 4 mg/5 mL", "osteoporosis-agent"),
        ("denosumab", "oncology-bone-agent"),
        ("atorvastatin calcium 40 mg", "calcium-supplement"),
        ("hydrocortisone 1% cream", "systemic-glucocorticoid"),
        ("budesonide 3 mg capsule", "glucocorticoid-ingredient"),
        ("Osteoporosis", "osteoporosis"),
    ],
)
def test_names_that_must_not_say_too_much(text: str, concept: str) -> None:
    assert concept not in book().named_in(text)


@pytest.mark.parametrize(
    ("code", "counts", "never"),
    [
        ("M84.50XA", "pathological-fracture-neoplastic", "fracture"),
        ("M84.40XA", "pathological-fracture-other", "fragility-fracture"),
        ("M84.751A", "atypical-femoral-fracture", "fragility-fracture"),
        ("Z87.81", "other-fracture-history", "fragility-fracture"),
        ("Z87.311", "other-fracture-history", "fragility-fracture"),
        ("Z87.310", "fragility-fracture-history", "trauma-coded"),
        ("M80.08XA", "fracture-vertebral", "fracture-hip"),
        ("M80.88XD", "osteoporosis", "trauma-coded"),
        ("M80.051G", "osteoporotic-fracture-hip", "trauma-coded"),
        ("M80.0B1A", "fracture-pelvis", "fracture-hip"),
        ("M80.00XA", "osteoporotic-fracture", "fracture-hip"),
        ("M48.56XA", "fragility-fracture", "trauma-coded"),
        ("S72.001A", "fracture-hip-trauma-coded", "fragility-fracture"),
        ("S32.010A", "fracture-vertebral", "fracture-pelvis"),
        ("S32.511A", "fracture-pelvis-trauma-coded", "fracture-vertebral"),
        ("S52.501A", "trauma-coded", "fragility-fracture"),
        ("S42.201A", "fracture-forearm-humerus", "osteoporosis"),
        ("V43.52XA", "high-energy-trauma", "fracture"),
        ("W13.0XXA", "high-energy-trauma", "falls-history"),
        ("K22.0", "oesophageal-delay", "oesophageal-disorder-other"),
        ("K21.00", "oesophageal-disorder-other", "oesophageal-delay"),
        ("K22.4", "oesophageal-disorder-other", "oesophageal-delay"),
        ("M27.2", "jaw-inflammation", "osteonecrosis-of-jaw"),
        ("M87.180", "osteonecrosis-of-jaw", "jaw-inflammation"),
        ("N18.6", "ckd-stage-5", "ckd-stage-4"),
        ("Z99.2", "dialysis", "chronic-kidney-disease"),
        ("N25.81", "hyperparathyroidism", "hypoparathyroidism"),
        ("C79.51", "bone-metastasis", "primary-bone-tumour"),
        ("C78.00", "metastatic-cancer", "bone-metastasis"),
        ("C41.2", "primary-bone-tumour", "bone-metastasis"),
        ("C90.01", "multiple-myeloma", "bone-metastasis"),
        ("Z79.52", "long-term-systemic-steroids", "systemic-glucocorticoid"),
        ("Z79.83", "long-term-bisphosphonate", "bisphosphonate"),
        ("Z82.62", "family-history-osteoporosis", "parental-hip-fracture"),
        ("Z51.12", "immunotherapy-encounter", "pd-1-pd-l1-inhibitor"),
        ("M85.9", "bone-density-disorder", "osteopenia"),
        ("Z90.722", "postmenopausal", "osteoporosis"),
    ],
)
def test_problems_stand_for_the_thing_and_for_no_other(code: str, counts: str, never: str) -> None:
    found = of(ICD_10_CM, code)
    assert counts in found
    assert never not in found


@pytest.mark.parametrize(
    "code", ["K22.8", "Z79.620", "Z13.820", "M06.1", "M06.4", "F17.211", "E24.4", "F10.21", "D03.9"]
)
def test_codes_that_stand_for_nothing_here(code: str) -> None:
    assert of(ICD_10_CM, code) == frozenset()


@pytest.mark.parametrize(
    ("system", "code", "counts", "never"),
    [
        (LOINC, "38266-3", "dxa-calcaneus", "t-score"),
        (LOINC, "38265-5", "t-score-forearm", "t-score-hip"),
        (LOINC, "83013-3", "dxa-peripheral-study", "dxa-central-study"),
        (LOINC, "83012-5", "dxa-central-study", "dxa-site-unstated"),
        (LOINC, "88294-4", "egfr-race-based", "egfr"),
        (LOINC, "98979-8", "egfr", "egfr-race-based"),
        (LOINC, "73830-2", "fall-risk-assessment", "falls-history"),
        (LOINC, "11287-0", "alcohol-per-drinking-day", "alcohol-per-day"),
        (CPT, "77080", "dxa-central-study", "dxa-peripheral-study"),
        (CPT, "77086", "vertebral-fracture-assessment", "dxa-central-study"),
        (SNOMED, "266919005", "never-smoker", "smoker"),
        (SNOMED, "8517006", "ex-smoker", "smoker"),
        (SNOMED, "63305008", "oesophageal-delay", "oesophageal-disorder-other"),
        (RXNORM, "993449", "denosumab", "osteoporosis-agent"),
        (RXNORM, "1046398", "denosumab-120mg-product", "osteoporosis-agent"),
        (HCPCS, "J0897", "antiresorptive", "oncology-bone-agent"),
        (RXNORM, "77655", "bisphosphonate", "oncology-bone-agent"),
        (RXNORM, "705824", "zoledronic-acid-5mg-product", "oncology-bone-agent"),
        (RXNORM, "905032", "risedronate-30mg-product", "osteoporosis-agent"),
        (RXNORM, "904431", "alendronate", "vitamin-d"),
        (RXNORM, "904462", "vitamin-d-native", "calcium-supplement"),
        (RXNORM, "2693637", "palopegteriparatide", "anabolic"),
        (RXNORM, "32915", "anabolic", "palopegteriparatide"),
        (RXNORM, "8640", "systemic-glucocorticoid", "local-glucocorticoid"),
        (RXNORM, "8638", "glucocorticoid-ingredient", "systemic-glucocorticoid"),
        (RXNORM, "10759", "triamcinolone", "systemic-glucocorticoid"),
        (RXNORM, "1085754", "local-glucocorticoid", "glucocorticoid-ingredient"),
        (RXNORM, "19831", "local-glucocorticoid", "systemic-glucocorticoid"),
        (RXNORM, "762675", "methylprednisolone-systemic", "prednisolone"),
        (ATC, "H02AB08", "systemic-glucocorticoid", "local-glucocorticoid"),
        (ATC, "A12AX", "vitamin-d-native", "vitamin-d-active"),
        (RXNORM, "1740437", "androgen-deprivation", "gnrh-analogue-paediatric"),
        (RXNORM, "1294641", "gnrh-analogue-paediatric", "androgen-deprivation"),
    ],
)
def test_drugs_and_results_stand_for_the_thing_and_for_no_other(
    system: str, code: str, counts: str, never: str
) -> None:
    found = of(system, code)
    assert counts in found
    assert never not in found


@pytest.mark.parametrize(("system", "code"), [(SNOMED, "41607009"), (LOINC, "52552-5"), (LOINC, "90264-3")])
def test_codes_known_to_mislead_are_not_shipped(system: str, code: str) -> None:
    assert of(system, code) == frozenset()


def test_no_cpt_row_has_a_descriptor_and_files_have_unix_line_ends() -> None:
    assert all(not row["display"] for row in shipped() if row["system"] == CPT)
    assert all(b"\r" not in path.read_bytes() for path in (RULES / "codes").iterdir())


def test_every_concept_without_a_code_below_it_says_that_a_site_fills_it_or_is_known_by_name() -> None:
    above = {each for row in shipped() for each in book().lineage(row["concept"])}
    named = {each for name in names() for each in book().lineage(name["concept"])}
    empty = set(book().concepts) - above - named
    assert empty == {"hospice", "cannot-sit-upright", "l1-hu", "qct-vbmd", "mel-ici-score", "osteolytic-lesion"}


def names() -> list[dict[str, str]]:
    """Every row of names.csv."""
    return list(csv.DictReader((RULES / "codes" / "names.csv").open(encoding="utf-8", newline="")))


def test_every_name_says_where_it_comes_from() -> None:
    assert all(row["source"] and row["checked_on"] for row in names())


def test_the_codes_that_options_order_are_known_as_what_they_order() -> None:
    for system, code, concept in [
        (LOINC, "62292-8", "vitamin-d-25oh"),
        (SNOMED, "312681000", "dxa-central-study"),
        (RXNORM, "282465", "calcium-supplement"),
        (RXNORM, "705728", "vitamin-d"),
        (ATC, "M05BA04", "alendronate"),
    ]:
        assert concept in of(system, code)
