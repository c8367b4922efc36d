"""Every fact of the catalogue, one by one: read alike from at least two EHRs' habits, and its reason when unknown.

A fact without a row, without a second style, or without a reason is named; the last tests show that this check bites.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import pytest

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.catalogue import FactDef
from cds.facts.sources import SOURCES
from cds.facts.subjects import CATALOGUE
from cds.facts.view import View
from cds.fhir.chart import Draft, Failed
from cds.fhir.codes import CodeBook
from cds.fhir.systems import ICD_10_CM
from cds.ruleset.case_values import fact_from
from cds.ruleset.charts.entries import BY_CONCEPT, entry_from
from tests.facts.builders import AS_OF, LOINC, MAN, RXNORM, SCT, WOMAN, code_book, view
from tests.facts.styles import STYLES, Resource


class Row(NamedTuple):
    """A chart in the words of ``rules/charts.md``, the fact read from it, and the fact of an empty chart."""

    on_file: str
    told: str
    empty: str
    man: bool = False
    styles: tuple[str, ...] = tuple(STYLES)


COURSE = "given nivolumab, 250 days ago; given nivolumab, 120 days ago; given nivolumab, 9 days ago"
STEROID = "taking prednisone-systemic “10 mg daily”, from 40 to 11 days ago"
HIP = "condition osteoporotic-fracture-hip, 100 days ago"
SCAN = "result t-score-spine -1.4, 90 days ago; result t-score-hip -2.6, 90 days ago"
KIDNEY = "result creatinine 0.9 mg/dL, 9 days ago"
WEIGHT = "result weight 61 kg, 9 days ago"
ALBUMIN = "result albumin 3 g/dL, 9 days ago"
CALCIUM = "result calcium-total 9 mg/dL, 9 days ago"
DENOSUMAB = "given denosumab-60mg-product, 200 days ago"
FRAX = "result frax-mof 22 %, 9 days ago; result frax-hip 4 %, 9 days ago"
USUAL = "older age+female sex"
TREND = "result ctx 0.3 ng/mL, 300 days ago; result ctx 0.5 ng/mL, 9 days ago; "
TREND += "result p1np 60 ng/mL, 300 days ago; result p1np 40 ng/mL, 9 days ago"
ROWS: Mapping[str, Row] = {
    "patient.age": Row("", "71", "71"),
    "patient.adult": Row("", "yes", "yes"),
    "patient.sex": Row("", "female", "female"),
    "patient.deceased": Row("", "no", "no"),
    "patient.t_score_applies": Row("", "yes", "yes"),
    "patient.menopause_documented": Row("condition postmenopausal, 900 days ago", "yes", "no"),
    "patient.hospice": Row("procedure hospice, 9 days ago", "yes", "no"),
    "ici.phase": Row(COURSE, "continuation", "initiation"),
    "ici.course_start": Row(COURSE, "250 days ago", "n/a"),
    "ici.followed_course_start": Row(COURSE, "250 days ago", "n/a"),
    "ici.months_on_treatment": Row(COURSE, "8", "0"),
    "ici.dual": Row("given nivolumab, 9 days ago; given ipilimumab, 9 days ago", "yes", "no"),
    "ici.agents": Row(COURSE, "nivolumab", "nothing"),
    "ici.in_last_12_months": Row(COURSE, "yes", "no"),
    "order.ici": Row("draft nivolumab", "yes", "no"),
    "order.ici_agents": Row("draft nivolumab", "nivolumab", "nothing"),
    "order.ici_by_name_only": Row("draft nivolumab", "no", "no"),
    "cancer.bone_metastasis": Row("condition bone-metastasis, 90 days ago", "yes", "no"),
    "cancer.myeloma": Row("condition multiple-myeloma, 90 days ago", "yes", "no"),
    "cancer.bone_involvement": Row("condition bone-metastasis, 90 days ago", "yes", "no"),
    "cancer.primary_bone_tumour": Row("condition primary-bone-tumour, 90 days ago", "yes", "no"),
    "cancer.melanoma": Row("condition melanoma, 90 days ago", "yes", "no"),
    "cancer.prostate": Row("condition prostate-cancer, 90 days ago", "yes", "no", man=True),
    "cancer.hormone_sensitive": Row("condition hormone-sensitive-malignancy, 90 days ago", "yes", "no", man=True),
    "cancer.hormone_resistant": Row("condition hormone-resistant-malignancy, 90 days ago", "yes", "no", man=True),
    "cancer.non_small_cell_lung": Row("condition lung-cancer, 90 days ago", "yes", "no"),
    "cancer.metastatic": Row("condition metastatic-cancer, 90 days ago", "yes", "no"),
    "cancer.prior_chemo_or_radiotherapy": Row("condition prior-chemotherapy, 90 days ago", "yes", "no"),
    "bone.t_score.lowest": Row(SCAN, "-2.6", "?"),
    "bone.t_score.lowest_ever": Row(f"{SCAN}; result t-score-hip -2.9, 900 days ago", "-2.9", "?"),
    "bone.z_score.lowest": Row("result z-score-spine -2.1, 90 days ago", "n/a", "n/a"),
    "bone.dxa.last_done": Row(SCAN, "90 days ago", "n/a"),
    "bone.dxa.months_since": Row(SCAN, "2", "n/a"),
    "bone.dxa.ever_done": Row(SCAN, "yes", "no"),
    "bone.dxa.recent": Row(SCAN, "yes", "no"),
    "bone.dxa.ordered": Row("test dxa-central-study, 9 days ago", "yes", "no"),
    "bone.osteoporosis_diagnosed": Row("condition osteoporosis, 900 days ago", "yes", "no"),
    "bone.hu.latest": Row("result l1-hu 120 HU, 9 days ago", "120", "n/a"),
    "bone.vbmd.latest": Row("result qct-vbmd 90 mg/cm3, 9 days ago", "90", "n/a"),
    "bone.hu.change_percent": Row(
        f"{COURSE}; result l1-hu 150 HU, 300 days ago; result l1-hu 120 HU, 9 days ago", "-20", "n/a"
    ),
    "bone.hu.change_hu": Row(
        f"{COURSE}; result l1-hu 150 HU, 300 days ago; result l1-hu 120 HU, 9 days ago", "-30", "n/a"
    ),
    "bone.vbmd.change_percent": Row(
        f"{COURSE}; result qct-vbmd 100 mg/cm3, 300 days ago; result qct-vbmd 90 mg/cm3, 9 days ago", "-10", "n/a"
    ),
    "bone.ct.dxa_since": Row(
        f"{COURSE}; {SCAN}; result l1-hu 150 HU, 300 days ago; result l1-hu 120 HU, 95 days ago", "yes", "n/a"
    ),
    "fracture.fragility_ever": Row(HIP, "yes", "no"),
    "fracture.hip_or_vertebral_ever": Row(HIP, "yes", "no"),
    "fracture.lesser_site_ever": Row("condition osteoporotic-fracture-pelvis, 100 days ago", "yes", "no"),
    "fracture.fragility_count": Row(f"{HIP}; condition vertebral-collapse, 500 days ago", "2", "0"),
    "fracture.last": Row(HIP, "100 days ago", "n/a"),
    "fracture.any_ever": Row("condition other-fracture-history, 900 days ago", "yes", "no"),
    "fracture.on_glucocorticoid": Row("condition osteoporotic-fracture-hip, 30 days ago; " + STEROID, "yes", "no"),
    "fracture.new_on_course": Row(f"{COURSE}; {HIP}", "yes", "no"),
    "fracture.pathological_on_course": Row(
        f"{COURSE}; condition pathological-fracture-neoplastic, 100 days ago", "yes", "no"
    ),
    "fracture.osteolytic_on_course": Row(f"{COURSE}; condition osteolytic-lesion, 100 days ago", "yes", "no"),
    "frax.mof": Row(FRAX, "22", "?"),
    "frax.hip": Row(FRAX, "4", "?"),
    "frax.age_applies": Row("", "yes", "yes"),
    "frax.recent": Row(FRAX, "yes", "no"),
    "ost.score": Row(WEIGHT, "-2", "?"),
    "mel_ici.score": Row("result mel-ici-score 5, 9 days ago", "5", "n/a"),
    "glucocorticoid.daily_mg": Row("taking prednisone-systemic “10 mg daily”, 9 days ago", "10", "0"),
    "glucocorticoid.days_very_high": Row(STEROID.replace("10 mg", "40 mg"), "30", "0"),
    "glucocorticoid.days_low": Row(STEROID, "30", "0"),
    "glucocorticoid.cumulative_g": Row(STEROID, "0.3", "0"),
    "drug.on_osteoporosis_agent": Row("order alendronate “70 mg weekly”, 9 days ago", "yes", "no"),
    "drug.on_oncology_agent": Row("given zoledronic-acid-4mg-product, 9 days ago", "yes", "no"),
    "drug.bisphosphonate_active": Row("order alendronate “70 mg weekly”, 9 days ago", "yes", "no"),
    "drug.zoledronic_oncology_active": Row("given zoledronic-acid-4mg-product, 9 days ago", "yes", "no"),
    "drug.denosumab_120_active": Row("given denosumab-120mg-product, 9 days ago", "yes", "no"),
    "drug.denosumab_60_last": Row(DENOSUMAB, "200 days ago", "n/a"),
    "drug.follow_on_after_denosumab": Row(f"{DENOSUMAB}; given alendronate, 9 days ago", "yes", "n/a"),
    "drug.antiresorptive_drafted": Row("draft alendronate", "yes", "no"),
    "drug.prior_antiresorptive": Row("given alendronate, 900 days ago", "yes", "no"),
    "drug.duplicate_pair_drafted": Row("draft alendronate; given denosumab-60mg-product, 9 days ago", "yes", "no"),
    "drug.duplicate_pair": Row(
        "draft alendronate; given denosumab-60mg-product, 9 days ago", "alendronate+denosumab 60 mg", "nothing"
    ),
    "drug.aromatase_inhibitor": Row("order aromatase-inhibitor, 9 days ago", "yes", "no"),
    "drug.androgen_deprivation": Row("given androgen-deprivation, 9 days ago", "yes", "no", man=True),
    "drug.hormone_therapy": Row("order aromatase-inhibitor, 9 days ago", "yes", "no"),
    "drug.ppi": Row("order ppi, 9 days ago", "yes", "no"),
    "drug.anticonvulsant": Row("order bone-active-anticonvulsant, 9 days ago", "yes", "no"),
    "drug.calcium_supplement": Row("order calcium-supplement, 9 days ago", "yes", "no"),
    "drug.vitamin_d_supplement": Row("taking vitamin-d-native, 9 days ago", "yes", "no"),
    "lab.creatinine": Row(KIDNEY, "0.9", "?"),
    "lab.egfr": Row("result egfr-ckd-epi-2021 71 mL/min/{1.73_m2}, 9 days ago", "71", "?"),
    "lab.crcl": Row(f"{KIDNEY}; {WEIGHT}", "55.21", "?"),
    "lab.vitamin_d": Row("result vitamin-d-25oh 34 ng/mL, 9 days ago", "34", "?"),
    "lab.albumin": Row(f"{CALCIUM}; {ALBUMIN}", "3", "?"),
    "lab.pth_high": Row("result pth 40 pg/mL, 9 days ago", "? not-stated", "?"),
    "calcium.corrected": Row(f"{CALCIUM}; {ALBUMIN}", "9.8", "?"),
    "calcium.ionised": Row("result calcium-ionised 1.2 mmol/L, 9 days ago", "1.2", "?"),
    "calcium.known": Row(CALCIUM, "yes", "?"),
    "calcium.uncorrected": Row(CALCIUM, "yes", "?"),
    "calcium.above_range": Row("result calcium-corrected 11 mg/dL, 9 days ago", "yes", "?"),
    "calcium.below_range": Row("result calcium-corrected 8 mg/dL, 9 days ago", "yes", "?"),
    "turnover.ctx_above_range": Row("result ctx 0.5 ng/mL, 9 days ago", "? not-stated", "?"),
    "turnover.ctx_rising_p1np_falling": Row(TREND, "yes", "?"),
    "turnover.signal": Row(TREND, "yes", "no"),
    "recent.calcium": Row(CALCIUM, "yes", "no"),
    "recent.albumin": Row(ALBUMIN, "yes", "no"),
    "recent.creatinine": Row(KIDNEY, "yes", "no"),
    "recent.egfr": Row(KIDNEY, "yes", "no"),
    "recent.vitamin_d": Row("result vitamin-d-25oh 34 ng/mL, 9 days ago", "yes", "no"),
    "recent.ctx": Row("result ctx 0.5 ng/mL, 9 days ago", "yes", "no"),
    "recent.p1np": Row("result p1np 40 ng/mL, 9 days ago", "yes", "no"),
    "reassessed.calcium": Row(f"{COURSE}; {CALCIUM}", "yes", "no"),
    "reassessed.vitamin_d": Row(f"{COURSE}; result vitamin-d-25oh 34 ng/mL, 9 days ago", "yes", "no"),
    "reassessed.ctx": Row(f"{COURSE}; result ctx 0.5 ng/mL, 9 days ago", "yes", "no"),
    "reassessed.p1np": Row(f"{COURSE}; result p1np 40 ng/mL, 9 days ago", "yes", "no"),
    "caution.hypocalcaemia": Row("condition hypocalcaemia, 9 days ago", "yes", "no"),
    "caution.hypercalcaemia": Row("condition hypercalcaemia, 9 days ago", "yes", "no"),
    "caution.dialysis": Row("condition dialysis, 9 days ago", "yes", "no"),
    "caution.acute_kidney_injury": Row("condition acute-kidney-injury, 9 days ago", "yes", "no"),
    "caution.ckd_advanced": Row("condition ckd-stage-4, 900 days ago", "yes", "no"),
    "caution.hypoparathyroidism": Row("condition hypoparathyroidism, 900 days ago", "yes", "no"),
    "caution.hyperparathyroidism": Row("condition hyperparathyroidism, 900 days ago", "yes", "no"),
    "caution.oesophageal": Row("condition oesophageal-delay, 900 days ago", "yes", "no"),
    "caution.cannot_sit_upright": Row("result cannot-sit-upright “yes”, 9 days ago", "yes", "no"),
    "caution.onj": Row("condition osteonecrosis-of-jaw, 900 days ago", "yes", "no"),
    "caution.atypical_femoral_fracture": Row("condition atypical-femoral-fracture, 900 days ago", "yes", "no"),
    "caution.pregnancy": Row("", "no", "no"),
    "allergy.bisphosphonate": Row("allergy alendronate, 900 days ago", "yes", "no"),
    "allergy.denosumab": Row("allergy denosumab, 900 days ago", "yes", "no"),
    "lifestyle.smoking": Row("result smoking-status “Current every day smoker”, 9 days ago", "yes", "?"),
    "lifestyle.alcohol": Row("result alcohol-per-day 3 /d, 9 days ago", "yes", "?"),
    "lifestyle.low_bmi": Row("result bmi 18 kg/m2, 9 days ago", "yes", "?"),
    "lifestyle.falls": Row("result falls-history “yes”, 9 days ago", "yes", "?"),
    "lifestyle.parental_hip_fracture": Row("condition parental-hip-fracture, 900 days ago", "yes", "no"),
    "lifestyle.rheumatoid_arthritis": Row("condition rheumatoid-arthritis, 900 days ago", "yes", "no"),
    "lifestyle.secondary_cause": Row("condition coeliac-disease, 900 days ago", "yes", "no"),
    "risk.modifiers": Row(f"{HIP}; {SCAN}", "4", "2..3"),
    "risk.named": Row(
        "condition prior-chemotherapy, 900 days ago", f"{USUAL}+chemotherapy or radiotherapy in the past", USUAL
    ),
    "risk.also_present": Row("order ppi, 9 days ago", "yes", "?"),
    "risk.also_named": Row("order ppi, 9 days ago", "a proton pump inhibitor", "nothing"),
}
"""Every fact that is read from a chart or a draft."""

OF_OTHERS: Mapping[str, str] = {
    "order.unreadable": "about drafts that no style could make readable: tests/facts/test_orders.py",
    "order.unreadable_names": "as above",
    "reading.failed": "about whether sources were read, whatever they hold: tests/facts/test_reading.py",
    "reading.some_failed": "as above",
    "reading.safety_failed": "as above",
    "decision.open": "put in after the rules have been judged: tests/test_interactions.py",
    "decision.open_topics": "as above",
}
"""Facts that are not about what an EHR's resources say."""

