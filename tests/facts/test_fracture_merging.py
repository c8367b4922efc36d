"""Which records are one fracture: after-care, sides, vertebrae, and dates that are not exact."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Cause, Range, Span, Unknown
from cds.facts.fracture_place import ANYWHERE, Match, Place, places_of
from cds.facts.fracture_reading import fractures
from cds.facts.view import View
from tests.facts.builders import ICD, SCT, WOMAN, condition, drug, known, view, why

OLD = {**WOMAN, "birthDate": "1930-01-01"}
DAYS = ("2026-03-01", "2026-06-01", "2026-09-01", "2026-11-01")
COURSE: dict[str, Any] = {
    "medicationAdministrations": [drug("1597876", on=day, kind="MedicationAdministration") for day in DAYS]
}


def fracture(*codes: str, on: str = "", recorded: str = "", **more: Any) -> dict[str, Any]:
    """A fracture by ICD-10-CM codes, with its onset or only its record."""
    dates = {"onsetDateTime": on, "recordedDate": recorded}
    return condition(*((ICD, code) for code in codes), **{name: day for name, day in dates.items() if day}, **more)


def chart(*told: dict[str, Any], patient: dict[str, Any] = OLD, **more: Any) -> View:
    return view(patient=patient, conditions=list(told), **more)


@pytest.mark.parametrize("letter", ["D", "G", "K", "P", "S"])
@pytest.mark.parametrize(
    "code", ["S22.080", "S32.010", "S72.001", "S72.21X", "S52.501", "S42.201", "M80.051", "M48.56X"]
)
def test_after_care_names_the_fracture_before_it_however_old(code: str, letter: str) -> None:
    it = chart(fracture(f"{code}A", on="2015-03-10"), fracture(f"{code}{letter}", recorded="2026-08-10"), **COURSE)
    assert known(it["fracture.fragility_count"]) == 1
    assert known(it["fracture.last"]) == date(2015, 3, 10)
    assert known(it["fracture.new_on_course"]) is False


def test_after_care_names_the_newest_fracture_before_it() -> None:
    told = [fracture("M80.051A", on="2015-03-10"), fracture("M80.051A", on="2024-03-10")]
    it = chart(*told, fracture("M80.051K", recorded="2025-08-10"), fracture("M80.051A", on="2026-02-10"))
    assert known(it["fracture.fragility_count"]) == 3
    by_day = {each.when: each.seen for each in it.once(fractures)}
    assert [seen.ref for seen in by_day[Span(date(2024, 3, 10), date(2024, 3, 10))]] == [
        "Condition/condition-2", "Condition/condition-3",
    ]  # fmt: skip


def test_after_care_alone_is_one_fracture_no_later_than_its_first_record() -> None:
    told = [fracture(f"M80.051{letter}", recorded=day) for letter, day in (("K", "2026-09-01"), ("D", "2026-08-10"))]
    it = chart(*told, **COURSE)
    assert known(it["fracture.fragility_count"]) == 1
    assert known(it["fracture.last"]) == Span(date.min, date(2026, 8, 10))
    assert isinstance(it["fracture.new_on_course"], Unknown)
    assert all(seen.when == "" for seen in it["fracture.hip_or_vertebral_ever"].seen_in)


def test_after_care_alone_that_is_recorded_before_the_course_is_not_new_on_it() -> None:
    it = chart(fracture("M80.051D", recorded="2026-02-10"), **COURSE)
    assert known(it["fracture.new_on_course"]) is False


def test_after_care_of_an_injury_does_not_tell_at_which_age_the_bone_broke() -> None:
    fact = chart(fracture("S72.001S", recorded="2026-08-10"))["fracture.hip_or_vertebral_ever"]
    assert why(fact) == "age at a fracture is not known: the date is missing or vague"
    young = {**WOMAN, "birthDate": "1985-01-01"}
    assert known(chart(fracture("S72.001S", recorded="2026-08-10"), patient=young)["fracture.fragility_ever"]) is False


@pytest.mark.parametrize(
    "first",
    [
        fracture("S72.001A", on="1975-03-10"),  # at 45
        fracture("S72.001A", "V43.52XA", on="2020-03-10"),
    ],
)
def test_after_care_makes_no_fragility_fracture_of_one_that_was_none(first: dict[str, Any]) -> None:
    it = chart(first, fracture("S72.001D", recorded="2026-08-10"))
    assert known(it["fracture.fragility_ever"]) is False


@pytest.mark.parametrize(
    ("told", "count"),
    [
        # of the other side: a fracture of its own
        ([fracture("M80.051A", on="2019-03-01"), fracture("M80.052D", recorded="2026-03-01")], 2),
        # with an onset of its own: a fracture of its own
        ([fracture("M80.051A", on="2019-03-01"), fracture("M80.051D", on="2026-03-01")], 2),
        # recorded before the record of the fracture, which tells no onset
        ([fracture("M80.051A", recorded="2026-03-20"), fracture("M80.051D", recorded="2026-03-01")], 1),
        ([fracture("M80.051A", on="2026-03-20"), fracture("M80.051D", recorded="2026-03-01")], 2),
    ],
)
def test_which_after_care_is_a_fracture_of_its_own(told: list[dict[str, Any]], count: int) -> None:
    assert known(chart(*told)["fracture.fragility_count"]) == count


def test_the_last_fracture_lies_between_the_last_known_day_and_the_last_possible() -> None:
    it = chart(fracture("M80.051A", on="2019-03-01"), fracture("M80.052D", recorded="2026-03-01"))
    assert known(it["fracture.last"]) == Span(date(2019, 3, 1), date(2026, 3, 1))


def test_after_care_alone_leaves_open_whether_a_glucocorticoid_was_taken_that_day() -> None:
    use = [drug("312615", on="2026-04-01")]
    fact = chart(fracture("M80.051D", recorded="2026-08-10"), medicationRequests=use)["fracture.on_glucocorticoid"]
    assert why(fact) == "a glucocorticoid was taken, and a fragility fracture is recorded without its day"


@pytest.mark.parametrize(
    ("first", "after", "new"),
    [
        ("M84.58XA", "M84.58XD", False),
        ("M84.48XA", "M84.58XK", False),  # the disease was told later
        ("M84.551A", "M84.551G", False),
        ("M84.553A", "M84.552S", False),
        ("M84.50XA", "M84.58XD", False),
        ("M84.551A", "M84.552D", None),  # of the other leg: since when is not told
        ("M84.551A", "M84.58XD", None),
        ("", "M84.58XD", None),
    ],
)
def test_after_care_is_no_new_pathological_fracture(first: str, after: str, new: bool | None) -> None:
    told = [fracture(first, on="2025-06-10")] if first else []
    fact = chart(*told, fracture(after, recorded="2026-08-10"), **COURSE)["fracture.pathological_on_course"]
    if new is None:
        assert isinstance(fact, Unknown)
        assert fact.cause is Cause.UNDATED
    else:
        assert known(fact) is new


@pytest.mark.parametrize(
    ("told", "new"),
    [
        ([fracture("M84.58XD", recorded="2026-02-10")], False),
        ([fracture("M84.58XD", on="2026-08-10")], True),
        ([fracture("M84.58XA", recorded="2026-08-10")], True),
        ([fracture("M84.58XA", on="2026-08-01"), fracture("M84.58XD", recorded="2026-09-01")], True),
    ],
)
def test_what_is_a_new_pathological_fracture(told: list[dict[str, Any]], new: bool) -> None:
    assert known(chart(*told, **COURSE)["fracture.pathological_on_course"]) is new


HIP_SCT, SPINE_SCT = (SCT, "359817006"), (SCT, "15724005")


@pytest.mark.parametrize(
    ("one", "two", "count"),
    [
        # sides
        ("S72.001A", "S72.002A", 2), ("S72.21XA", "S72.22XA", 2), ("S72.024A", "S72.015A", 2),
        ("S52.501A", "S52.502A", 2), ("S42.201A", "S42.295A", 2), ("M80.051A", "S72.142A", 2),
        ("S72.001A", "S72.009A", 1), ("S72.026A", "S72.002A", 1), ("S72.001A", "S72.141A", 1),
        ("M80.051A", "S72.001A", 1), ("M80.059A", "S72.001A", 1), ("S72.0", "S72.002A", 1),
        # bones of the arm
        ("S52.501A", "S42.201A", 2), ("M80.021A", "S52.501A", 2), ("M80.031A", "S52.501A", 1),
        # vertebrae
        ("S22.080A", "S32.010A", 2), ("S32.010A", "S32.020A", 2), ("S22.050A", "S22.060A", 2),
        ("S22.000A", "S32.000A", 2), ("M48.54XA", "S32.010A", 2), ("M48.56XA", "S22.080A", 2),
        ("S22.080A", "S22.082A", 1), ("S22.000A", "S22.080A", 1), ("S32.009A", "S32.040A", 1),
        ("M80.08XA", "S22.080A", 1), ("M48.50XA", "S32.010A", 1), ("M48.55XA", "S32.010A", 1),
        ("M48.55XA", "S22.080A", 1), ("M48.56XA", "S32.050A", 1),
        # it may be the same: the regions overlap, the other half of the pelvic ring
        ("M48.55XA", "M48.56XA", Range(1, 2)), ("M48.54XA", "M48.55XA", Range(1, 2)),
        ("S32.591A", "S32.592A", Range(1, 2)), ("S32.511A", "S32.811A", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "days", [("2023-03-10", "2023-03-10"), ("2023-03-10", "2023-04-20"), ("2023-04-20", "2023-03-10")]
)
def test_two_codes_that_cannot_both_be_true_are_two_fractures(
    one: str, two: str, count: Any, days: tuple[str, str]
) -> None:
    it = chart(fracture(one, on=days[0]), fracture(two, on=days[1]))
    assert known(it["fracture.fragility_count"]) == count
    assert known(it["fracture.fragility_ever"]) is True


@pytest.mark.parametrize(
    ("coded", "code"), [(HIP_SCT, "S72.001A"), (HIP_SCT, "S72.002A"), (SPINE_SCT, "S32.010A"), (SPINE_SCT, "S22.080A")]
)
def test_the_same_fracture_in_snomed_and_in_icd_is_one(coded: tuple[str, str], code: str) -> None:
    it = chart(condition(coded, onsetDateTime="2026-03-01"), fracture(code, on="2026-03-05"))
    assert known(it["fracture.fragility_count"]) == 1


def test_a_record_of_no_side_between_both_sides_is_one_of_them() -> None:
    told = [fracture(code, on=day) for code, day in
            (("S72.009A", "2026-03-01"), ("S72.001A", "2026-03-02"), ("S72.002A", "2026-03-03"))]  # fmt: skip
    assert known(chart(*told)["fracture.fragility_count"]) == 2
    spine = [fracture(code, on="2026-03-01") for code in ("M80.08XA", "S32.010A", "S22.080A", "S22.060A")]
    assert known(chart(*spine)["fracture.fragility_count"]) == 3


def test_codes_of_one_record_that_exclude_one_another_are_one_fracture_or_two() -> None:
    it = chart(fracture("S22.080A", "S32.010A", on="2026-03-01"))
    assert known(it["fracture.fragility_count"]) == Range(1, 2)
    assert known(it["fracture.last"]) == date(2026, 3, 1)
    assert known(chart(fracture("S72.001A", "M80.059A", on="2026-03-01"))["fracture.fragility_count"]) == 1


@pytest.mark.parametrize(
    ("one", "two", "count"),
    [
        ("2026-03", "2026-03-20", 1),
        ("2019", "2019-11-20", 1),  # the same, told more exactly
        ("2019-03", "2019-06", Range(1, 2)),  # 31 to 121 days apart
        ("2019", "2020-02-01", Range(1, 2)),
        ("2019", "2021", 2),
    ],
)
def test_dates_that_are_not_exact_leave_it_open_where_they_may_be_close(one: str, two: str, count: Any) -> None:
    assert known(chart(fracture("M80.051A", on=one), fracture("M80.051A", on=two))["fracture.fragility_count"]) == count


@pytest.mark.parametrize(("recorded", "count"), [("2019-04-01", 1), ("2026-10-01", Range(1, 2)), ("2018-06-01", 2)])
def test_a_fracture_told_in_words_may_be_one_told_before(recorded: str, count: Any) -> None:
    words = fracture("M80.051A", recorded=recorded, onsetString="a while ago")
    it = chart(fracture("M80.051A", on="2019-03-01"), words)
    assert known(it["fracture.fragility_count"]) == count
    fact = it["fracture.last"]
    assert isinstance(fact, Unknown) if recorded > "2026" else known(fact) == date(2019, 3, 1)


def test_what_is_not_in_the_code_is_not_told() -> None:
    (hit,) = chart(condition(HIP_SCT)).conditions("fracture").hits
    assert places_of(hit) == (ANYWHERE,)
    assert ANYWHERE.match(Place(sides=frozenset("R"))) is Match.SAME
