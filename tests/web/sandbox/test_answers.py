"""Answering a card: what is accepted is written and told, an override is told why, the next signing differs."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from cds.web.sandbox.ward import NotWritten, Ward
from tests.web.sandbox.bedside import HIP, OPEN, SIGNED, decisions, exchanged, forms, held, page, summaries, ward

TREATED = "on-treatment-13-months"
PART = {"hx-request": "true"}
SUPPOSED: dict[str, Any] = {"if.age": "80"}


async def test_an_accepted_suggestion_is_ordered_and_the_next_signing_differs(tmp_path: Path) -> None:
    async with ward(tmp_path, OPEN) as client:
        text = await page(client, OPEN, **SIGNED)
        _, answer = await exchanged(client, text)
        (card,) = [each for each in answer["cards"] if each["source"]["topic"]["code"] == "baseline-assessment"]
        action, fields = next(
            (a, f) for a, f in forms(text) if f["card"] == card["uuid"] and f["outcome"] == "accepted"
        )
        chosen = next(each for each in card["suggestions"] if each["label"] == "DXA only")
        done = await client.post(action, data={**fields, "suggestion": chosen["uuid"]}, headers=PART)
        written = await held(client, "ServiceRequest", OPEN)
        again = await page(client, OPEN, **SIGNED)
        _, second = await exchanged(client, again)
        metrics = (await client.get("/metrics")).text
    assert done.status_code == 200
    assert "Accepted: DXA only" in done.text
    (order,) = [each for each in written if each["status"] == "active"]
    assert f"ServiceRequest/{order['id']}" in done.text
    assert order["authoredOn"] == "2026-11-24"
    assert 'outcome="accepted"' in metrics
    assert decisions(second)["baseline-assessment"] == "snoozed priority"
    assert "Since the last signing" in again
    assert "Accepted: DXA only" in again
    assert card["summary"] not in summaries(again)


async def test_an_override_needs_its_reason_and_silences_the_card(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        text = await page(client, HIP, **SIGNED)
        action, fields = next((a, f) for a, f in forms(text) if f["outcome"] == "overridden")
        _, answer = await exchanged(client, text)
        reason = answer["cards"][0]["overrideReasons"][0]
        without = await client.post(action, data=fields, headers=PART)
        done = await client.post(
            action, data={**fields, "reason": reason["code"], "comment": "<b>no</b>"}, headers=PART
        )
        again = await page(client, HIP, **SIGNED, mode="fhir")
        _, second = await exchanged(client, again)
    assert without.status_code == 422
    assert "Choose one of the card's reasons" in without.text.replace("&#39;", "'")
    assert reason["display"] in done.text
    assert "<b>no</b>" not in done.text
    assert decisions(second)["antiresorptive"] == "snoozed very-high"
    assert "answered before, silent for now" in again


async def test_without_a_script_the_answer_leads_back_to_the_signed_page(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        text = await page(client, HIP, **SIGNED)
        action, fields = next((a, f) for a, f in forms(text) if f["outcome"] == "accepted")
        _, answer = await exchanged(client, text)
        suggestion = answer["cards"][0]["suggestions"][0]["uuid"]
        done = await client.post(action, data={**fields, "suggestion": suggestion})
        assert done.status_code == 303
        assert "Since the last signing" in (await client.get(done.headers["location"])).text


async def test_a_card_that_nobody_remembers_is_not_answered(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        url = f"/sandbox/patients/{HIP}/answer?drug=nivolumab&hook=order-sign"
        done = await client.post(url, data={"card": "nobody's", "outcome": "accepted", "suggestion": "x"}, headers=PART)
        assert done.status_code == 422
        assert "no longer remembered" in done.text
        assert await held(client, "ServiceRequest", HIP) == []


async def test_a_supposed_answer_changes_nothing(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        supposed = await page(client, HIP, **SIGNED, **SUPPOSED)
        _, answer = await exchanged(client, supposed)
        card = answer["cards"][0]
        told = {"card": card["uuid"], "outcome": "accepted", "suggestion": card["suggestions"][0]["uuid"]}
        url = f"/sandbox/patients/{HIP}/answer?drug=nivolumab&hook=order-sign"
        assert (await client.post(url, data=told, headers=PART)).status_code == 422
        _, second = await exchanged(client, await page(client, HIP, **SIGNED))
    assert decisions(second)["antiresorptive"] == "fires very-high"


async def test_a_card_is_answered_once_however_often_the_answer_is_sent(tmp_path: Path) -> None:
    async with ward(tmp_path, OPEN) as client:
        action, told = _accepting(*(await _signed(client)))
        before = await _counted(client)
        answers = await asyncio.gather(*(client.post(action, data=told, headers=PART) for _ in range(5)))
        later = await client.post(action, data={**told, "outcome": "overridden"}, headers=PART)
        written = await held(client, "ServiceRequest", OPEN)
        again = await page(client, OPEN, **SIGNED)
        counted = await _counted(client)
    assert len([each for each in written if each["status"] == "active"]) == 1
    assert {each.status_code for each in answers} == {200}
    assert {each.text for each in (*answers, later)} == {answers[0].text}
    assert counted == before + 1, "the service was told once"
    assert again.count("Accepted: DXA only") == 1


async def test_what_was_written_before_a_failure_is_not_written_again(tmp_path: Path) -> None:
    tried = 0

    async def failing(self: Ward, resource: dict[str, Any]) -> str:
        nonlocal tried
        tried += 1
        if tried == 2:
            raise NotWritten("the disk is full")
        return await create(self, resource)

    create = Ward.create
    async with ward(tmp_path, TREATED) as client:
        action, told = _accepting(*(await _signed(client, TREATED, "surveillance")), "DXA and labs")
        with patch.object(Ward, "create", failing):
            first = await client.post(action, data=told, headers=PART)
            second = await client.post(action, data=told, headers=PART)
        written = await held(client, "ServiceRequest", TREATED)
    assert (first.status_code, second.status_code) == (422, 200)
    assert "the disk is full" in first.text
    codes = [str(each["code"]) for each in written if each["status"] == "active"]
    assert len(codes) == len(set(codes)) == tried - 1


async def _signed(
    client: httpx.AsyncClient, patient: str = OPEN, topic: str = "baseline-assessment"
) -> tuple[str, Any]:
    """The signed page, and the card on it of that topic."""
    text = await page(client, patient, **SIGNED)
    _, answer = await exchanged(client, text)
    return text, next(each for each in answer["cards"] if each["source"]["topic"]["code"] == topic)


def _accepting(text: str, card: Any, label: str = "DXA only") -> tuple[str, dict[str, str]]:
    """Where the form that accepts the suggestion is sent, and what is in it."""
    action, fields = next((a, f) for a, f in forms(text) if f["card"] == card["uuid"] and f["outcome"] == "accepted")
    chosen = next(each for each in card["suggestions"] if each["label"] == label)
    return action, {**fields, "suggestion": chosen["uuid"]}


async def _counted(client: httpx.AsyncClient) -> float:
    """How often the service was told that a card was answered."""
    lines = (await client.get("/metrics")).text.splitlines()
    told = [each for each in lines if "feedback" in each and "outcome=" in each and not each.startswith("#")]
    return sum(float(each.rpartition(" ")[2]) for each in told if "_created" not in each)
