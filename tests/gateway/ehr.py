"""A FHIR server made of respx routes, and a patient in it."""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
import respx

from cds.fhir.chart import Chart, Draft
from cds.gateway.budget import Budget
from cds.gateway.client import make_client
from cds.gateway.origin import CallPolicy
from cds.gateway.read import Gateway
from cds.gateway.visit import Limits
from cds.hooks.request import HookRequest

BASE = "https://ehr.example.org/fhir"
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-01-01", "gender": "female"}
QUERIES = {
    "patient": "Patient/{{context.patientId}}",
    "labs": "Observation?patient={{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
}


def observation(name: str, **more: Any) -> dict[str, Any]:
    """A small observation of the patient."""
    return {"resourceType": "Observation", "id": name, "subject": {"reference": "Patient/p1"}, **more}


def bundle(*resources: Mapping[str, Any], following: str = "", **more: Any) -> dict[str, Any]:
    """A searchset, with a link to the next page if one is given."""
    link = {"link": [{"relation": "next", "url": following}]} if following else {}
    return (
        {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}
        | link
        | more
    )


def prefetch(**sources: Any) -> dict[str, msgspec.Raw]:
    """Prefetch as it comes in a request."""
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in sources.items()}


def request(**members: Any) -> HookRequest:
    """A hook request about the patient."""
    return HookRequest(**{"hook": "order-sign", "hook_instance": "i", "patient_id": "p1", **members})


def gateway(router: respx.Router, **limits: int) -> Gateway:
    """A gateway whose every call goes to the routes."""
    client = make_client(httpx.MockTransport(router.async_handler))
    return Gateway(client, CallPolicy((BASE,)), Limits(**limits), max_bytes=100_000)


async def read(
    router: respx.Router,
    draft: Draft | None = None,
    seconds: float = 2.0,
    limits: Mapping[str, int] | None = None,
    **members: Any,
) -> Chart:
    """The chart that the gateway reads with these routes for a request with these members."""
    reader = gateway(router, **(limits or {}))
    return await reader.read(request(**members), QUERIES, draft or Draft(), Budget.starting_now(seconds))


def ehr(**answers: httpx.Response) -> respx.Router:
    """Routes for the patient and for Observation and Condition searches, empty bundles unless told otherwise."""
    router = respx.Router(assert_all_called=False)
    router.get(f"{BASE}/Patient/p1").mock(answers.get("patient", httpx.Response(200, json=PATIENT)))
    router.get(f"{BASE}/Observation").mock(answers.get("labs", httpx.Response(200, json=bundle())))
    router.get(f"{BASE}/Condition").mock(answers.get("conditions", httpx.Response(200, json=bundle())))
    return router