NEVER_UNKNOWN: Mapping[str, str] = {
    "risk.named": "names those that are known; what could not be checked makes the number of modifiers a range",
    "risk.modifiers": "a range where one could not be checked, told in its note",
    "risk.also_named": "names those that are known; risk.also_present is unknown with a reason",
    "order.ici_agents": "names those that were recognised; order.ici is unknown with a reason",
    "order.ici_by_name_only": "about those that were recognised",
}
"""Facts that are known whatever could not be read, with what tells of it in their place."""


def gaps(rows: Mapping[str, Row], catalogue: Mapping[str, FactDef], exempt: Collection[str]) -> Iterator[str]:
    """In words, the facts without a row, without a second style, or with a row about nothing."""
    for name in catalogue:
        if name in exempt:
            continue
        if name not in rows:
            yield f"{name}: no row"
        elif len(set(rows[name].styles) & STYLES.keys()) < 2:
            yield f"{name}: no second style"
    yield from (f"{name}: no such fact" for name in (*rows, *exempt) if name not in catalogue)


@lru_cache
def codes() -> CodeBook:
    """The code book, with codes of a hospital for what has no public one."""
    own = ("hospice", "l1_hu", "qct_vbmd", "mel_ici_score", "cannot_sit_upright", "osteolytic_lesion")
    return code_book(**{name: (("https://hospital.example", name),) for name in own})


