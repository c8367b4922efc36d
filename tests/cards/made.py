"""Decisions for tests of cards: real rules, real facts, a patient made of a few resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

from cds.cards.compose import respond
from cds.decide import Decision, decide
from cds.fhir.decode import decode_draft
from cds.gateway.bundle import chart_of_bundle
from cds.gateway.recorded import recorded
from cds.hooks.request import read_request
from cds.hooks.response import encode
from cds.releases.in_force import rules_for
from cds.repeats import Remembered
from cds.resources import rules_directory
from cds.ruleset.book import Site
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet
from cds.settings import Settings

Plain = dict[str, Any]
AS_OF = date(2026, 11, 24)
CANONICAL = "https://bone-cds.example.org/fhir"
LOINC = "http://loinc.org"
PATIENT: Plain = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1956-05-01"}


@cache
def rule_set() -> RuleSet:
    """The shipped rules with default site settings."""
    return rules_for(Settings())


def rules_of(site: Site) -> RuleSet:
    """The shipped rules as that site uses them."""
    return load(rules_directory(), site)


def lab(code: str, value: float, unit: str, when: str = "2026-11-01", **more: Any) -> Plain:
    """A final laboratory result."""
    return {
        "resourceType": "Observation",
        "id": f"o-{code}-{when}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        **more,
    }


def condition(
    code: str, when: str = "2020-01-01", system: str = "http://hl7.org/fhir/sid/icd-10-cm", **more: Any
) -> Plain:
    """An active problem."""
    return {
        "resourceType": "Condition",
        "id": f"c-{code}",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": when,
        **more,
    }


def order(text: str, name: str = "draft-1", **more: Any) -> Plain:
    """A draft medication order by name."""
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": text},
        "subject": {"reference": "Patient/p1"},
        **more,
    }


SAFE_LABS = (
    lab("17861-6", 9.4, "mg/dL"),
    lab("1751-7", 4.0, "g/dL"),
    lab("2160-0", 0.8, "mg/dL"),
    lab("98979-8", 80, "mL/min/{1.73_m2}"),
    lab("62292-8", 34, "ng/mL"),
    lab("29463-7", 64, "kg"),
    lab("41171-0", 300, "pg/mL"),
    lab("77370-5", 40, "ng/mL"),
)
"""Everything that the gates want to know, and nothing that shuts one."""


def decision(
    *resources: Plain,
    drafts: tuple[Plain, ...] = (),
    patient: Plain | None = None,
    rules: RuleSet | None = None,
    hook: str = "order-sign",
    as_of: date = AS_OF,
    history: Sequence[Remembered] = (),
) -> Decision:
    """The decision when nivolumab is ordered for a patient with these resources and this history of answers."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in (patient or PATIENT, *resources)],
    }
    draft = {"resourceType": "Bundle", "entry": [{"resource": each} for each in (drafts or (order("nivolumab"),))]}
    chart = chart_of_bundle(json.dumps(bundle).encode())
    return decide(chart, decode_draft(json.dumps(draft).encode()), rules or rule_set(), hook, as_of, history)


def decision_with_failed_conditions(diagnostics: str) -> Decision:
    """The decision when the server would not give the problem list, and said why in its own words."""
    issue = {"severity": "error", "code": "exception", "diagnostics": diagnostics}
    request = {
        "hook": "order-sign",
        "hookInstance": "1",
        "context": {
            "userId": "Practitioner/1",
            "patientId": "p1",
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order("nivolumab")}]},
        },
        "prefetch": {"patient": PATIENT, "conditions": {"resourceType": "OperationOutcome", "issue": [issue]}},
    }
    chart, draft = recorded(read_request(json.dumps(request).encode()))
    return decide(chart, draft, rule_set(), "order-sign", AS_OF)


def answer(found: Decision) -> Plain:
    """The response as an EHR receives it."""
    response: Plain = json.loads(encode(respond(found, "Patient/p1", CANONICAL, counted())))
    return response


def card(response: Plain, topic: str) -> Plain:
    """The one card of that topic."""
    (only,) = [each for each in response["cards"] if each["source"]["topic"]["code"] == topic]
    found: Plain = only
    return found


def topics(response: Plain) -> list[str]:
    """The topics of the cards, in order."""
    return [each["source"]["topic"]["code"] for each in response["cards"]]


def ordered(suggestion: Plain) -> list[str]:
    """The options that a suggestion orders."""
    return [action["resource"]["extension"][0]["valueCode"] for action in suggestion["actions"]]


def counted() -> Callable[[], str]:
    """UUIDs 1, 2, 3 …"""
    numbers = count(1)
    return lambda: str(UUID(int=next(numbers)))
