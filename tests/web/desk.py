"""The app over the real rule book on a fixed day, a client for it, and a small hook request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
from fastapi import FastAPI

from cds.bootstrap import build
from cds.service import Reader
from cds.settings import Settings
from cds.web import create_app

SIGN = "/cds-services/ici-bone-health-order-sign"
SELECT = "/cds-services/ici-bone-health-order-select"
VIEW = "/cds-services/ici-bone-health-patient-view"
DAY = date(2026, 11, 24)
NIVOLUMAB = {
    "resourceType": "MedicationRequest",
    "id": "draft-1",
    "status": "draft",
    "intent": "order",
    "medicationCodeableConcept": {"text": "nivolumab"},
    "subject": {"reference": "Patient/p1"},
}
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-01-01", "gender": "female"}
BUNDLE = {"resourceType": "Bundle", "type": "collection"}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    """The resources as a bundle."""
    return {**BUNDLE, "entry": [{"resource": each} for each in resources]}


def hook(name: str = "order-sign", **members: Any) -> dict[str, Any]:
    """A hook request for the patient, about to get nivolumab, of whom nothing else was asked."""
    context: dict[str, Any] = {"userId": "Practitioner/1", "patientId": "p1"}
    if name != "patient-view":
        context["draftOrders"] = bundle(NIVOLUMAB)
    return {"hook": name, "hookInstance": "i-1", "context": context, "prefetch": {"patient": PATIENT}, **members}


def desk(**settings: Any) -> FastAPI:
    """The app with the real rules on the fixed day, logging errors alone."""
    return create_app(Settings(**{"as_of": DAY, "log_level": "error", **settings}))


def desk_with(reader: Reader, **settings: Any) -> FastAPI:
    """The app with another reader of charts."""
    house = build(Settings(**{"as_of": DAY, "log_level": "error", **settings}))
    return create_app(house.settings, replace(house, service=replace(house.service, reader=reader)))


@asynccontextmanager
async def caller(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app; a crash inside comes back as the response that a caller would see."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cds.example.org") as client:
        yield client


def assert_outcome(response: httpx.Response, status: int, words: str = "") -> None:
    """The response is an OperationOutcome of that status that says these words and shows no workings."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    assert body["issue"][0]["diagnostics"]
    assert words in body["issue"][0]["diagnostics"]
    assert "Traceback" not in response.text
    assert "cds/" not in response.text
