"""Bone turnover markers against their own laboratory's range and against each other."""

from typing import Any

import pytest

from cds.fhir.chart import Failed
from tests.facts.builders import known, observation, view, why
from tests.facts.given import STYLES, Style

CTX, P1NP = "41171-0", "77370-5"
RANGE: dict[str, Any] = {
    "referenceRange": [{"low": {"value": 104, "unit": "pg/mL"}, "high": {"value": 1008, "unit": "pg/mL"}}]
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("labs", "above"),
    [
        ([observation(CTX, 1100, "pg/mL", **RANGE)], True),
        ([observation(CTX, 1008, "pg/mL", **RANGE)], False),
        ([observation(CTX, 0.4, "ng/mL", interpretation=[{"coding": [{"code": "H"}]}])], True),
        ([observation(CTX, 1100, "pg/mL", "2026-01-01", **RANGE), observation(CTX, 700, "pg/mL", **RANGE)], False),
        # of types of ranges only the normal one is meant
        ([observation(CTX, 700, "pg/mL", referenceRange=[
            {"type": {"coding": [{"code": "treatment"}]}, "high": {"value": 300, "unit": "pg/mL"}},
            {"type": {"coding": [{"code": "normal"}]}, "high": {"value": 1008, "unit": "pg/mL"}}])], False),
    ],
)  # fmt: skip
def test_ctx_against_its_range(labs: list[dict[str, Any]], above: bool, style: Style) -> None:
    assert known(view(labs=map(style, labs))["turnover.ctx_above_range"]) is above


@pytest.mark.parametrize(
    ("labs", "reason"),
    [
        ([], "CTX was never measured"),
        ([observation(CTX, 700, "pg/mL")], "the laboratory sent no range"),
        ([observation(CTX, 1100, "pg/mL", referenceRange=[{"high": {"value": 0.6, "unit": "ng/mL"}}])], "no range"),
        ([observation(CTX, 700, "pg/mL", referenceRange=[
            {"text": "pre", "high": {"value": 600}}, {"text": "post", "high": {"value": 1000}}])], "no range"),
        ([observation(CTX, 700, "pg/mL", "2024-01-01", **RANGE)], "over 730 days ago"),
    ],
)  # fmt: skip
def test_ctx_against_its_range_unknown(labs: list[dict[str, Any]], reason: str) -> None:
    assert reason in why(view(labs=labs)["turnover.ctx_above_range"])


def markers(ctx: tuple[float, float], p1np: tuple[float, float], unit: str = "ng/mL") -> list[dict[str, Any]]:
    days = ("2026-03-01", "2026-10-01")
    first = [observation(CTX, value, unit, day) for value, day in zip(ctx, days, strict=True)]
    return first + [observation(P1NP, value, "ug/L", day) for value, day in zip(p1np, days, strict=True)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("labs", "uncoupled"),
    [
        (markers((0.3, 0.6), (60, 30)), True),
        (markers((0.6, 0.3), (60, 30)), False),
        (markers((0.3, 0.6), (30, 60)), False),
        (markers((0.3, 0.3), (60, 30)), False),
        (markers((300, 600), (60, 30), "pg/mL"), True),
        ([*markers((0.3, 0.6), (60, 30)), observation(CTX, 0.2, "ng/mL", "2026-11-20")], False),
    ],
)
def test_ctx_rising_while_p1np_falls(labs: list[dict[str, Any]], uncoupled: bool, style: Style) -> None:
    assert known(view(labs=map(style, labs))["turnover.ctx_rising_p1np_falling"]) is uncoupled


@pytest.mark.parametrize(
    ("labs", "reason"),
    [
        ([], "CTX was not measured twice"),
        (markers((0.3, 0.6), (60, 30))[:3], "P1NP was not measured twice"),
        (markers((0.3, 0.6), (60, 30), "U"), "the change cannot be told"),
    ],
)
def test_the_trend_unknown(labs: list[dict[str, Any]], reason: str) -> None:
    assert reason in why(view(labs=labs)["turnover.ctx_rising_p1np_falling"])


def test_one_wrong_direction_settles_the_trend_even_if_the_other_cannot_be_read() -> None:
    labs = [*markers((0.6, 0.3), (60, 30))[:2], *markers((0.6, 0.3), (6000, 30))[2:]]
    assert known(view(labs=labs)["turnover.ctx_rising_p1np_falling"]) is False


@pytest.mark.parametrize("fact", ["turnover.ctx_above_range", "turnover.ctx_rising_p1np_falling"])
def test_labs_that_were_not_read(fact: str) -> None:
    assert "time-out" in why(view(labs=Failed("time-out"))[fact])
