"""Retry-After is understood as seconds and as a date, and a wait that does not fit is not waited."""

from datetime import UTC, datetime

import httpx
import pytest
import respx

from cds.fhir.chart import Failed
from cds.gateway.asked_wait import asked_wait
from cds.gateway.budget import Budget
from cds.gateway.fetch import Allowance, Fetcher

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC).timestamp()
URL = "https://ehr.example.org/fhir/Patient/1"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("2", 2),
        (" 0 ", 0),
        ("9" * 400, float("inf")),
        ("Tue, 24 Nov 2026 10:00:30 GMT", 30),
        ("Tuesday, 24-Nov-26 10:00:30 GMT", 30),
        ("Tue Nov 24 10:00:30 2026", 30),
        ("Tue, 24 Nov 2026 11:00:30 +0100", 30),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251_606_786_399),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("²", None),
        ("Tue, 24 Nov 99999999999 10:00:30 GMT", None),
        ("Tue, 24 Nov 2026 10:00:30 +99999999999999999999", None),
        ("Tue, 42 Nov 2026 10:00:30 GMT", None),
    ],
)
def test_seconds_and_dates(told: str, seconds: float | None) -> None:
    found = asked_wait(told, NOW)
    assert found == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("told", "calls"),
    [
        ("Tue, 24 Nov 2026 10:05:00 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1),
        ("1000000", 1),
        ("Tue, 24 Nov 2026 10:00:00 GMT", 3),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 3),
        ("0", 3),
        ("whenever", 3),
    ],
)
async def test_a_moment_beyond_the_budget_is_not_waited_for(told: str, calls: int) -> None:
    async with respx.mock(assert_all_called=False) as router, httpx.AsyncClient() as client:
        route = router.get(URL).mock(return_value=httpx.Response(503, headers={"retry-after": told}))
        fetcher = Fetcher(client, 1000, Allowance(1000), now=lambda: NOW)
        assert await fetcher.get(URL, "", Budget.starting_now(5)) == Failed("the FHIR server answered 503")
        assert route.call_count == calls