@lru_cache
def public(concept: str) -> tuple[tuple[str, str], ...]:
    """A code for the concept itself, of the system that EHRs send first."""
    rows = [row for row in codes().rows_of(concept) if row.concept == concept] or codes().rows_of(concept)
    order = (RXNORM, LOINC, ICD_10_CM, SCT)
    best = min(rows, key=lambda row: order.index(row.system) if row.system in order else len(order))
    return ((best.system, best.code),)


def resources(on_file: str) -> Iterator[tuple[str, Resource]]:
    """The resources with public codes, each with the source that it comes from; '' for the draft."""
    for number, text in enumerate(filter(None, (each.strip() for each in on_file.split(";"))), 1):
        entry = entry_from(text, AS_OF, number)
        told = entry.resource
        name = "medicationCodeableConcept" if "medicationCodeableConcept" in told else "code"
        coded = [pair for each in told[name]["coding"] if each["system"] == BY_CONCEPT for pair in public(each["code"])]
        yield entry.source, {**told, name: {"coding": [{"system": system, "code": code} for system, code in coded]}}


def seen(row: Row, style: str) -> View:
    """The row's chart as that style sends it."""
    turned = STYLES[style]
    told = [(source, turned(resource)) for source, resource in resources(row.on_file)]
    sources: dict[str, Any] = {
        name: [each for source, each in told if source == name] for name in SOURCES if name != "patient"
    }
    draft = [each for source, each in told if not source]
    return view(patient=turned(MAN if row.man else WOMAN), codes=codes(), draft=draft, **sources)


