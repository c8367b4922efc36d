"""The risk modifiers, counted and named."""

from typing import Any

import pytest

from cds.engine.fact import Cause, Known, Range, Seen, Unknown
from cds.facts.view import View
from tests.facts.builders import MAN, known, view
from tests.facts.given import given

NONE: dict[str, Any] = {
    "patient__age": 60, "patient__sex": "male", "ici__dual": False, "fracture__any_ever": False,
    "glucocorticoid__daily_mg": 0.0, "bone__t_score__lowest": -0.9, "bone__hu__latest": None,
    "bone__vbmd__latest": None, "cancer__prior_chemo_or_radiotherapy": False, "drug__hormone_therapy": False,
}  # fmt: skip
UNREAD = Unknown("could not be read", Cause.NOT_READABLE)


def patient(**facts: Any) -> View:
    return given(view(patient=MAN), **{**NONE, **facts})


def test_none() -> None:
    assert known(patient()["risk.modifiers"]) == 0
    assert known(patient()["risk.named"]) == frozenset()


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"patient__age": 65}, "older age"),
        ({"patient__sex": "female"}, "female sex"),
        ({"ici__dual": True}, "two checkpoint inhibitors"),
        ({"fracture__any_ever": True}, "a prior fracture"),
        ({"glucocorticoid__daily_mg": 7.5}, "high-dose glucocorticoid"),
        ({"bone__t_score__lowest": -1.0}, "low bone density"),
        ({"bone__hu__latest": 160.0}, "low bone density"),
        ({"bone__vbmd__latest": 120.0}, "low bone density"),
        ({"bone__t_score__lowest": UNREAD, "bone__hu__latest": 99.0}, "low bone density"),
        ({"cancer__prior_chemo_or_radiotherapy": True}, "chemotherapy or radiotherapy in the past"),
        ({"drug__hormone_therapy": True}, "hormone therapy"),
    ],
)
def test_each(facts: dict[str, Any], named: str) -> None:
    chart = patient(**facts)
    assert known(chart["risk.modifiers"]) == 1
    assert known(chart["risk.named"]) == {named}


@pytest.mark.parametrize(
    "facts",
    [
        {"patient__age": 64}, {"glucocorticoid__daily_mg": 7.4}, {"bone__t_score__lowest": None},
        {"bone__hu__latest": 161.0}, {"bone__vbmd__latest": 121.0}, {"patient__sex": "other"},
    ],
)  # fmt: skip
def test_just_not(facts: dict[str, Any]) -> None:
    assert known(patient(**facts)["risk.modifiers"]) == 0


def test_what_could_not_be_checked_widens_the_count_and_is_named() -> None:
    chart = patient(patient__age=70, fracture__any_ever=UNREAD, ici__dual=UNREAD, bone__t_score__lowest=UNREAD)
    fact = chart["risk.modifiers"]
    assert known(fact) == Range(1, 4)
    assert isinstance(fact, Known)
    assert fact.note == "could not be checked: two checkpoint inhibitors, a prior fracture, low bone density"
    assert known(chart["risk.named"]) == {"older age"}


def test_a_range_that_may_reach_the_limit_is_not_counted_as_present() -> None:
    assert known(patient(glucocorticoid__daily_mg=Range(5, 10))["risk.modifiers"]) == Range(0, 1)


def test_where_they_were_seen() -> None:
    dual, fracture = Seen("MedicationRequest/1", "2026-11-01"), Seen("Condition/2")
    chart = patient(ici__dual=Known(True, (dual,)), fracture__any_ever=Known(True, (fracture,)))
    assert chart["risk.modifiers"].seen_in == (dual, fracture)


def test_from_a_real_chart() -> None:
    assert "female sex" in known(view()["risk.named"])
    assert "older age" in known(view()["risk.named"])
