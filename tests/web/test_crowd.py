"""One request too many is told to come back; what stands around the hooks is let in; every answer bears its headers."""

import asyncio
from typing import Any

import httpx
import pytest

from cds.fhir.chart import Chart
from tests.web.desk import SIGN, assert_outcome, caller, desk, desk_with, hook
from tests.web.test_hooks import Broken

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


class Waiting:
    """A reader that waits until it is let go, and then falls over."""

    def __init__(self) -> None:
        self.inside = 0
        self.let_go = asyncio.Event()

    async def read(self, *_: Any) -> Chart:
        """Waits."""
        self.inside += 1
        await self.let_go.wait()
        raise OSError


async def test_one_too_many_is_told_to_come_back_and_the_others_are_answered() -> None:
    waiting = Waiting()
    async with caller(desk_with(waiting, max_concurrent=3)) as client:
        held = [asyncio.create_task(client.post(SIGN, json=hook())) for _ in range(3)]
        while waiting.inside < 3:
            await asyncio.sleep(0)
        refused = await client.post(SIGN, json=hook(), headers={"origin": "https://ehr.example.org"})
        assert_outcome(refused, 503, "too many requests")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["access-control-allow-origin"] == "*"
        for path in ("/healthz", "/readyz", "/metrics", "/cds-services"):
            assert (await client.get(path)).status_code == 200
        waiting.let_go.set()
        assert [each.status_code for each in await asyncio.gather(*held)] == [500] * 3
        assert (await client.post(SIGN + "/feedback", json={"feedback": []})).status_code != 503


@pytest.mark.parametrize("path", ["/cds-services", "/healthz", "/readyz", "/metrics", "/sandbox", "/nowhere", SIGN])
async def test_every_answer_bears_the_headers(client: httpx.AsyncClient, path: str) -> None:
    for response in (await client.get(path), await client.post(path, json=hook()), await client.put(path)):
        assert "default-src 'none'" in response.headers["content-security-policy"]
        for name, value in HEADERS.items():
            assert response.headers.get_list(name) == [value]


async def test_a_crash_bears_them_too_and_https_is_kept_to() -> None:
    async with caller(desk_with(Broken())) as client:
        crashed = await client.post(SIGN, json=hook())
    assert crashed.status_code == 500
    assert HEADERS.items() <= dict(crashed.headers).items()
    assert "strict-transport-security" not in crashed.headers
    async with caller(desk(public_url="https://cds.example.org")) as client:
        assert "max-age" in (await client.get("/healthz")).headers["strict-transport-security"]
