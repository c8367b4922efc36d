"""What the page shows is what any client of the service would get: its status, its headers, its limits, its gate."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.access.signing import clients_file
from tests.web.desk import SIGN, hook
from tests.web.sandbox.bedside import HIP, SIGNED, exchanged, forms, json_bytes, page, ward
from tests.web.test_signed import LISTED

SUPPOSED: dict[str, Any] = {"if.t": "-3.4"}
COUNTED = f'bone_cds_requests_total{{route="{SIGN.rpartition("/")[0]}/{{service_id}}",status="%d"}}'


async def counted(client: httpx.AsyncClient, status: int) -> float:
    """How often the service's hook route answered so."""
    lines = (await client.get("/metrics")).text.splitlines()
    return sum(float(each.rpartition(" ")[2]) for each in lines if each.startswith(COUNTED % status))


async def shown_cards(client: httpx.AsyncClient) -> float:
    """How many cards were shown, as the service counts them."""
    lines = (await client.get("/metrics")).text.splitlines()
    return sum(float(each.rpartition(" ")[2]) for each in lines if each.startswith("bone_cds_cards_total{"))


def headers_of(text: str) -> dict[str, str]:
    """The headers of the response, as the page shows them."""
    found = re.search(r'<pre tabindex="0">HTTP \d+\n(.*?)</pre>', text, re.DOTALL)
    assert found is not None
    return dict(each.split(": ", 1) for each in found[1].splitlines())


async def test_a_signing_is_a_request_like_any_other(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        before = await counted(client, 200)
        text = await page(client, HIP, **SIGNED)
        after, cards = await counted(client, 200), await shown_cards(client)
        sent, answer = await exchanged(client, text)
        response = await client.post(SIGN, json=sent)
    assert after == before + 1
    assert cards == len(answer["cards"]) > 0
    headers = headers_of(text)
    assert "answered 200" in text
    assert set(headers) == set(response.headers)
    same = set(headers) - {"x-request-id"}
    assert {name: headers[name] for name in same} == {name: response.headers[name] for name in same}


async def test_what_is_only_supposed_is_asked_for_but_not_counted_as_shown(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        await page(client, HIP, **SIGNED, **SUPPOSED)
        asked, cards = await counted(client, 200), await shown_cards(client)
    assert asked == 2  # as it is, and as it is supposed
    assert cards == 0


@pytest.mark.parametrize("mode", ["prefetch", "fhir"])
async def test_the_services_limits_are_met(tmp_path: Path, mode: str) -> None:
    async with ward(tmp_path, max_body_bytes=3000) as client:
        text = await page(client, HIP, **SIGNED, mode=mode)
        _, answer = await exchanged(client, text)
    if mode == "fhir":
        assert answer["cards"]
        return
    assert "The service refused the request (413)" in text
    assert "longer than 3000 bytes" in text
    assert answer["resourceType"] == "OperationOutcome"
    assert headers_of(text)["connection"] == "close"


async def test_the_answer_comes_in_the_version_that_unsigned_callers_understand(tmp_path: Path) -> None:
    async with ward(tmp_path, hooks_version="1.0") as client:
        sent, answer = await exchanged(client, await page(client, HIP, **SIGNED))
        theirs = (await client.post(SIGN, json=sent)).json()
    assert [sorted(each) for each in answer["cards"]] == [sorted(each) for each in theirs["cards"]]
    assert all("uuid" not in each for each in answer["cards"])


async def test_a_service_that_wants_signed_calls_is_told_on_the_page_in_words(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"require_jwt": True, "public_url": "http://cds.example.org"}
    patients = tmp_path / "patients"
    patients.mkdir()
    async with ward(patients, clients=clients_file(tmp_path, LISTED), **settings) as client:
        text = await page(client, HIP, **SIGNED)
        asked = await client.get(f"/sandbox/patients/{HIP}/tips", params=SIGNED)
        mine = {"file": ("mine.json", json_bytes(hook()))}
        brought = await client.post("/sandbox/own", files=mine, data={"text": ""})
        own = (await client.get(brought.headers["location"])).text
        turned_away = await counted(client, 401)
    for each in (text, own):
        assert "The service refused the request (401)" in each
        assert "sign every request with a JWT" in each
    assert "Order entry" in text
    assert asked.status_code == 401
    assert "sign every request with a JWT" in asked.text
    assert turned_away == 3
    assert not list(forms(text))
