"""The hook requests that the sandbox makes of synthetic people, as an EHR would post them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from cds.facts.sources import SOURCES
from cds.fhir.codes import CodeBook
from cds.fhir.elements import Coding
from cds.hooks.request import ORDER_HOOKS

Plain = dict[str, Any]
AGENTS: Final = "pd-1-pd-l1-inhibitor"
DRAFT: Final = "draft-1"


@dataclass(frozen=True, slots=True)
class Agent:
    """A PD-1/PD-L1 inhibitor that can be ordered in the sandbox, and the coding of its order, if one is known."""

    concept: str
    title: str
    coding: Coding | None


def agents(codes: CodeBook) -> dict[str, Agent]:
    """Every PD-1/PD-L1 inhibitor that the code book knows, by concept, in order of name."""
    known = (name for name in codes.concepts if AGENTS in codes.lineage(name) and "inhibitor" not in name)
    return {name: Agent(name, codes.concepts[name].title, codes.coding_for(name)) for name in sorted(known)}


def hook_request(patient: Plain, agent: Agent, hook: str, sources: Iterable[str], instance: str) -> Plain:
    """The request that an EHR would post for this patient Bundle when the drug is ordered (or the chart is opened)."""
    resources = [entry["resource"] for entry in patient["entry"]]
    person = next(each for each in resources if each["resourceType"] == "Patient")
    context: Plain = {"userId": "Practitioner/sandbox", "patientId": person["id"]}
    if hook in ORDER_HOOKS:
        context["draftOrders"] = _bundle("collection", [_order(agent, person["id"])])
    if hook == "order-select":
        context["selections"] = [f"MedicationRequest/{DRAFT}"]
    prefetch = {**_fetched(resources, sources), "patient": person}
    return {"hook": hook, "hookInstance": instance, "context": context, "prefetch": prefetch}


def plain(body: bytes) -> Plain:
    """The JSON object that the bytes hold."""
    return msgspec.json.decode(body, type=dict[str, Any])


def _fetched(resources: list[Plain], sources: Iterable[str]) -> Plain:
    """What the EHR would have fetched: of sources with one resource type in common, the first gets them all."""
    fetched: Plain = {}
    given: set[str] = set()
    for name in sources:
        kind = SOURCES[name].resource_type
        kinds = {kind, "Medication"} if kind.startswith("Medication") else {kind}
        mine = [each for each in resources if each["resourceType"] in kinds]
        fetched[name] = _bundle("searchset", [] if kind in given else mine)
        given.add(kind)
    return fetched


def _order(agent: Agent, patient: str) -> Plain:
    """The draft order of the drug."""
    coding = {"coding": [msgspec.to_builtins(agent.coding)]} if agent.coding else {}
    return {
        "resourceType": "MedicationRequest",
        "id": DRAFT,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {**coding, "text": agent.title},
        "subject": {"reference": f"Patient/{patient}"},
    }


def _bundle(kind: str, resources: list[Plain]) -> Plain:
    """The resources as a bundle."""
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each} for each in resources]}
