"""Decisions about synthetic people, as the service would make them: from the chart, and from a hook request."""

from __future__ import annotations

from functools import cache

import msgspec

from cds.decide import Decision, decide
from cds.fhir.chart import Draft
from cds.fhir.decode import decode_draft
from cds.gateway.bundle import chart_of_bundle
from cds.releases.in_force import rules_for
from cds.ruleset.ruleset import RuleSet
from cds.settings import Settings
from cds.synth import Person
from cds.synth.population import PRESENT
from tests.fixtures.answering import FIXTURES


@cache
def ruleset() -> RuleSet:
    """The rule book of a hospital that has codes of its own."""
    return rules_for(Settings(site=FIXTURES / "site.yaml"))


def decided(person: Person, hook: str = "order-sign") -> Decision:
    """What is decided when the person's drafts are signed, or the chart is opened."""
    body = msgspec.json.encode(person.bundle(PRESENT))
    return decide(
        chart_of_bundle(body), draft_of(person) if hook != "patient-view" else Draft(), ruleset(), hook, PRESENT
    )


def draft_of(person: Person) -> Draft:
    """The orders of today: the drafts in the chart, or the next dose of the course."""
    drafts = [each for each in person.resources if each.get("status") == "draft"]
    orders = drafts if not person.life.course.days else [*drafts, *next_dose(person)]
    entries = [
        {"resource": each} for each in [*orders, *(it for it in person.resources if it["resourceType"] == "Medication")]
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return decode_draft(msgspec.json.encode(bundle), frozenset())


def next_dose(person: Person) -> list[dict[str, object]]:
    """The course's own orders, drafted again."""
    agents = len(person.life.course.agents)
    orders = [each for each in person.resources if each["resourceType"] == "MedicationRequest"][-agents:]
    return [{**each, "id": f"draft-{number}", "status": "draft"} for number, each in enumerate(orders, start=1)]
