"""What surveillance and the rule on bone metastasis ask: done again, DXA since, status, courses that ended."""

from datetime import date, timedelta
from typing import Any

import pytest

from cds.engine.fact import Cause, Fact, Known, Range, Span, Unknown
from cds.facts.view import View
from cds.fhir.chart import Failed
from tests.facts.builders import AS_OF, ICD, SCT, code_book, concept, condition, drug, known, observation, view, why
from tests.facts.given import STYLES, Style, given

NIVOLUMAB = "1597876"
START = date(2026, 1, 10)
LATE_ENOUGH = START + timedelta(days=152)
AGAIN = {
    "reassessed.calcium": ("17861-6", 9.2, "mg/dL"),
    "reassessed.vitamin_d": ("62292-8", 34.0, "ng/mL"),
    "reassessed.ctx": ("41171-0", 0.3, "ng/mL"),
    "reassessed.p1np": ("77370-5", 40.0, "ug/L"),
}
CODES = code_book(qct_vbmd=(("urn:ct", "VBMD"),), osteolytic_lesion=(("urn:ct", "LYSIS"),))


def given_on(*days: str) -> dict[str, Any]:
    """Doses of nivolumab on these days."""
    return {"medicationAdministrations": [drug(NIVOLUMAB, on=day, kind="MedicationAdministration") for day in days]}


def reassessed(name: str, on: str, start: Fact | date | Span | None = START, style: Style = STYLES[0]) -> Fact:
    code, value, unit = AGAIN[name]
    asked = view(labs=[style(observation(code, value, unit, on))])
    return given(asked, ici__course_start=start)[name]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", AGAIN)
def test_a_result_counts_from_five_months_into_the_course(name: str, style: Style) -> None:
    assert known(reassessed(name, str(LATE_ENOUGH), style=style)) is True
    assert known(reassessed(name, str(LATE_ENOUGH - timedelta(days=1)), style=style)) is False


@pytest.mark.parametrize("name", AGAIN)
def test_it_counts_for_the_whole_course_however_old(name: str) -> None:
    assert known(reassessed(name, "2024-07-01", date(2024, 1, 10))) is True


@pytest.mark.parametrize("name", AGAIN)
def test_none_is_false_only_where_everything_was_read(name: str) -> None:
    assert known(given(view(), ici__course_start=START)[name]) is False
    assert "time-out" in why(given(view(labs=Failed("time-out")), ici__course_start=START)[name])


def test_a_vague_start_or_date_leaves_it_open() -> None:
    months = Span(date(2026, 1, 1), date(2026, 3, 1))
    assert isinstance(reassessed("reassessed.ctx", "2026-06-15", months), Unknown)
    assert known(reassessed("reassessed.ctx", "2026-08-15", months)) is True
    assert isinstance(reassessed("reassessed.ctx", "2026-06", START), Unknown)
    unread = Unknown("orders could not be read", Cause.NOT_READABLE)
    assert reassessed("reassessed.ctx", "2026-06-15", unread) == unread


def test_nothing_is_asked_for_again_while_it_is_open_whether_there_is_a_course() -> None:
    unread = Unknown("orders could not be read", Cause.NOT_READABLE)
    assert known(given(view(), ici__phase=unread, ici__course_start=unread)["reassessed.ctx"]) is None


@pytest.mark.parametrize(
    ("last", "months"),
    [
        (date(2025, 11, 24), 12),
        (date(2025, 11, 25), 11),
        (None, None),
        (Span(date(2025, 1, 1), date(2025, 12, 31)), Range(10, 22)),
    ],
)
def test_months_since_the_last_dxa(last: Any, months: object) -> None:
    assert known(given(view(), bone__dxa__last_done=last)["bone.dxa.months_since"]) == months


def test_months_since_a_dxa_that_was_not_read_are_unknown() -> None:
    assert "403" in why(view(boneDensity=Failed("403"))["bone.dxa.months_since"])


def ct_view(dxa: Fact | date | Span | None) -> View:
    """QCT before the course and on 2026-10-01, and a last DXA."""
    scans = [
        {
            "resourceType": "Observation", "status": "final", "code": concept(("urn:ct", "VBMD")),
            "effectiveDateTime": day, "valueQuantity": {"value": value, "unit": "mg/cm3"},
        }
        for day, value in (("2025-12-01", 140), ("2026-10-01", 130))
    ]  # fmt: skip
    return given(view(boneDensity=scans, codes=CODES), ici__course_start=START, bone__dxa__last_done=dxa)


