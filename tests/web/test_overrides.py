"""The whole story over HTTP: sign, answer the card, sign again; time passes or things get worse; it is back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from cds.bootstrap import build
from cds.journal.memory import Memory
from cds.settings import Settings
from cds.web import create_app
from tests.cards.made import LOINC, SAFE_LABS, lab
from tests.web.desk import DAY, NIVOLUMAB, PATIENT, SELECT, SIGN, bundle, caller, hook

Plain = dict[str, Any]
EVERY_SOURCE = (
    "conditions", "medicationRequests", "medicationStatements", "medicationAdministrations", "medicationDispenses",
    "allergies", "procedures", "serviceRequests", "diagnosticReports", "labs", "boneDensity", "observations",
)  # fmt: skip
FRAX = (lab("90265-0", 12, "%", "2026-06-01"), lab("90266-8", 2, "%", "2026-06-01"))


def t_score(value: float) -> Plain:
    """A central DXA of last spring."""
    return lab("38267-1", value, "{T-score}", "2026-05-12")


def of_patient(resources: tuple[Plain, ...], patient: str = "p1") -> Plain:
    """A request to sign nivolumab for a patient of whom all was fetched."""

    def own(resource: Plain) -> Plain:
        return {**resource, "subject": {"reference": f"Patient/{patient}"}}

    empty = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    prefetch: Plain = dict.fromkeys(EVERY_SOURCE, empty) | {"labs": bundle(*map(own, resources))}
    request = hook(prefetch={**prefetch, "patient": {**PATIENT, "id": patient}})
    request["context"] |= {"patientId": patient, "draftOrders": bundle(own(NIVOLUMAB))}
    return request


HIGH = of_patient((t_score(-2.7), *FRAX, *SAFE_LABS))
VERY_HIGH = of_patient((t_score(-3.4), *FRAX, *SAFE_LABS))


@dataclass
class Ward:
    """A running service whose day can be moved, and what a prescriber does with it."""

    client: httpx.AsyncClient
    day: date = DAY
    last: dict[str, Plain] = field(default_factory=dict)

    async def sign(self, request: Plain, path: str = SIGN) -> dict[str, str]:
        """Each rule's outcome with its stratum; the cards by topic are in ``last``."""
        response = await self.client.post(path, json=request)
        assert response.status_code == 200, response.text
        body = response.json()
        self.last = {card["source"]["topic"]["code"]: card for card in body["cards"]}
        said = body["extension"]["bone-cds.decisions"]
        return {each["rule"]: f"{each['outcome']} {each.get('stratum', '')}".strip() for each in said}

    async def tell(self, topic: str, outcome: str, *suggestions: Plain) -> None:
        """The card of that topic is answered."""
        report = {"card": self.last[topic]["uuid"], "outcome": outcome, "outcomeTimestamp": "2026-11-24T10:00:00Z"}
        if suggestions:
            report["acceptedSuggestions"] = [{"id": each["uuid"]} for each in suggestions]
        response = await self.client.post(f"{SIGN}/feedback", json={"feedback": [report]})
        assert response.status_code == 200, response.text

    def later(self, days: int) -> None:
        """So many days pass."""
        self.day += timedelta(days=days)


@pytest.fixture
async def ward(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ward]:
    """A ward with an empty memory."""
    settings = Settings(log_level="error")
    found: list[Ward] = []
    monkeypatch.setattr("cds.bootstrap.today", lambda: found[0].day if found else DAY)
    app = create_app(settings, build(settings))
    async with caller(app) as client:
        found.append(Ward(client))
        yield found[0]


async def test_the_story_of_an_override(ward: Ward) -> None:
    assert (await ward.sign(HIGH))["antiresorptive"] == "fires high"
    await ward.tell("antiresorptive", "overridden")
    assert (await ward.sign(HIGH))["antiresorptive"] == "snoozed high"
    assert "antiresorptive" not in ward.last
    assert (await ward.sign(VERY_HIGH))["antiresorptive"] == "fires very-high"
    assert ward.last["antiresorptive"]["summary"].startswith("Very high")
    assert (await ward.sign(HIGH))["antiresorptive"] == "snoozed high"
    ward.later(29)
    assert (await ward.sign(HIGH))["antiresorptive"] == "snoozed high"
    ward.later(2)
    assert (await ward.sign(HIGH))["antiresorptive"] == "fires high"
    assert "antiresorptive" in ward.last


