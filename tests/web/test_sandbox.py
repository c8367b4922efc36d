"""The sandbox shows what the service answers, in HTML that nothing from a card or a fixture can break out of."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from cds.resources import fixtures_directory
from cds.web.markdown import html, inline
from cds.web.people import plain
from cds.web.stories import fixed_day, people
from tests.web.desk import assert_outcome, caller, desk

PATIENT = "very-high-recent-hip-fracture"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The app on the fixtures' own day."""
    return desk(as_of=None)


async def page(client: httpx.AsyncClient, **query: str) -> str:
    """The page with these choices."""
    response = await client.get("/sandbox", params=query)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    return response.text


def raw(text: str, title: str) -> Any:
    """The JSON that the page shows under that title."""
    shown = re.search(rf"<summary>{title}</summary><pre>(.*?)</pre>", text, re.DOTALL)
    assert shown
    return msgspec.json.decode(unescape(shown[1]))


async def test_the_first_page_lists_every_patient_with_its_story(client: httpx.AsyncClient) -> None:
    text = await page(client)
    for person in people(fixtures_directory(), "patients").values():
        assert f"patient={person.name}&" in text
        assert person.story
        assert str(inline(person.story)) in text


async def test_a_choice_shows_the_cards_of_the_response(client: httpx.AsyncClient) -> None:
    text = await page(client, patient=PATIENT, drug="pembrolizumab")
    sent, answer = raw(text, "The hook request"), raw(text, "The response")
    assert sent["context"]["patientId"] == PATIENT
    assert (
        sent["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"]["text"] == "Pembrolizumab"
    )
    assert answer["cards"]
    for card in answer["cards"]:
        assert f"<h3>{inline(card['summary'])}</h3>" in text
        for suggestion in card.get("suggestions", []):
            assert suggestion["label"] in text
    assert "How this came about" in text
    assert f"as of {fixed_day(fixtures_directory())}" in text


async def test_the_request_shown_gets_the_same_cards_over_http(client: httpx.AsyncClient) -> None:
    shown = raw(await page(client, patient=PATIENT), "The hook request")
    async with caller(desk(as_of=fixed_day(fixtures_directory()))) as other:
        cards = (await other.post("/cds-services/ici-bone-health-order-sign", json=shown)).json()["cards"]
    again = raw(await page(client, patient=PATIENT), "The response")["cards"]
    assert [card["summary"] for card in cards] == [card["summary"] for card in again]


@pytest.mark.parametrize("hook", ["order-sign", "order-select", "patient-view"])
async def test_every_hook_can_be_tried(client: httpx.AsyncClient, hook: str) -> None:
    assert raw(await page(client, patient=PATIENT, hook=hook), "The hook request")["hook"] == hook


async def test_a_recorded_request_can_be_tried(client: httpx.AsyncClient) -> None:
    recorded = people(fixtures_directory(), "requests")
    name = next(iter(recorded))
    assert raw(await page(client, request=name), "The hook request") == plain(recorded[name].read())


@pytest.mark.parametrize(
    "query", [{"patient": "../../etc/passwd"}, {"drug": "aspirin"}, {"hook": "x"}, {"request": "x"}]
)
async def test_what_is_not_there_is_told(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert_outcome(await client.get("/sandbox", params=query), 404)


async def test_the_page_loads_nothing_from_elsewhere_and_runs_no_script(client: httpx.AsyncClient) -> None:
    response = await client.get("/sandbox", params={"patient": PATIENT})
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "<script" not in response.text
    assert re.findall(r'(?:src|stylesheet" href)="([^"]*)"', response.text) == ["/sandbox/sandbox.css"]
    assert (await client.get("/sandbox/sandbox.css")).headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("settings", [{"sandbox": False}, {"env": "production"}])
async def test_it_is_off_where_it_must_be(settings: dict[str, Any]) -> None:
    async with caller(desk(**settings)) as client:
        assert_outcome(await client.get("/sandbox"), 404)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](https://evil.example.org/x.png)",
     "[x](data:text/html,hi)", "<b onclick=x>y</b>"],
)  # fmt: skip
def test_card_text_cannot_become_markup_of_its_own(text: str) -> None:
    for shown in (str(html(text)), str(inline(text))):
        assert not re.search(r"<(script|img|b)\b|(href|src)=\"?(javascript|data):", shown)


def test_without_fixtures_there_is_nothing_to_choose(tmp_path: Path) -> None:
    assert people(tmp_path, "patients") == {}
    assert fixed_day(tmp_path) is None


def test_stories_are_read_from_the_table_of_their_own_section(tmp_path: Path) -> None:
    for folder in ("patients", "requests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ann.json").write_text("{}")
    (tmp_path / "README.md").write_text(
        "today is **2026-11-24**\n\n## Patients\n\n| file | story | shows | expected cards |\n|---|---|---|---|\n"
        "| `ann.json` | Ann, 70 \\| frail. | x | None. |\n\n## Requests\n\n"
        "| file | patient | varied | expected |\n|---|---|---|---|\n"
        "| `ann.json` | ann | – |  |\n"
    )
    patient, request = people(tmp_path, "patients")["ann"], people(tmp_path, "requests")["ann"]
    assert (patient.story, patient.expected) == ("Ann, 70 \\| frail.", "None.")
    assert (request.story, request.expected) == ("ann", "")
    assert str(fixed_day(tmp_path)) == "2026-11-24"