@pytest.mark.parametrize(
    ("dxa", "since"),
    [
        (date(2026, 9, 30), False),
        (date(2026, 10, 1), True),
        (date(2026, 11, 1), True),
        (None, False),
        (Span(date(2026, 10, 1), date(2026, 10, 31)), True),
        (Span(date(2026, 1, 1), date(2026, 12, 31)), None),
        (Unknown("403", Cause.NOT_READABLE), None),
    ],
)
def test_whether_a_dxa_followed_the_ct(dxa: Any, since: bool | None) -> None:
    fact = ct_view(dxa)["bone.ct.dxa_since"]
    assert isinstance(fact, Unknown) if since is None else known(fact) is since


def test_a_fall_is_negative_and_without_a_ct_nothing_is_asked() -> None:
    assert known(ct_view(None)["bone.vbmd.change_percent"]) == pytest.approx(-7.14, abs=0.01)
    assert known(view(codes=CODES)["bone.ct.dxa_since"]) is None


@pytest.mark.parametrize(
    ("above", "uncoupled", "signal"),
    [
        (Known(True), Known(False), True),
        (Known(False), Known(True), True),
        (Known(True), Unknown("once", Cause.NEVER_MEASURED), True),
        (Known(False), Unknown("once", Cause.NEVER_MEASURED), False),
        (Unknown("no range", Cause.NOT_STATED), Unknown("once", Cause.NEVER_MEASURED), False),
        (Known(False), Unknown("403", Cause.NOT_READABLE), None),
        (Known(True), Unknown("403", Cause.NOT_READABLE), True),
    ],
)
def test_markers_that_were_not_measured_are_no_signal(above: Fact, uncoupled: Fact, signal: bool | None) -> None:
    facts = given(view(), turnover__ctx_above_range=above, turnover__ctx_rising_p1np_falling=uncoupled)
    fact = facts["turnover.signal"]
    assert isinstance(fact, Unknown) if signal is None else known(fact) is signal


@pytest.mark.parametrize(
    ("codes", "sensitive", "resistant"),
    [(["C61"], False, False), (["C61", "Z19.1"], True, False), (["Z19.1", "Z19.2"], True, True)],
)
def test_hormone_status(codes: list[str], sensitive: bool, resistant: bool) -> None:
    it = view(conditions=[condition((ICD, code)) for code in codes])
    assert known(it["cancer.hormone_sensitive"]) is sensitive
    assert known(it["cancer.hormone_resistant"]) is resistant


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ([condition((ICD, "C34.11"))], True),
        ([condition((SCT, "254637007"))], True),
        ([condition((SCT, "254632001"))], False),
        ([condition((ICD, "C34.11")), condition((SCT, "254632001"))], False),
        ([condition((ICD, "C61"))], False),
        (Failed("403"), None),
    ],
)
def test_lung_cancer_that_is_not_small_cell(conditions: Any, found: bool | None) -> None:
    fact = view(conditions=conditions)["cancer.non_small_cell_lung"]
    assert isinstance(fact, Unknown) if found is None else known(fact) is found


@pytest.mark.parametrize(
    ("days", "start"),
    [
        (("2026-08-01", "2026-10-01"), date(2026, 8, 1)),
        (("2025-11-10", "2026-02-01", "2026-05-04"), date(2025, 11, 10)),
        (("2025-01-10", "2025-11-24"), date(2025, 11, 24)),
        (("2025-01-10", "2025-06-24", "2025-11-24"), date(2025, 1, 10)),
        (("2025-08-10", "2025-11-23"), None),
        ((), None),
    ],
)
def test_a_course_is_followed_for_a_year_after_its_last_dose(days: tuple[str, ...], start: date | None) -> None:
    assert known(view(**given_on(*days))["ici.followed_course_start"]) == start


def test_a_fracture_after_the_course_still_belongs_to_it() -> None:
    broken = condition((ICD, "M80.08XA"), onsetDateTime="2026-10-25")
    it = view(conditions=[broken], **given_on("2025-11-10", "2026-02-01", "2026-05-04"))
    assert known(it["ici.course_start"]) is None
    assert known(it["fracture.new_on_course"]) is True
    assert known(it["ici.agents"]) == {"nivolumab"}


@pytest.mark.parametrize(("day", "new"), [("2026-03-01", True), ("2026-02-28", False)])
def test_an_osteolytic_lesion_by_the_site_s_code(day: str, new: bool) -> None:
    lesion = {**condition(("urn:ct", "LYSIS")), "onsetDateTime": day}
    course = given_on("2026-03-01", "2026-06-01", "2026-09-01", str(AS_OF - timedelta(days=20)))
    assert known(view(conditions=[lesion], codes=CODES, **course)["fracture.osteolytic_on_course"]) is new
    assert known(view(conditions=[lesion], **course)["fracture.osteolytic_on_course"]) is False