async def test_an_override_counts_for_every_prescriber_and_hook(ward: Ward) -> None:
    await ward.sign(HIGH)
    await ward.tell("antiresorptive", "overridden")
    other = {**HIGH, "context": {**HIGH["context"], "userId": "Practitioner/another", "patientId": "Patient/p1"}}
    assert (await ward.sign(other))["antiresorptive"] == "snoozed high"
    selecting = {**HIGH, "hook": "order-select"}
    assert (await ward.sign(selecting, SELECT))["antiresorptive"] == "snoozed high"


async def test_an_override_counts_for_one_patient_of_one_server(ward: Ward) -> None:
    await ward.sign(HIGH)
    await ward.tell("antiresorptive", "overridden")
    somebody = of_patient((t_score(-2.7), *FRAX, *SAFE_LABS), "p2")
    assert (await ward.sign(somebody))["antiresorptive"] == "fires high"
    elsewhere = {**HIGH, "fhirServer": "https://other.example.org/fhir"}
    assert (await ward.sign(elsewhere))["antiresorptive"] == "fires high"


async def test_the_story_of_an_accepted_drug(ward: Ward) -> None:
    await ward.sign(HIGH)
    drug = ward.last["antiresorptive"]["suggestions"][0]
    await ward.tell("antiresorptive", "accepted", drug)
    ward.later(179)
    assert (await ward.sign(HIGH))["antiresorptive"].startswith("snoozed")
    ward.later(1)
    assert not (await ward.sign(HIGH))["antiresorptive"].startswith("snoozed")


async def test_the_story_of_accepted_tests(ward: Ward) -> None:
    bare = of_patient(())
    assert (await ward.sign(bare))["baseline-assessment"].startswith("fires")
    by_label = {each["label"]: each for each in ward.last["baseline-assessment"]["suggestions"]}
    await ward.tell("baseline-assessment", "accepted", by_label["DXA only"])
    ward.later(89)
    assert (await ward.sign(bare))["baseline-assessment"].startswith("snoozed")
    ward.later(1)
    assert (await ward.sign(bare))["baseline-assessment"].startswith("fires")
    by_label = {each["label"]: each for each in ward.last["baseline-assessment"]["suggestions"]}
    await ward.tell("baseline-assessment", "accepted", by_label["DXA and labs"])
    ward.later(29)
    assert (await ward.sign(bare))["baseline-assessment"].startswith("snoozed")
    ward.later(1)
    assert (await ward.sign(bare))["baseline-assessment"].startswith("fires")


async def test_what_could_not_be_read_is_silenced_until_it_gets_worse(ward: Ward) -> None:
    assert (await ward.sign(hook()))["data-gaps"] == "fires unread-safety"
    await ward.tell("data-gaps", "overridden")
    assert (await ward.sign(hook()))["data-gaps"] == "snoozed unread-safety"
    assert "data-gaps" not in ward.last
    worse = hook()
    nameless = {**NIVOLUMAB, "id": "draft-2", "medicationCodeableConcept": {"coding": []}}
    worse["context"]["draftOrders"] = bundle(NIVOLUMAB, nameless)
    assert (await ward.sign(worse))["data-gaps"] == "fires unreadable-order"


async def test_feedback_is_counted_known_or_not(ward: Ward) -> None:
    await ward.sign(HIGH)
    await ward.tell("antiresorptive", "overridden")
    strange = {"feedback": [{"card": "nobody's", "outcome": "accepted"}]}
    assert (await ward.client.post(f"{SIGN}/feedback", json=strange)).status_code == 200
    page = (await ward.client.get("/metrics")).text
    service = 'service="ici-bone-health-order-sign"'
    assert f'bone_cds_feedback_total{{card="known",outcome="overridden",{service}}} 1.0' in page
    assert f'bone_cds_feedback_total{{card="unknown",outcome="accepted",{service}}} 1.0' in page
    assert (await ward.sign(HIGH))["antiresorptive"] == "snoozed high"


async def test_the_memory_of_a_running_service_is_bounded() -> None:
    settings = Settings(as_of=DAY, log_level="error", remembered_cards=4, remembered_patients=2)
    house = build(settings)
    async with caller(create_app(settings, house)) as client:
        ward = Ward(client)
        for number in range(6):
            await ward.sign(of_patient((t_score(-2.7), *SAFE_LABS), f"q{number}"))
            await ward.tell("antiresorptive", "overridden")
    kept = house.journal.journal
    assert isinstance(kept, Memory)
    assert (len(vars(kept)["_cards"]), len(vars(kept)["_patients"])) == (4, 2)


def test_the_labs_of_these_stories_are_coded_as_labs() -> None:
    assert {each["code"]["coding"][0]["system"] for each in (*SAFE_LABS, *FRAX)} == {LOINC}
