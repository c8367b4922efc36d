"""FRAX read and adjusted, OST computed, Mel-ICI read."""

from typing import Any

import pytest

from cds.engine.fact import Cause, Fact, Known, Range, Unknown, Value
from cds.facts.view import View
from cds.fhir.chart import Failed
from tests.facts.builders import LOINC, WOMAN, code_book, concept, known, observation, view, why
from tests.facts.given import STYLES, Style, given

MOF, HIP, WEIGHT = "90265-0", "90266-8", "29463-7"
NO_DOSE = Unknown("dose not stated", Cause.NOT_STATED)


def frax(*entries: dict[str, Any], dose: Fact | Value = 0.0, **more: Any) -> View:
    return given(view(boneDensity=entries, **more), glucocorticoid__daily_mg=dose)


def assessment(mof: float, hip: float, unit: str = "%") -> dict[str, Any]:
    """Both probabilities as components of one entry."""
    parts = ((MOF, mof), (HIP, hip))
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": "FRAX"},
        "effectivePeriod": {"start": "2026-02"},
        "component": [
            {"code": concept((LOINC, code)), "valueQuantity": {"value": value, "unit": unit}} for code, value in parts
        ],
    }  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("entry", "mof"),
    [
        (observation(MOF, 18, "%"), 18),
        (observation(MOF, 0.6, "%"), 0.6),
        (observation(MOF, 18, "pct"), 18),
        (observation(MOF, "18 %"), 18),
        (observation(MOF, 18, ""), 18),
        (observation(MOF, "<1 %"), Range(high=1, high_open=True)),
    ],
)
def test_frax(entry: dict[str, Any], mof: object, style: Style) -> None:
    assert known(frax(style(entry))["frax.mof"]) == mof


def test_frax_of_two_components() -> None:
    chart = frax(assessment(21, 3.4))
    assert (known(chart["frax.mof"]), known(chart["frax.hip"])) == (21, 3.4)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([], "was never measured"),
        ([observation(MOF, 250, "%")], "FRAX major fracture probability of 250 % on 2026-11-01 is implausible"),
        ([observation(MOF, 0.2, "1")], "a fraction or per cent?"),
        ([observation(MOF, 0.2, "")], "a fraction or per cent?"),
        ([observation(MOF, 18, "1")], "unit not convertible"),
        ([observation(MOF, "high")], "not a number"),
        ([observation(MOF, 18, "%", status="preliminary")], "only a preliminary"),
    ],
)
def test_no_frax_and_why(entries: list[dict[str, Any]], reason: str) -> None:
    assert reason in why(frax(*entries)["frax.mof"])


@pytest.mark.parametrize(
    ("dose", "mof", "hip"),
    [
        (7.5, 20.0, 3.0),
        (7.6, 23.0, 3.6),
        (Range(10, 20), 23.0, 3.6),
        (Range(5, 20), Range(20, 23), Range(3, 3.6)),
        (NO_DOSE, Range(20, 23), Range(3, 3.6)),
        (None, 20.0, 3.0),
    ],
)
def test_frax_is_adjusted_above_the_dose(dose: Fact | Value, mof: object, hip: object) -> None:
    chart = frax(assessment(20, 3), dose=dose)
    assert (known(chart["frax.mof"]), known(chart["frax.hip"])) == (mof, hip)


@pytest.mark.parametrize(
    "more",
    [
        {"method": {"text": "FRAX, adjusted for glucocorticoid dose"}},
        {"code": {**concept((LOINC, MOF)), "text": "FRAX MOF (glucocorticoid-adjusted)"}},
        {"method": {"coding": [{"system": "urn:x", "code": "1", "display": "Adjusted FRAX"}]}},
    ],
)
def test_frax_that_says_it_is_adjusted_stays(more: dict[str, Any]) -> None:
    fact = frax({**observation(MOF, 20, "%"), **more}, dose=15.0)["frax.mof"]
    assert known(fact) == 20
    assert isinstance(fact, Known)
    assert "adjusted" in fact.note


@pytest.mark.parametrize(
    "method",
    ["unadjusted", "not adjusted for glucocorticoids", "without glucocorticoid adjustment", "no steroid adjustment"],
)
@pytest.mark.parametrize(("dose", "mof"), [(5.0, 20), (15.0, 23), (NO_DOSE, Range(20, 23))])
def test_frax_that_says_it_is_not_adjusted_is_adjusted_here(method: str, dose: Fact | Value, mof: object) -> None:
    chart = frax({**observation(MOF, 20, "%"), "method": {"text": method}}, dose=dose)
    assert known(chart["frax.mof"]) == mof


