"""Stories are read from the fixtures' README, and no text of a card or a fixture can become markup of its own."""

import re
from pathlib import Path

import pytest

from cds.resources import fixtures_directory
from cds.web.markdown import html, inline
from cds.web.sandbox.stories import fixed_day, patient_stories, people
from tests.web.sandbox.bedside import SIGNED, decisions, exchanged, page, ward

CERNER = "cerner-habits"


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


def test_every_synthetic_patient_has_a_story_of_its_own() -> None:
    told = patient_stories(fixtures_directory())
    assert len(told) == len(people(fixtures_directory(), "patients"))
    assert all(each.story for each in told.values())


def test_stories_are_read_from_the_table_of_their_own_section(tmp_path: Path) -> None:
    for folder in ("patients", "requests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ann.json").write_text('{"resourceType": "Patient", "id": "a-1"}')
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
    assert patient_stories(tmp_path)["a-1"] == patient


@pytest.mark.parametrize("mode", ["prefetch", "fhir"])
async def test_what_is_coded_otherwise_is_read_when_it_is_sent_but_not_found_by_a_search(
    tmp_path: Path, mode: str
) -> None:
    (name,) = [each for each, told in patient_stories(fixtures_directory()).items() if told.name == CERNER]
    async with ward(tmp_path, CERNER) as client:
        sent = await client.get(f"/sandbox/requests/{CERNER}")
        _, recorded = await exchanged(client, sent.text)
        _, searched = await exchanged(client, await page(client, name, **SIGNED, mode=mode))
        ours = (await client.get("/fhir/Observation", params={"code": "http://loinc.org|38267-1"})).json()
        theirs = (await client.get("/fhir/Observation", params={"code": "https://loinc.org|38267-1"})).json()
    assert (ours["total"], theirs["total"]) == (0, 1)
    assert decisions(recorded)["antiresorptive"] == "fires high"
    assert decisions(recorded)["baseline-assessment"] == "silent"
    assert decisions(searched)["baseline-assessment"] == "fires priority"
    assert not decisions(searched)["antiresorptive"].startswith("fires")
    told = patient_stories(fixtures_directory())[name].expected
    assert "Antiresorptive `high`" in told
    assert "baseline `priority`" in told