def same(found: Fact, expected: Fact) -> bool:
    """Known alike, or unknown for the same reason."""
    if isinstance(found, Unknown) or isinstance(expected, Unknown):
        return isinstance(found, Unknown) and isinstance(expected, Unknown) and found.cause is expected.cause
    if isinstance(found.value, float) and isinstance(expected.value, float):
        return round(found.value, 2) == round(expected.value, 2)
    return found.value == expected.value


def each_style(rows: Mapping[str, Row]) -> Iterable[tuple[str, str]]:
    """Every fact with every style of its row."""
    return [(name, style) for name, row in rows.items() for style in row.styles]


def test_every_fact_has_its_row_and_a_second_style() -> None:
    assert list(gaps(ROWS, CATALOGUE, OF_OTHERS)) == []


@pytest.mark.parametrize(("name", "style"), each_style(ROWS))
def test_the_fact_is_read_alike(name: str, style: str) -> None:
    found = seen(ROWS[name], style)[name]
    assert same(found, fact_from(ROWS[name].told, CATALOGUE[name].type, AS_OF)), found


@pytest.mark.parametrize("name", ROWS)
def test_nothing_on_file(name: str) -> None:
    row = ROWS[name]
    found = seen(row._replace(on_file=""), "plain")[name]
    assert same(found, fact_from(row.empty, CATALOGUE[name].type, AS_OF)), found


