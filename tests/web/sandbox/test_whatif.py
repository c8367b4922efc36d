"""What-if: every change makes its fact what was supposed, through a record that the service reads like any other."""

from pathlib import Path
from typing import Any

import pytest

from cds.engine.fact import Fact, Known, Unknown
from cds.facts.view import View
from cds.fhir.chart import Draft
from cds.fhir.elements import Coding
from cds.releases.in_force import rules_for
from cds.resources import fixtures_directory
from cds.settings import Settings
from cds.web.sandbox.offers import Change, Offers
from cds.web.sandbox.state import FAULTS, UNKNOWN
from cds.web.sandbox.whatif import Record, Supposing, chart_of
from tests.web.desk import DAY
from tests.web.sandbox.bedside import HIP, SIGNED, decisions, exchanged, page, summaries, ward

RULES = rules_for(Settings())
CHANGES = Offers(RULES.codes, fixtures_directory()).changes
PATIENTS = (HIP, "bone-metastasis", "very-high-glucocorticoid-5-g", "insufficiency-si-units")
WORSE: dict[str, Any] = {"if.t": "-3.4", "if.fracture": "yes"}
NUMBERS = {
    "age": 63,
    "t": -2.9,
    "mof": 21,
    "hip": 4.6,
    "calcium": 8.3,
    "egfr": 33,
    "creatinine": 1.9,
    "vitd": 17,
    "steroid": 40,
}


def record_of(name: str) -> Record:
    """The fixture as a list of resources."""
    from msgspec import json

    body = (fixtures_directory() / "patients" / f"{name}.json").read_bytes()
    return [each["resource"] for each in json.decode(body)["entry"]]


def fact_of(name: str, change: Change, value: str) -> Fact:
    """The change's fact in that patient's record, as it is supposed."""
    record = Supposing(RULES, DAY).record(record_of(name), [(change.id, value)], CHANGES)
    return View(chart_of(record), Draft(), RULES.codes, RULES.numbers, DAY)[change.fact]


@pytest.mark.parametrize("name", PATIENTS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_change_makes_its_fact_what_was_supposed(name: str, change: Change) -> None:
    values = [NUMBERS[change.id]] if change.is_number else [True, False]
    for value in values:
        said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        fact = fact_of(name, change, said)
        assert isinstance(fact, Known), fact
        assert fact.value == value or "adjusted here" in fact.note  # FRAX, for glucocorticoids


@pytest.mark.parametrize("name", PATIENTS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_anything_can_be_made_unknown(name: str, change: Change) -> None:
    assert isinstance(fact_of(name, change, UNKNOWN), Unknown)


def test_no_glucocorticoid_is_none_at_all() -> None:
    assert fact_of("very-high-glucocorticoid-5-g", CHANGES["steroid"], "0") == Known(0.0)


def test_every_code_of_the_data_file_stands_in_a_value_set() -> None:
    for change in CHANGES.values():
        for given in filter(None, (change.gives, change.doubt)):
            concept = given.get("code") or given["medicationCodeableConcept"]
            codings = [Coding(system=each["system"], code=each["code"]) for each in concept["coding"]]
            assert all(RULES.codes.concepts_of_coding(each) for each in codings), change.id


async def test_before_and_after_are_shown_and_nothing_is_written(tmp_path: Path) -> None:
    async with ward(tmp_path, "low-risk") as client:
        before = await page(client, "low-risk", **SIGNED)
        after = await page(client, "low-risk", **SIGNED, **WORSE)
        again = await page(client, "low-risk", **SIGNED)
        _, answer = await exchanged(client, after)
        held = (await client.get("/fhir/Observation", params={"code": "http://loinc.org|38267-1"})).json()
    assert decisions(answer)["antiresorptive"] == "fires very-high"
    assert "Before and after" in after
    assert "speaks: very-high" in after
    assert "Before and after" not in before
    assert summaries(before) == summaries(again) != summaries(after)
    assert "supposed" not in str(held)
    assert "cannot be accepted or overridden" in after


@pytest.mark.parametrize("mode", ["prefetch", "fhir"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_broken_source_is_never_no_finding(tmp_path: Path, fault: str, mode: str) -> None:
    async with ward(tmp_path, budget_seconds=2 if fault == "timeout" else 30) as client:
        query: dict[str, Any] = {**SIGNED, "mode": mode, "broken": "conditions", "fault": fault}
        text = await page(client, HIP, **query)
        _, answer = await exchanged(client, text)
    said = decisions(answer)
    assert said["data-gaps"] == "fires unread-safety"
    assert not said["antiresorptive"].startswith("fires")
    assert "Bone-health check incomplete" in " ".join(summaries(text))


@pytest.mark.parametrize("source", ["labs", "boneDensity", "observations"])
async def test_only_the_source_that_was_meant_is_broken(tmp_path: Path, source: str) -> None:
    async with ward(tmp_path) as client:
        text = await page(client, HIP, **SIGNED, broken=source, mode="fhir")
    failed = text.count('<tr class="failed">')
    assert failed == 1
