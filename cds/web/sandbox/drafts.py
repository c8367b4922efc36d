"""The draft orders of the simulator: the drugs chosen, and the DXA beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from cds.hooks.request import ORDER_HOOKS
from cds.orders.draft import draft_order
from cds.ruleset.ruleset import RuleSet
from cds.web.sandbox.offers import Agent
from cds.web.sandbox.state import SELECT, State

Plain = dict[str, Any]
USER: Final = "Practitioner/sandbox"
DXA: Final = "dxa"


def context(state: State, agents: Iterable[Agent], ruleset: RuleSet, canonical: str) -> Plain:
    """The context of the hook: who, for whom, and the draft orders where the hook has them."""
    told: Plain = {"userId": USER, "patientId": state.patient}
    if state.hook not in ORDER_HOOKS:
        return told
    drugs = [_drug(place, agent, state.patient) for place, agent in enumerate(agents, start=1)]
    if state.hook == SELECT:
        told["selections"] = [f"MedicationRequest/{drugs[-1]['id']}"] if drugs else []
    tests = [_dxa(state.patient, ruleset, canonical)] if state.dxa else []
    entries = [{"resource": each} for each in (*drugs, *tests)]
    return {**told, "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries}}


def _drug(place: int, agent: Agent, patient: str) -> Plain:
    """The draft order of the drug."""
    coding = {"coding": [msgspec.to_builtins(agent.coding)]} if agent.coding else {}
    return {
        "resourceType": "MedicationRequest",
        "id": f"draft-{place}",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {**coding, "text": agent.title},
        "subject": {"reference": f"Patient/{patient}"},
    }


def _dxa(patient: str, ruleset: RuleSet, canonical: str) -> Plain:
    """The draft of a DXA, as the service itself would suggest it."""
    option = ruleset.options[DXA].written
    return {**draft_order(option, f"Patient/{patient}", ruleset.site, canonical), "id": "draft-dxa"}
