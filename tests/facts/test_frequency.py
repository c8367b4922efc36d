"""Timing as EHRs write it, as times a day."""

import msgspec
import pytest

from cds.facts.frequency import times
from cds.fhir.elements import Timing


def timing(**members: object) -> Timing:
    """The timing of that FHIR fragment."""
    return msgspec.convert(members, Timing)


def repeat(**members: object) -> Timing:
    """A timing that is only a repetition."""
    return timing(repeat=members)


@pytest.mark.parametrize(
    ("name", "given", "per_day", "days"),
    [
        ("once a day", repeat(frequency=1, period=1, periodUnit="d"), 1, None),
        ("twice a day", repeat(frequency=2, period=1, periodUnit="d"), 2, None),
        ("every 12 hours", repeat(frequency=1, period=12, periodUnit="h"), 2, None),
        ("a period without frequency means one", repeat(period=8, periodUnit="h"), 3, None),
        ("every other day", repeat(frequency=1, period=2, periodUnit="d"), 0.5, None),
        ("weekly", repeat(frequency=1, period=1, periodUnit="wk"), 1 / 7, None),
        ("two to three times", repeat(frequency=2, frequencyMax=3, period=1, periodUnit="d"), 3, None),
        ("at named moments", repeat(when=["MORN", "EVE"]), 2, None),
        ("at clock times", repeat(timeOfDay=["08:00:00", "14:00:00", "20:00:00"]), 3, None),
        (
            "once a week on three days",
            repeat(frequency=1, period=1, periodUnit="wk", dayOfWeek=["mon", "wed", "fri"]),
            3 / 7,
            None,
        ),
        (
            "three times a week on three days",
            repeat(frequency=3, period=1, periodUnit="wk", dayOfWeek=["mon", "wed", "fri"]),
            3 / 7,
            None,
        ),
        (
            "three times a week on two days",
            repeat(frequency=3, period=1, periodUnit="wk", dayOfWeek=["mon", "wed"]),
            3 / 7,
            None,
        ),
        ("every second week", repeat(frequency=1, period=2, periodUnit="wk", dayOfWeek=["mon", "wed"]), 1 / 7, None),
        (
            "three days, twice on each",
            repeat(period=1, periodUnit="wk", dayOfWeek=["mon", "wed", "fri"], timeOfDay=["08:00:00", "20:00:00"]),
            6 / 7,
            None,
        ),
        (
            "once a day at two clock times",
            repeat(frequency=1, period=1, periodUnit="d", timeOfDay=["08:00:00", "20:00:00"]),
            2,
            None,
        ),
        ("on two days of the week", repeat(dayOfWeek=["mon", "thu"]), 2 / 7, None),
        ("on weekdays, twice", repeat(frequency=2, period=1, periodUnit="d", dayOfWeek=["mon", "fri"]), 4 / 7, None),
        ("ten doses, two a day", repeat(frequency=2, period=1, periodUnit="d", count=10), 2, 5),
        ("one dose only", repeat(count=1), 1, 1),
        ("a code", timing(code={"coding": [{"code": "BID"}]}), 2, None),
        ("an AM code", timing(code={"coding": [{"code": "AM"}]}), 1, None),
        ("a code only in words", timing(code={"text": "Every 6 hours"}), 4, None),
        (
            "a local code with a display",
            timing(code={"coding": [{"code": "42", "display": "Three times daily"}]}),
            3,
            None,
        ),
        ("once, in words", timing(code={"text": "Once"}), 1, 1),
        (
            "an empty repetition and a code",
            timing(repeat={"boundsPeriod": {"start": "2026-01-01"}}, code={"text": "daily"}),
            1,
            None,
        ),
        ("a frequency without a period", repeat(frequency=2), None, None),
        ("a period without a unit", repeat(frequency=1, period=1), None, None),
        ("words that are not understood", timing(code={"text": "per protocol"}), None, None),
        ("nothing", timing(), None, None),
    ],
)
def test_times_a_day(name: str, given: Timing, per_day: float | None, days: int | None) -> None:
    found = times(given)
    assert found.per_day == (None if per_day is None else pytest.approx(per_day))
    assert found.days == days


@pytest.mark.parametrize(
    ("more", "differ"),
    [
        ({"frequency": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}, True),
        ({"frequency": 3, "periodUnit": "wk", "dayOfWeek": ["mon", "wed"]}, True),
        ({"frequency": 3, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}, False),
        ({"frequency": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}, False),
        ({"frequency": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]}, True),
        ({"frequency": 2, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]}, False),
        ({"frequency": 2, "periodUnit": "d", "dayOfWeek": ["mon", "fri"]}, False),
    ],
)
def test_a_frequency_that_differs_from_what_is_named_says_so(more: dict[str, object], differ: bool) -> None:
    note = "its frequency and the days or times that it names differ: the more frequent is counted"
    assert (note in times(repeat(period=1, **more)).notes) is differ


def test_what_was_assumed_is_said() -> None:
    assert times(repeat(frequency=1, period=1, periodUnit="wk")).notes == (
        "given less than once a day: averaged over the days between doses",
    )
    assert times(repeat(frequency=1, frequencyMax=2, period=1, periodUnit="d")).notes == (
        "a range: counted at its highest",
    )
    assert times(None).per_day is None
