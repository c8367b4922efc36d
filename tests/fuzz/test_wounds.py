"""Wounded requests without end: cards or a refusal, never a crash, never a patient's words as markup."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds.web import create_app
from tests.fixtures.answering import REQUESTS, house
from tests.fuzz.wounds import wounded
from tests.web.desk import caller

SIGN, SELECT, VIEW = (
    f"/cds-services/ici-bone-health-{hook}" for hook in ("order-sign", "order-select", "patient-view")
)
BY_HOOK = {"order-select": SELECT, "patient-view": VIEW}
CONTROL = (REQUESTS / "very-high-t-score.json").read_bytes()
MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False})
SEEDS = st.integers(min_value=0, max_value=2**63)


async def answered(client: httpx.AsyncClient, body: bytes) -> httpx.Response:
    """The answer of the service whose hook the body names."""
    try:
        hook = json.loads(body).get("hook")
    except (ValueError, AttributeError, RecursionError):
        hook = ""
    return await client.post(BY_HOOK.get(hook if isinstance(hook, str) else "", SIGN), content=body)


def summaries(response: httpx.Response) -> list[tuple[str, str]]:
    """What the cards say."""
    return [(each["summary"], each["detail"]) for each in response.json()["cards"]]


def assert_inert(card: dict[str, Any]) -> None:
    """Nothing in the card, shown as Markdown, is a picture, a script or leads to where it should not."""
    texts = [card["summary"], card.get("detail", ""), *(each["label"] for each in card.get("suggestions", ()))]
    for text in texts:
        shown = MARKDOWN.render(text)
        assert "<img" not in shown, text
        assert "<b>" not in shown, text
        assert 'href="javascript' not in shown, text
        assert "http://evil" not in text  # what makes links of bare addresses finds none


def assert_sound(response: httpx.Response) -> None:
    """Cards that are inert, or a refusal in words."""
    assert response.status_code < 500, response.text
    if response.status_code == 200:
        for card in response.json()["cards"]:
            assert len(card["summary"]) < 140
            assert_inert(card)
    else:
        assert response.json()["resourceType"] == "OperationOutcome"
    assert "Traceback" not in response.text


async def put_to_it(seeds: list[int]) -> None:
    """Every wounded request is answered soundly, and the control request as before."""
    home = house()
    async with caller(create_app(home.settings, home)) as client:
        before = summaries(await client.post(SIGN, content=CONTROL))
        for seed in seeds:
            assert_sound(await answered(client, wounded(seed)))
        assert summaries(await client.post(SIGN, content=CONTROL)) == before


@given(st.lists(SEEDS, min_size=10, max_size=10))
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
async def test_a_few_wounded_requests(seeds: list[int]) -> None:
    await put_to_it(seeds)


@pytest.mark.slow
@given(st.lists(SEEDS, min_size=50, max_size=50))
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
async def test_many_wounded_requests(seeds: list[int]) -> None:
    await put_to_it(seeds)
