"""The sweep gives every day its dose, and counts nothing twice."""

from datetime import date, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.facts.daily import Taken, added, cumulative, days_at_least, has_several, levels, on_day

START = date(2026, 1, 1)
END = date(2026, 12, 31)


def day(n: int) -> date:
    """The n-th day of the year, counted from 0."""
    return START + timedelta(days=n)


def taken(mg: float, first: int, last: int, drug: str = "prednisone", told_by: str = "1", kind: str = "order") -> Taken:
    """A dose from one day to another."""
    return Taken(drug, kind, told_by, day(first), day(last), mg)


@pytest.mark.parametrize(
    ("what", "doses", "grams", "days_30"),
    [
        ("nothing", [], 0, 0),
        ("one course", [taken(40, 0, 9)], 0.4, 10),
        ("one day", [taken(40, 5, 5)], 0.04, 1),
        ("a taper", [taken(40, 0, 6), taken(20, 7, 13)], 0.42, 7),
        ("order and dispense of the same tablets", [taken(40, 0, 9), taken(40, 2, 11, kind="dispense")], 0.48, 12),
        ("morning and evening of one order", [taken(20, 0, 9), taken(10, 0, 9)], 0.3, 10),
        ("two drugs", [taken(20, 0, 9), taken(10, 5, 9, drug="dexamethasone")], 0.25, 5),
        ("a lower order inside a higher one", [taken(40, 0, 9), taken(5, 3, 4, told_by="other")], 0.4, 10),
        ("an order without a dose, and its dispense", [taken(inf, 0, 9), taken(10, 0, 9, kind="dispense")], 0.1, 0),
        ("two orders, one without a dose", [taken(inf, 0, 9), taken(10, 0, 9, told_by="2")], inf, 10),
        ("partly before the window", [taken(30, -10, 4)], 0.15, 5),
        ("partly after the window", [taken(30, 360, 400)], 0.15, 5),
        ("all before the window", [taken(30, -10, -1)], 0, 0),
        ("just below the threshold", [taken(29.9, 0, 9)], 0.299, 0),
    ],
)
def test_doses_add_up_once(what: str, doses: list[Taken], grams: float, days_30: int) -> None:
    found = levels(doses, START, END)
    assert cumulative(found) / 1000 == pytest.approx(grams)
    assert days_at_least(found, 30) == days_30


def test_the_dose_of_a_day() -> None:
    found = levels([taken(40, 0, 6), taken(20, 7, 13)], START, END)
    assert [on_day(found, day(n)) for n in (0, 6, 7, 13, 14)] == [40, 40, 20, 20, 0]


DOSES = st.lists(
    st.builds(
        lambda mg, first, length, drug, kind, told_by: taken(mg, first, first + length, drug, told_by, kind),
        st.integers(1, 80),
        st.integers(-20, 380),
        st.integers(0, 60),
        st.sampled_from(["prednisone", "dexamethasone"]),
        st.sampled_from(["order", "dispense"]),
        st.sampled_from(["1", "2"]),
    ),
    max_size=8,
)


@given(DOSES)
def test_the_sweep_agrees_with_counting_day_by_day(doses: list[Taken]) -> None:
    found = levels(doses, START, END)
    for n in range(365):
        per_record: dict[tuple[str, str, str], float] = {}
        for each in doses:
            if each.first <= day(n) <= each.last:
                key = (each.drug, each.kind, each.told_by)
                per_record[key] = per_record.get(key, 0) + each.mg
        drugs = {drug for drug, _, _ in per_record}
        highest = [max(mg for (name, _, _), mg in per_record.items() if name == drug) for drug in drugs]
        assert on_day(found, day(n)) == pytest.approx(sum(highest))


@pytest.mark.parametrize(
    ("what", "doses", "several", "grams"),
    [
        ("one order", [taken(5, 0, 9)], False, 0.05),
        ("another of a lower dose", [taken(5, 0, 9), taken(2.5, 0, 9, told_by="2")], True, 0.075),
        ("another of the same dose", [taken(5, 0, 9), taken(5, 0, 9, told_by="2")], True, 0.05),
        (
            "two strengths, one of them renewed",
            [taken(20, 0, 9), taken(5, 0, 9), taken(20, 0, 9, told_by="2")],
            True,
            0.25,
        ),
        (
            "twice the same tablet, and once more",
            [taken(5, 0, 9), taken(5, 0, 9), taken(5, 0, 9, told_by="2")],
            True,
            0.1,
        ),
        ("order and dispense", [taken(5, 0, 9), taken(2.5, 0, 9, kind="dispense")], False, 0.05),
        ("two drugs", [taken(5, 0, 9), taken(2.5, 0, 9, drug="dexamethasone")], False, 0.075),
        ("one after the other", [taken(5, 0, 4), taken(2.5, 5, 9, told_by="2")], True, 0.0375),
        ("one without a dose", [taken(inf, 0, 9), taken(10, 0, 9, told_by="2")], True, inf),
    ],
)
def test_prescriptions_of_one_drug_may_be_added(what: str, doses: list[Taken], several: bool, grams: float) -> None:
    assert has_several(doses) is several
    assert cumulative(levels(doses, START, END, added)) / 1000 == pytest.approx(grams)


@given(DOSES)
def test_what_is_added_is_never_less_than_the_highest_and_never_more_than_all(doses: list[Taken]) -> None:
    replaced, besides = levels(doses, START, END), levels(doses, START, END, added)
    for n in range(0, 365, 5):
        everything = sum(each.mg for each in doses if each.first <= day(n) <= each.last)
        assert on_day(replaced, day(n)) <= on_day(besides, day(n)) <= everything
