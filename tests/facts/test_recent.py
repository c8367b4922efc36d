"""Which tests need not be asked for again."""

from datetime import date
from typing import Any

import pytest

from cds.engine.fact import Cause, Fact, Span, Unknown
from cds.fhir.chart import Failed, Found
from tests.facts.builders import known, observation, view, why
from tests.facts.given import STYLES, Style, given

TESTS = {
    "recent.calcium": ("17861-6", 9.2, "mg/dL", "2026-08-26", "2026-08-25"),
    "recent.albumin": ("1751-7", 4.0, "g/dL", "2026-08-26", "2026-08-25"),
    "recent.creatinine": ("2160-0", 0.9, "mg/dL", "2026-08-26", "2026-08-25"),
    "recent.egfr": ("98979-8", 80.0, "mL/min/{1.73_m2}", "2026-08-26", "2026-08-25"),
    "recent.vitamin_d": ("62292-8", 30.0, "ng/mL", "2025-11-24", "2025-11-23"),
    "recent.ctx": ("41171-0", 300.0, "pg/mL", "2026-05-25", "2026-05-24"),
    "recent.p1np": ("77370-5", 40.0, "ng/mL", "2026-05-25", "2026-05-24"),
}


def recent(name: str, *labs: dict[str, Any], course: Fact | date | Span | None = None) -> Fact:
    return given(view(labs=labs), ici__course_start=course)[name]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", TESTS)
def test_the_last_day_that_counts_and_the_day_before(name: str, style: Style) -> None:
    code, value, unit, in_time, too_old = TESTS[name]
    assert known(recent(name, style(observation(code, value, unit, in_time)))) is True
    assert known(recent(name, style(observation(code, value, unit, too_old)))) is False
    assert known(recent(name)) is False


@pytest.mark.parametrize("name", TESTS)
def test_what_was_measured_counts_even_if_it_cannot_be_used(name: str) -> None:
    code, value, _, in_time, _ = TESTS[name]
    assert known(recent(name, observation(code, value, "odd unit", in_time))) is True
    assert known(recent(name, observation(code, "see comment", "", in_time))) is True
    assert known(recent(name, observation(code, value, "x", in_time, status="preliminary"))) is True
    assert known(recent(name, observation(code, value, "x", in_time, status="registered"))) is False
    assert known(recent(name, observation(code, None, "", in_time, dataAbsentReason={"text": "lost"}))) is False


@pytest.mark.parametrize("name", TESTS)
def test_what_settles_nothing(name: str) -> None:
    code, value, unit, _, _ = TESTS[name]
    assert "implausible" in why(recent(name, observation(code, -value, unit)))
    undated = {key: told for key, told in observation(code, value, unit).items() if key != "effectiveDateTime"}
    assert "no date" in why(recent(name, undated))
    assert "time-out" in why(given(view(labs=Failed("time-out")), ici__course_start=None)[name])


def test_any_kind_of_calcium_counts() -> None:
    assert known(recent("recent.calcium", observation("1995-0", 1.2, "mmol/L"))) is True
    assert known(recent("recent.calcium", observation("29265-6", 2.3, "mmol/L"))) is True


def test_an_egfr_that_can_be_computed_counts() -> None:
    assert known(recent("recent.egfr", observation("2160-0", 0.9, "mg/dL"))) is True


@pytest.mark.parametrize(
    ("course", "measured", "expected"),
    [
        (date(2026, 1, 10), "2025-07-12", True),
        (date(2026, 1, 10), "2025-07-10", False),
        (Span(date(2026, 1, 1), date(2026, 1, 31)), "2025-08-10", True),
        (Span(date(2026, 1, 1), date(2026, 1, 31)), "2025-07-20", None),
        (Span(date(2026, 1, 1), date(2026, 1, 31)), "2025-06-10", False),
        (Unknown("orders could not be read", Cause.NOT_READABLE), "2026-06-01", True),
        (Unknown("orders could not be read", Cause.NOT_READABLE), "2025-06-01", None),
    ],
)
def test_a_marker_is_a_baseline_from_six_months_before_the_course(
    course: Any, measured: str, expected: bool | None
) -> None:
    fact = recent("recent.ctx", observation("41171-0", 300, "pg/mL", measured), course=course)
    if expected is None:
        assert isinstance(fact, Unknown)
    else:
        assert known(fact) is expected


def test_labs_cut_short_newest_first() -> None:
    old = view(labs=[observation("1751-7", 4.0, "g/dL", "2026-03-01")]).source("labs")
    assert isinstance(old, Found)
    short = Found(old.resources, complete=False, why_incomplete="page 2 missing", newest_first=True)
    assert known(view(labs=short)["recent.albumin"]) is False
    assert "page 2 missing" in why(view(labs=short)["recent.creatinine"])
