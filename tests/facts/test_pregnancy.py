"""Pregnancy: true, false for a stated reason, or unknown."""

from __future__ import annotations

from typing import Any

import pytest

from cds.engine.fact import Cause, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, MAN, SCT, WOMAN, concept, condition, known, observation, view, why

YOUNG = {**WOMAN, "birthDate": "1990-05-05"}
URINE, SERUM, STATUS = "2106-3", "2118-8", "82810-3"


def status(*codings: tuple[str, str], text: str = "", on: str = "2026-11-10") -> dict[str, Any]:
    """A US Core pregnancy status."""
    return observation(STATUS, on=on, valueCodeableConcept=concept(*codings, text=text))


@pytest.mark.parametrize(
    "sources",
    [
        {"conditions": [condition((SCT, "77386006"), text="Pregnancy (finding)")]},
        {"conditions": [condition((ICD, "Z34.90"), status="", recordedDate="2026-09-01")]},
        {"conditions": [condition((ICD, "O09.90"), verificationStatus={"coding": [{"code": "provisional"}]})]},
        {"observations": [status((SCT, "77386006"))]},
        {"observations": [status((SCT, "77386006"), on="2026-08-01")]},
        {"labs": [observation(URINE, "Positive")]},
        {"labs": [observation(SERUM, status="preliminary", valueCodeableConcept=concept((SCT, "10828004")))]},
        {"labs": [observation(URINE, "Negative", on="2026-10-20"), observation(URINE, "POSITIVE", on="2026-11-02")]},
    ],
)  # fmt: skip
def test_pregnant(sources: dict[str, Any]) -> None:
    assert known(view(patient=YOUNG, **sources)["caution.pregnancy"]) is True


@pytest.mark.parametrize(
    ("patient", "sources"),
    [
        (MAN, {}),
        ({**MAN, "birthDate": "1990-05-05"}, {"conditions": Failed("403"), "observations": Failed("403")}),
        (WOMAN, {}),
        ({**WOMAN, "birthDate": "1971-11-24"}, {"labs": Failed("403")}),  # 55 today
        (YOUNG, {"labs": [observation(URINE, "Negative")], "conditions": Failed("403")}),
        (YOUNG, {"conditions": [condition((ICD, "Z78.0"))]}),
        (YOUNG, {"labs": [observation(URINE, "NEGATIVE", on="2026-10-25")]}),
        (YOUNG, {"labs": [observation(URINE, on="2026-11-20", interpretation=[concept(("", "NEG"))])]}),
        (YOUNG, {"observations": [status(text="Not pregnant")]}),
        (YOUNG, {"labs": [observation(SERUM, "Negative")],
                 "conditions": [condition((SCT, "77386006"), onsetDateTime="2022-01-01")]}),
        (YOUNG, {"labs": [observation(SERUM, "Negative")],
                 "conditions": [condition((SCT, "77386006"), status="resolved")]}),
    ],
)  # fmt: skip
def test_not_pregnant_or_the_question_does_not_arise(patient: dict[str, Any], sources: dict[str, Any]) -> None:
    assert known(view(patient=patient, **sources)["caution.pregnancy"]) is False


@pytest.mark.parametrize("born", ["1971-11-25", "1971", ""])
def test_the_age_has_to_be_certain(born: str) -> None:
    assert isinstance(view(patient={**WOMAN, "birthDate": born})["caution.pregnancy"], Unknown)


@pytest.mark.parametrize(
    ("sources", "reason", "cause"),
    [
        ({}, "pregnancy status is not recorded, and no test", Cause.NEVER_MEASURED),
        ({"labs": [observation(URINE, "Negative", on="2026-10-24")]},
         "pregnancy was last asked or tested for on 2026-10-24, more than 30 days ago", Cause.TOO_OLD),
        ({"labs": [observation(URINE, "Negative", on="2026-11-20", status="preliminary")]},
         "pregnancy status is not recorded, and no test", Cause.NEVER_MEASURED),
        ({"observations": [status(text="Unknown")]},
         "pregnancy status is not recorded, and no test", Cause.NEVER_MEASURED),
        ({"labs": Failed("500")}, "laboratory results could not be read: 500", Cause.NOT_READABLE),
        ({"labs": [observation(URINE, "Negative", on="")]}, "the pregnancy test has no date", Cause.UNDATED),
    ],
)  # fmt: skip
def test_unknown_with_a_reason(sources: dict[str, Any], reason: str, cause: Cause) -> None:
    fact = view(patient=YOUNG, **sources)["caution.pregnancy"]
    assert isinstance(fact, Unknown)
    assert (fact.why, fact.cause) == (reason, cause)


def test_a_negative_test_does_not_help_when_newer_ones_may_have_been_missed() -> None:
    it = view(patient=YOUNG, labs=[observation(URINE, "Negative")], observations=Failed("500"))
    assert why(it["caution.pregnancy"]) == "observations could not be read: 500"


def test_a_pregnant_man_is_a_contradiction_that_is_shown_and_not_used() -> None:
    fact = view(patient=MAN, conditions=[condition((ICD, "Z33.1"), recordedDate="2026-09-01")])["caution.pregnancy"]
    assert isinstance(fact, Unknown)
    assert fact.cause is Cause.IMPLAUSIBLE
    assert fact.seen_in
