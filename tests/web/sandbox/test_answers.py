"""Answering a card: what is accepted is written and told, an override is told why, the next signing differs."""

from pathlib import Path
from typing import Any

from tests.web.sandbox.bedside import HIP, OPEN, SIGNED, decisions, exchanged, forms, held, page, summaries, ward

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
