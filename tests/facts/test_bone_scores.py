"""T-scores and Z-scores: which study, which sites, for whom."""

from typing import Any

import pytest

from cds.engine.fact import Known, Range
from cds.fhir.chart import Failed, Found, NotAsked
from tests.facts.builders import LOINC, WOMAN, concept, known, observation, view, why
from tests.facts.given import STYLES, Style

SPINE, HIP, FEMUR, FOREARM, HEEL = "38267-1", "38264-8", "38263-0", "38265-5", "38266-3"
Z_SPINE, Z_HIP = "85394-5", "80933-5"
YOUNG = {**WOMAN, "birthDate": "1985-04-02"}
MENOPAUSE = {"resourceType": "Condition", "id": "c1", "code": {"coding": [
    {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z78.0"}]}}  # fmt: skip


def score(
    code: str, value: float | str, on: str = "2026-05-04", unit: str = "{T-score}", **more: Any
) -> dict[str, Any]:
    return observation(code, value, unit, on, **more)


def panel(*parts: tuple[str, float], on: str = "2026-05-04") -> dict[str, Any]:
    """One observation with a component for each score, as some densitometers send it."""
    return {
        "resourceType": "Observation", "status": "final", "code": concept((LOINC, "83311-1")), "effectiveDateTime": on,
        "component": [
            {"code": concept((LOINC, code)), "valueQuantity": {"value": value, "unit": "1"}} for code, value in parts
        ],
    }  # fmt: skip


def report(*results: dict[str, Any]) -> dict[str, Any]:
    """A report that contains its results, which bear no date of their own."""
    contained = [
        {**{key: told for key, told in result.items() if key != "effectiveDateTime"}, "id": f"r{number}"}
        for number, result in enumerate(results)
    ]
    return {
        "resourceType": "DiagnosticReport", "status": "final", "code": concept((LOINC, "38268-9")),
        "effectiveDateTime": "2026-05-04T10:00:00Z", "contained": contained,
        "result": [{"reference": f"#{each['id']}"} for each in contained],
    }  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("scores", "lowest", "ever"),
    [
        ([score(SPINE, -1.4), score(HIP, -2.1)], -2.1, -2.1),
        (
            [score(SPINE, -1.4, unit="1"), score(FEMUR, -2.6, unit="{Tscore}"), score(FOREARM, -1.0, unit="SD")],
            -2.6,
            -2.6,
        ),
        ([score(SPINE, -2.7, "2020-03-01"), score(SPINE, -1.9)], -1.9, -2.7),
        ([score(SPINE, -2.2, "2026-05-01"), score(HIP, -1.0, "2026-05-04")], -2.2, -2.2),
        ([score(SPINE, -2.2, "2026-04-20"), score(HIP, -1.0, "2026-05-04")], -1.0, -2.2),
        ([score(HEEL, -3.9), score(HIP, -1.0)], -1.0, -1.0),
        ([score(HEEL, -3.9, "2026-10-01"), score(HIP, -1.0)], -1.0, -1.0),
        ([score(HIP, -1.0), score(HIP, -1.8)], Range(-1.8, -1.0), Range(-1.8, -1.0)),
        ([score(SPINE, "-2,6"), score(HIP, -1.0)], -2.6, -2.6),
        ([score(SPINE, "<-4"), score(HIP, -1.0)], Range(high=-4, high_open=True), Range(high=-4, high_open=True)),
        ([score(SPINE, -1.4), score(HIP, 25)], Range(-10, -1.4), Range(-10, -1.4)),
        ([score(SPINE, -1.4), score(HIP, -3.0, status="preliminary")], -1.4, -1.4),
        ([score(SPINE, -1.4), score(HIP, -3.0, status="cancelled")], -1.4, -1.4),
        ([score(FEMUR, -1.4, bodySite={"text": "Left femoral neck"})], -1.4, -1.4),
        ([score(FEMUR, -1.4), score(FEMUR, -3.1, bodySite={"text": "Right calcaneus"})], -1.4, -1.4),
    ],
)
def test_t_scores(scores: list[dict[str, Any]], lowest: object, ever: object, style: Style) -> None:
    chart = view(boneDensity=map(style, scores))
    assert known(chart["bone.t_score.lowest"]) == lowest
    assert known(chart["bone.t_score.lowest_ever"]) == ever


@pytest.mark.parametrize(
    ("sources"),
    [
        {"boneDensity": [panel((SPINE, -2.4), (HIP, -1.9))]},
        {"diagnosticReports": [report(score(SPINE, -2.4), score(HIP, -1.9))]},
        {"observations": [score(SPINE, -2.4), score(HIP, -1.9)]},
    ],
    ids=["components", "contained in a report", "found under another source"],
)
def test_t_scores_wherever_they_stand(sources: Any) -> None:
    assert known(view(**sources)["bone.t_score.lowest"]) == -2.4


def test_a_site_s_own_code_counts() -> None:
    from tests.facts.builders import code_book

    local = {**score("x", -2.2), "code": {"coding": [{"system": "urn:our-pacs", "code": "TSC-L"}]}}
    codes = code_book(t_score_spine=(("urn:our-pacs", "TSC-L"),))
    assert known(view(boneDensity=[local], codes=codes)["bone.t_score.lowest"]) == -2.2


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ([], "T-score was never measured"),
        ([score(HEEL, -3.9)], "T-score was never measured"),
        ([score(SPINE, 25)], "T-score of 25 on 2026-05-04 is implausible"),
        ([score(SPINE, -2.0, "2020-01-01"), score(SPINE, 25)], "T-score of 25 on 2026-05-04 is implausible"),
        ([score(SPINE, 0.85, unit="g/cm2")], "unit not convertible"),
        ([score(SPINE, -2.0, "2027-05-04")], "dated in the future"),
        ([{**score(SPINE, -2.0), "effectiveDateTime": ""}], "no result has a date"),
    ],
)
def test_no_t_score_and_why(scores: list[dict[str, Any]], reason: str) -> None:
    assert reason in why(view(boneDensity=scores)["bone.t_score.lowest"])


def test_an_undated_t_score_counts_ever() -> None:
    assert (
        known(view(boneDensity=[{**score(SPINE, -2.6), "effectiveDateTime": ""}])["bone.t_score.lowest_ever"]) == -2.6
    )


def test_an_implausible_score_is_named() -> None:
    fact = view(boneDensity=[score(SPINE, -1.4), score(HIP, 25)])["bone.t_score.lowest"]
    assert isinstance(fact, Known)
    assert "T-score of 25 on 2026-05-04 is implausible" in fact.note


@pytest.mark.parametrize(
    ("scores", "lowest", "noted"),
    [
        ([score(HIP, -1.9), score(HIP, -2.6)], Range(-2.6, -1.9), True),
        ([score(HIP, -1.9), score(HIP, -2.6), score(SPINE, -3.0)], -3.0, True),
        ([score(HIP, -1.9), score(HIP, -2.6), score(SPINE, -2.0)], Range(-2.6, -2.0), True),
        ([score(HIP, -2.6), score(HIP, -2.6)], -2.6, False),
        ([score(HIP, -1.9), score(SPINE, -2.6)], -2.6, False),
        ([score(HIP, -1.9), score(HIP, -2.6, on="2026-05-06")], -2.6, False),
        ([score(HIP, -1.9, bodySite={"text": "left"}), score(HIP, -2.6, bodySite={"text": "right"})], -2.6, False),
    ],
)
def test_of_scores_that_contradict_each_other_any_may_hold(
    scores: list[Any], lowest: float | Range, noted: bool
) -> None:
    fact = view(boneDensity=scores)["bone.t_score.lowest"]
    assert isinstance(fact, Known)
    assert fact.value == lowest
    assert ("different scores of one site on one day" in fact.note) is noted


def test_before_fifty_z_scores_decide() -> None:
    scores = [score(SPINE, -2.6), score(Z_SPINE, -2.1, unit="{Z-score}"), score(Z_HIP, -1.2, unit="1")]
    young = view(patient=YOUNG, boneDensity=scores)
    assert known(young["bone.t_score.lowest"]) is None
    assert known(young["bone.t_score.lowest_ever"]) is None
    assert known(young["bone.z_score.lowest"]) == -2.1
    old = view(boneDensity=scores)
    assert known(old["bone.t_score.lowest"]) == -2.6
    assert known(old["bone.z_score.lowest"]) is None


def test_after_menopause_t_scores_decide_at_any_age() -> None:
    scores = [score(SPINE, -2.6), score(Z_SPINE, -2.1)]
    chart = view(patient=YOUNG, conditions=[MENOPAUSE], boneDensity=scores)
    assert known(chart["bone.t_score.lowest"]) == -2.6
    assert known(chart["bone.z_score.lowest"]) is None


def test_no_z_score_for_a_young_patient_is_unknown_and_for_an_older_one_no_matter() -> None:
    assert "Z-score was never measured" in why(view(patient=YOUNG)["bone.z_score.lowest"])
    assert known(view(boneDensity=Failed("time-out"))["bone.z_score.lowest"]) is None


def test_which_score_applies_can_be_unknown() -> None:
    chart = view(patient=YOUNG, conditions=NotAsked(), boneDensity=[score(SPINE, -2.6)])
    assert "not asked" in why(chart["bone.t_score.lowest"])
    assert "not asked" in why(chart["bone.z_score.lowest"])


def test_bone_density_that_was_not_read() -> None:
    chart = view(boneDensity=Failed("time-out"))
    assert "time-out" in why(chart["bone.t_score.lowest"])
    assert "time-out" in why(chart["bone.t_score.lowest_ever"])


def test_scores_from_elsewhere_while_bone_density_was_not_read() -> None:
    chart = view(boneDensity=Failed("time-out"), diagnosticReports=[report(score(SPINE, -2.7))])
    assert "time-out" in why(chart["bone.t_score.lowest"])
    assert known(chart["bone.t_score.lowest_ever"]) == Range(-10, -2.7)


def test_bone_density_cut_short_newest_first() -> None:
    whole = view(boneDensity=[score(SPINE, -1.7)]).source("boneDensity")
    assert isinstance(whole, Found)
    short = Found(whole.resources, complete=False, why_incomplete="page 2 missing", newest_first=True)
    chart = view(boneDensity=short)
    assert known(chart["bone.t_score.lowest"]) == -1.7
    assert known(chart["bone.t_score.lowest_ever"]) == Range(-10, -1.7)
