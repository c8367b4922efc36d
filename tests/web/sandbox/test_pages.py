"""The pages: patients with their stories, the chart, the order, the cards as they came, and everything behind them."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from cds.resources import fixtures_directory
from cds.synth import Population
from cds.web.assets import GUARD
from cds.web.markdown import inline
from cds.web.sandbox.offers import Offers
from cds.web.sandbox.stories import patient_stories
from tests.web.desk import DAY, SELECT, SIGN, VIEW, assert_outcome, caller, desk
from tests.web.sandbox.bedside import (
    HIP,
    OPEN,
    SIGNED,
    decisions,
    exchanged,
    json_bytes,
    page,
    query_of,
    summaries,
    ward,
)


async def test_the_first_page_lists_the_patients_with_their_stories(tmp_path: Path) -> None:
    async with ward(tmp_path, HIP, OPEN) as client:
        text = (await client.get("/sandbox")).text
        found = (await client.get("/sandbox", params={"q": "hip FRACTURE"})).text
        none = (await client.get("/sandbox", params={"q": "nobody like this"})).text
    stories = patient_stories(fixtures_directory())
    for name in (HIP, OPEN):
        assert f'href="/sandbox/patients/{name}"' in text
        assert str(inline(stories[name].story)) in text
    assert "1 of 2 patients" in found
    assert f"/sandbox/patients/{OPEN}" not in found
    assert "0 of 2 patients" in none


@pytest.mark.parametrize(("hook", "service"), [("patient-view", VIEW), ("order-select", SELECT), ("order-sign", SIGN)])
async def test_each_step_fires_its_hook_and_shows_the_cards_of_the_response(
    tmp_path: Path, hook: str, service: str
) -> None:
    async with ward(tmp_path, OPEN) as client:
        text = await page(client, OPEN, drug="pembrolizumab", hook=hook)
        sent, answer = await exchanged(client, text)
        again = (await client.post(service, json=sent)).json()
    assert sent["hook"] == hook
    assert ("draftOrders" in sent["context"]) is (hook != "patient-view")
    assert [each["summary"] for each in answer["cards"]] == summaries(text)
    assert [each["summary"] for each in again["cards"]] == summaries(text)
    for card in answer["cards"]:
        assert card["source"]["topic"]["display"] in text
        for each in card.get("suggestions", []):
            assert each["label"] in text
            assert all(action["description"] in text for action in each["actions"])
        assert all(each["display"] in text for each in card.get("overrideReasons", []))


async def test_both_ways_of_reading_the_chart_give_the_same_answer(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        sent = await page(client, HIP, **SIGNED)
        read = await page(client, HIP, **SIGNED, mode="fhir")
        (with_prefetch, first), (without, second) = await exchanged(client, sent), await exchanged(client, read)
    assert set(with_prefetch) == {"hook", "hookInstance", "context", "prefetch"}
    assert without["fhirServer"] == "http://cds.example.org/fhir"
    assert "prefetch" not in without
    assert decisions(first) == decisions(second)
    assert summaries(sent) == summaries(read) != []
    for text in (sent, read):
        assert "laboratory results" in text
        assert "query</small>" in text


async def test_the_side_panel_tells_the_reasons_with_their_resources(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        text = await page(client, HIP, **SIGNED)
    assert "Start a bone-protective drug?" in text
    assert "last fragility fracture is 2026-06-14" in text
    assert 'href="http://cds.example.org/fhir/Condition/' in text


async def test_several_drugs_and_a_dxa_stand_in_one_draft(tmp_path: Path) -> None:
    async with ward(tmp_path, OPEN) as client:
        text = await page(client, OPEN, drug=["nivolumab", "ipilimumab"], dxa="1", hook="order-sign")
        sent, _ = await exchanged(client, text)
    drafted = [each["resource"] for each in sent["context"]["draftOrders"]["entry"]]
    assert [each["resourceType"] for each in drafted] == ["MedicationRequest", "MedicationRequest", "ServiceRequest"]
    assert "alone it does not fire the rules" in text
    assert "Central DXA" in text


async def test_a_drug_is_added_by_name_or_brand_and_the_address_holds_it(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        response = await client.get(f"/sandbox/patients/{HIP}", params={"add": "keytruda", "drug": "nivolumab"})
    assert response.status_code == 303
    assert query_of(response.headers["location"]) == {"drug": ["nivolumab", "pembrolizumab"], "hook": ["order-select"]}


def test_every_inhibitor_of_the_code_book_can_be_ordered(tmp_path: Path) -> None:
    app_codes = Offers(_codes(), fixtures_directory())
    lineage = app_codes.codes.lineage
    ours = {name for name in app_codes.codes.concepts if "pd-1-pd-l1-inhibitor" in lineage(name)}
    assert ours - {"pd-1-pd-l1-inhibitor", "pd-1-inhibitor", "pd-l1-inhibitor"} <= set(app_codes.agents)
    for regimen in app_codes.regimens:
        assert set(regimen.drugs) <= set(app_codes.agents)
    assert {app_codes.agent_named(each.title) for each in app_codes.agents.values()} == set(app_codes.agents.values())
    assert app_codes.agent_named("aspirin") is None


def _codes() -> Any:
    from cds.releases.in_force import rules_for
    from cds.settings import Settings

    return rules_for(Settings()).codes


WISHES = [
    ({"add": "aspirin"}, "“aspirin” is no checkpoint inhibitor of the rule book"),
    ({"drug": "aspirin"}, "“aspirin” is not a drug that can be ordered here"),
    ({"hook": "order-sign"}, "Choose a drug first"),
    ({"hook": "x"}, "There is no hook “x” here"),
    ({"mode": "x"}, "no way “x” of reading"),
    ({"if.t": "low"}, "T-score, lowest can be a number from -6 to 4, or unknown, not “low”"),
    ({"if.t": "40"}, "not “40”"),
    ({"if.x": "1"}, "There is no what-if called “x”"),
    ({"if.fracture": "perhaps"}, "can be yes, no or unknown"),
    ({"broken": "x"}, "There is no FHIR source called “x”"),
    ({"broken": "labs", "fault": "x"}, "cannot be broken by “x”"),
    ({"add": "<script>alert(1)</script>"}, "is no checkpoint inhibitor"),
]


async def test_what_cannot_be_done_is_said_and_the_page_goes_on(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        for query, words in WISHES:
            response = await client.get(f"/sandbox/patients/{HIP}", params=query)
            assert response.status_code == 200
            assert words in response.text
            assert "Order entry" in response.text
            assert "<script>alert" not in response.text


async def test_who_is_not_there_is_told_on_a_page(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        for path in ("patients/nobody", "requests/none", "exchanges/none/request"):
            response = await client.get(f"/sandbox/{path}")
            assert response.status_code == 404
            assert "There is nothing here" in response.text


async def test_a_page_loads_only_our_own_files_and_runs_nothing_of_its_own(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        response = await client.get(f"/sandbox/patients/{HIP}", params=SIGNED)
    assert response.headers["content-security-policy"] == GUARD["content-security-policy"]
    text = response.text
    assert text.count("<script") == text.count('<script src="/static/')
    assert " style=" not in text
    assert "<style" not in text
    assert " onclick=" not in text


@pytest.mark.parametrize("settings", [{"sandbox": False}, {"fhir_server": False}])
async def test_it_is_off_where_it_must_be(settings: dict[str, Any]) -> None:
    async with caller(desk(**settings)) as client:
        assert_outcome(await client.get("/sandbox"), 404)


async def test_a_recorded_request_can_be_tried(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        response: httpx.Response = await client.get("/sandbox/requests/very-high-t-score")
    assert response.status_code == 200
    assert "Very high fracture risk" in response.text


async def test_a_synthetic_patient_brings_its_own_story(tmp_path: Path) -> None:
    for person in Population(2):
        (tmp_path / f"{person.id}.json").write_bytes(json_bytes(person.bundle(DAY)))
    async with ward(tmp_path) as client:
        text = (await client.get("/sandbox")).text
    for person in Population(2):
        assert person.story in text


async def test_a_course_of_results_is_a_sparkline_and_a_table(tmp_path: Path) -> None:
    async with ward(tmp_path, "ctx-rising-p1np-falling") as client:
        text = await page(client, "ctx-rising-p1np-falling")
    assert "CTX over time" in text
    assert "2 results, from 0.25 on" in text
    assert text.count('class="plot spark"') >= 2
    assert "Every value as a table" in text
