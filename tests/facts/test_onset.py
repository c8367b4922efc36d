"""When a condition began: by date, by age, or not known; never by its record where an onset is told otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Known, Span, Unknown
from cds.engine.spell import value_words
from cds.facts.view import View
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, WOMAN, condition, drug, known, view

UCUM = "http://unitsofmeasure.org"
BORN = "1960-08-21"
RECORDED = "2026-10-10"


def age(value: float, unit: str = "a", **more: Any) -> dict[str, Any]:
    """So many years, months, weeks or days of life."""
    return {"value": value, "unit": unit, "code": unit, "system": UCUM, **more}


def hip(born: str = BORN, recorded: str = RECORDED, **onset: Any) -> View:
    """A broken hip, recorded lately, of a woman whose onset is told so."""
    told = condition((ICD, "S72.001A"), **({"recordedDate": recorded} if recorded else {}), **onset)
    return view(patient={**WOMAN, "birthDate": born}, conditions=[told])


def days(of: View) -> Span | None:
    return of.conditions("fracture").hits[0].when


def between(earliest: str, latest: str) -> Span:
    return Span(date.fromisoformat(earliest), date.fromisoformat(latest))


@pytest.mark.parametrize(
    ("told", "span"),
    [
        (age(25), ("1985-08-21", "1986-08-20")),
        (age(25.5), ("1985-08-21", "1986-08-20")),
        (age(0), ("1960-08-21", "1961-08-20")),
        (age(25, "years"), ("1985-08-21", "1986-08-20")),
        ({"value": 25, "unit": "yrs"}, ("1985-08-21", "1986-08-20")),
        ({"value": 25, "unit": "Jahre", "code": "a"}, ("1985-08-21", "1986-08-20")),
        (age(18, "mo"), ("1962-02-21", "1962-03-20")),
        (age(3, "wk"), ("1960-09-11", "1960-09-17")),
        (age(10, "d"), ("1960-08-31", "1960-08-31")),
        (age(66), ("2026-08-21", "2026-10-10")),  # no later than its record
    ],
)
def test_an_age_is_the_days_on_which_the_patient_was_of_it(told: dict[str, Any], span: tuple[str, str]) -> None:
    assert days(hip(onsetAge=told)) == between(*span)


@pytest.mark.parametrize(
    ("born", "years", "span"),
    [
        ("1960", 25, ("1985-01-01", "1986-12-30")),
        ("1960-08", 25, ("1985-08-01", "1986-08-30")),
        ("1960-02-29", 25, ("1985-03-01", "1986-02-28")),
        ("1960-12-31", 25, ("1985-12-31", "1986-12-30")),
    ],
)
def test_a_birth_date_told_in_part_widens_it(born: str, years: int, span: tuple[str, str]) -> None:
    assert days(hip(born, onsetAge=age(years))) == between(*span)


def test_a_month_too_short_for_the_birthday_ends_on_the_first_of_the_next() -> None:
    assert days(hip("1960-12-31", onsetAge=age(2, "mo"))) == between("1961-03-01", "1961-03-30")


@pytest.mark.parametrize(
    ("told", "span"),
    [
        ({"low": age(20), "high": age(25)}, ("1980-08-21", "1986-08-20")),
        ({"high": age(25)}, ("1960-08-21", "1986-08-20")),
        ({"low": age(20)}, ("1980-08-21", "2026-10-10")),
    ],
)
def test_a_range_of_ages_reaches_from_the_first_day_to_the_last(told: dict[str, Any], span: tuple[str, str]) -> None:
    assert days(hip(onsetRange=told)) == between(*span)


@pytest.mark.parametrize(
    "told",
    [
        {"onsetString": "as a student"},
        {"onsetString": "2010"},
        {"onsetDateTime": "03/05/2024"},
        {"onsetAge": {"value": 25}},
        {"onsetAge": {"unit": "a", "code": "a"}},
        {"onsetAge": age(25, "kg")},
        {"onsetAge": {"value": 25, "unit": "mo", "code": "a"}},
        {"onsetAge": age(25, comparator="<")},
        {"onsetAge": age(-1)},
        {"onsetAge": age(67)},  # not yet
        {"onsetAge": age(1e12)},
        {"onsetRange": {}},
        {"onsetRange": {"low": age(25), "high": age(20)}},
        {"onsetRange": {"low": age(20), "high": {"value": 25}}},
    ],
)
def test_what_cannot_be_dated_is_never_dated_by_its_record(told: dict[str, Any]) -> None:
    it = hip(**told)
    assert days(it) is None
    assert it.conditions("fracture").hits[0].seen.when == ""
    assert isinstance(it["fracture.hip_or_vertebral_ever"], Unknown)


@pytest.mark.parametrize("patient", [{**WOMAN, "birthDate": None}, Failed("403")])
def test_an_age_without_a_day_of_birth_is_no_date(patient: Any) -> None:
    it = view(patient=patient, conditions=[condition((ICD, "M80.08XA"), onsetAge=age(25), recordedDate=RECORDED)])
    assert days(it) is None


def test_a_date_comes_before_an_age_and_the_record_stands_in_where_nothing_is_told() -> None:
    assert days(hip(onsetDateTime="2024-05-01", onsetAge=age(25))) == between("2024-05-01", "2024-05-01")
    assert days(hip()) == between(RECORDED, RECORDED)


def test_a_hip_broken_at_25_is_no_fragility_fracture_however_late_it_is_recorded() -> None:
    it = hip(onsetAge=age(25))
    assert known(it["fracture.fragility_ever"]) is False
    assert known(it["fracture.last"]) is None


def test_a_fracture_told_in_words_came_no_later_than_its_record() -> None:
    told = condition((ICD, "M80.08XA"), onsetString="last winter", recordedDate="2019-03-01")
    it = view(conditions=[told])
    assert known(it["fracture.last"]) == Span(date.min, date(2019, 3, 1))
    assert value_words(known(it["fracture.last"])) == "not later than 2019-03-01"
    assert known(it["fracture.fragility_count"]) == 1


DAYS = ("2026-03-01", "2026-06-01", "2026-09-01", "2026-11-01")
COURSE = [drug("1597876", on=day, kind="MedicationAdministration") for day in DAYS]


@pytest.mark.parametrize(
    ("recorded", "told", "new"),
    [
        ("2026-08-01", {"onsetAge": age(30)}, False),
        ("2026-08-01", {"onsetString": "some time ago"}, None),
        ("2026-02-01", {"onsetString": "some time ago"}, False),
        ("2026-08-01", {}, True),
    ],
)
def test_what_is_new_on_the_course_goes_by_the_age_too(recorded: str, told: dict[str, Any], new: bool | None) -> None:
    broken = [condition((ICD, code), recordedDate=recorded, **told) for code in ("M84.58XA", "M80.051A")]
    it = view(conditions=broken, medicationAdministrations=COURSE)
    for name in ("fracture.pathological_on_course", "fracture.new_on_course"):
        fact = it[name]
        assert isinstance(fact, Unknown) if new is None else known(fact) is new


VISIT: dict[str, Any] = {"category": [{"coding": [{"code": "encounter-diagnosis"}]}]}


@pytest.mark.parametrize(
    ("recorded", "told", "holds"),
    [
        ("2026-11-01", {"onsetAge": age(30)}, True),
        ("2026-11-01", {"onsetString": "since childhood"}, True),
        ("2020-11-01", {"onsetString": "since childhood"}, False),
        ("2020-11-01", {"onsetAge": age(30)}, False),
        ("2020-11-01", {}, False),
    ],
)
def test_a_diagnosis_of_a_visit_is_as_old_as_the_visit(recorded: str, told: dict[str, Any], holds: bool) -> None:
    low = condition((ICD, "E83.51"), recordedDate=recorded, **VISIT, **told)
    assert known(view(conditions=[low])["caution.hypocalcaemia"]) is holds


def test_a_pregnancy_recorded_long_ago_is_over_whatever_its_onset() -> None:
    young = {**WOMAN, "birthDate": "1990-01-01"}
    told = condition((ICD, "Z33.1"), onsetString="in spring", recordedDate="2015-05-01")
    assert isinstance(view(patient=young, conditions=[told])["caution.pregnancy"], Unknown)
    now = {**told, "recordedDate": "2026-10-01"}
    assert isinstance(view(patient=young, conditions=[now])["caution.pregnancy"], Known)