def without_sources(name: str) -> Fact:
    """The fact where none of its sources could be read, nor the draft."""
    failed: dict[str, Any] = dict.fromkeys(SOURCES, Failed("time ran out"))
    return view(codes=codes(), draft=Draft(unreadable=("MedicationRequest/9",)), **failed)[name]


def unexplained(name: str, found: Fact) -> str:
    """What is wrong with how the fact tells that its sources could not be read; '' if nothing is."""
    why = found.note if isinstance(found, Known) else found.why
    if isinstance(found, Unknown):
        readable = found.cause in {Cause.NOT_READABLE, Cause.INCOMPLETE} and (
            "time ran out" in why or "MedicationRequest/9" in why
        )
        return "" if readable else f"{name} is unknown, and its reason does not tell: {why}"
    if found.value is None and "time ran out" in why:
        return ""
    return f"{name} is known ({found.value}) though nothing could be read"


@pytest.mark.parametrize("name", [name for name in ROWS if name not in NEVER_UNKNOWN])
def test_the_reason_when_nothing_could_be_read(name: str) -> None:
    assert unexplained(name, without_sources(name)) == ""


@pytest.mark.parametrize("name", ["bone.hu.change_percent", "bone.vbmd.change_percent", "bone.ct.dxa_since"])
def test_a_failed_scan_is_never_told_as_no_scan(name: str) -> None:
    course = [each for source, each in resources(COURSE) if source == "medicationAdministrations"]
    found = view(codes=codes(), medicationAdministrations=course, boneDensity=Failed("time ran out"))[name]
    assert isinstance(found, Known)
    assert "time ran out" in found.note


def test_the_check_names_what_is_missing() -> None:
    fewer = {name: row for name, row in ROWS.items() if name != "lab.creatinine"}
    assert list(gaps(fewer, CATALOGUE, OF_OTHERS)) == ["lab.creatinine: no row"]
    one = {**ROWS, "lab.creatinine": ROWS["lab.creatinine"]._replace(styles=("plain", "plain"))}
    assert list(gaps(one, CATALOGUE, OF_OTHERS)) == ["lab.creatinine: no second style"]
    assert list(gaps({**ROWS, "lab.creatinin": ROWS["lab.creatinine"]}, CATALOGUE, OF_OTHERS)) == [
        "lab.creatinin: no such fact"
    ]


def test_the_check_names_a_fact_without_a_reason() -> None:
    assert "known (False)" in unexplained("lab.pth_high", Known(False))
    assert "does not tell" in unexplained("lab.pth_high", Unknown("", Cause.NOT_READABLE))