@pytest.mark.parametrize(("dose", "mof"), [(5.0, 20), (15.0, Range(20, 23)), (NO_DOSE, Range(20, 23))])
def test_frax_that_names_glucocorticoids_and_no_more_is_both(dose: Fact | Value, mof: object) -> None:
    fact = frax({**observation(MOF, 20, "%"), "method": {"text": "FRAX, glucocorticoids"}}, dose=dose)["frax.mof"]
    assert known(fact) == mof
    assert isinstance(fact, Known)
    assert ("its words do not tell" in fact.note) is (mof != 20)


def test_frax_entries_of_one_day_that_do_not_agree_are_both() -> None:
    plain = observation(MOF, 20, "%")
    chart = frax(plain, {**plain, "method": {"text": "adjusted for glucocorticoids"}}, dose=15.0)
    assert known(chart["frax.mof"]) == Range(20, 23)


def test_the_entry_of_two_components_says_it_for_both() -> None:
    chart = frax({**assessment(20, 3), "code": {"text": "FRAX, adjusted for glucocorticoids"}}, dose=15.0)
    assert (known(chart["frax.mof"]), known(chart["frax.hip"])) == (20, 3)


@pytest.mark.parametrize(
    ("born", "applies"), [("1986-11-25", False), ("1986-11-24", True), ("1935-11-25", True), ("1935-11-24", False)]
)
def test_frax_from_forty_to_ninety(born: str, applies: bool) -> None:
    chart = frax(observation(MOF, 20, "%"), patient={**WOMAN, "birthDate": born})
    assert known(chart["frax.age_applies"]) is applies
    assert known(chart["frax.mof"]) == (20 if applies else None)


def test_frax_at_an_unsure_age() -> None:
    assert "birth date" in why(frax(patient={**WOMAN, "birthDate": "1986"})["frax.age_applies"])
    assert "birth date" in why(frax(patient={**WOMAN, "birthDate": "1986"})["frax.hip"])


@pytest.mark.parametrize(
    ("entries", "recent"),
    [
        ([observation(HIP, 3, "%", "2024-11-24")], True),
        ([observation(MOF, 3, "%", "2024-11-24")], True),
        ([observation(MOF, 3, "%", "2024-11-23")], False),
        ([], False),
    ],
)
def test_recent_frax(entries: list[dict[str, Any]], recent: bool) -> None:
    assert known(frax(*entries)["frax.recent"]) is recent


def test_frax_that_was_not_read() -> None:
    chart = given(view(boneDensity=Failed("time-out")), glucocorticoid__daily_mg=0.0)
    for fact in ("frax.mof", "frax.hip", "frax.recent"):
        assert "time-out" in why(chart[fact])
    undated = {key: told for key, told in observation(MOF, 3, "%").items() if key != "effectiveDateTime"}
    assert "no date" in why(frax(undated)["frax.recent"])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("weight", "score"), [(observation(WEIGHT, 60, "kg"), -2.2), (observation(WEIGHT, 176.37, "[lb_av]"), 1.8)]
)
def test_ost(weight: dict[str, Any], score: float, style: Style) -> None:
    assert known(view(observations=[style(weight)])["ost.score"]) == score


def test_no_ost_and_why() -> None:
    assert "body weight was never measured" in why(view()["ost.score"])
    weight = [observation(WEIGHT, 60, "kg")]
    assert "birth" in why(view(observations=weight, patient={**WOMAN, "birthDate": None})["ost.score"])


def test_mel_ici_is_only_read_under_a_sites_codes() -> None:
    entry = {**observation("x", 5, ""), "code": {"coding": [{"system": "urn:ours", "code": "MELICI"}]}}
    codes = code_book(mel_ici_score=(("urn:ours", "MELICI"),))
    assert known(view(observations=[entry], codes=codes)["mel_ici.score"]) == 5
    assert (
        known(
            view(observations=[{**entry, "valueQuantity": {"value": 5, "unit": "{score}"}}], codes=codes)[
                "mel_ici.score"
            ]
        )
        == 5
    )
    assert known(view(codes=codes)["mel_ici.score"]) is None
    assert known(view(observations=Failed("time-out"), codes=codes)["mel_ici.score"]) is None
    unset = view(observations=[entry])["mel_ici.score"]
    assert isinstance(unset, Known)
    assert (unset.value, unset.note) == (None, "no codes for this score are configured")
