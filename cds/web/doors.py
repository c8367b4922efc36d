"""The CDS Hooks routes, as plain ASGI: the body goes in raw and the answer comes out raw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from starlette.types import Receive, Scope, Send

from cds.bootstrap import House
from cds.hooks.discovery import Offer, offer_of
from cds.hooks.refusal import NOT_FOUND, Refusal
from cds.posted import open_feedback
from cds.service import Answer, Service
from cds.web.body import ClientGone, Intake
from cds.web.metrics import Metrics
from cds.web.trials import Trials

INSIDER: Final = "bone_cds.insider"
"""Where the scope of a request has its insider. Only who calls the app in this process can put it there."""


class Insider(Protocol):
    """A caller in this process that plays an EHR: it goes through every door, and sees what its request came to."""

    @property
    def quiet(self) -> bool:
        """Whether nothing that was only supposed is counted, or judged by a release on trial."""

    def at(self, service: Service) -> Service:
        """The service, which reads from the FHIR server that the insider plays."""

    def saw(self, answer: Answer) -> None:
        """The insider knows what the answer was made of."""


@dataclass(frozen=True, slots=True)
class HookDoor:
    """``POST /cds-services/{id}``: cards."""

    house: House
    metrics: Metrics
    intake: Intake
    trials: Trials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The hook request is answered with cards; raises Refusal if it cannot be, Unauthorised if it may not be."""
        insider: Insider | None = scope.get(INSIDER)
        service = insider.at(self.house.service) if insider else self.house.service
        caller = await self.house.gate.admit(scope["headers"], scope["path"])
        offer = _offer(scope["path_params"])
        budget = service.budget()
        try:
            body = await self.intake.read(scope, receive)
        except ClientGone:
            return
        answer = await service.answer(offer, body, budget, caller)
        if insider:
            insider.saw(answer)
        counts = insider is None or not insider.quiet
        if counts:
            self.metrics.decided(answer)
        scope["bone_cds.told"].update(service=offer.id, **_told(answer))
        await _send(send, answer.body)
        if counts:
            self.trials.consider(answer)


@dataclass(frozen=True, slots=True)
class FeedbackDoor:
    """``POST /cds-services/{id}/feedback``: what clinicians did with the cards."""

    house: House
    metrics: Metrics
    intake: Intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The feedback has been handed to its keeper; raises Refusal if it is unsound, Unauthorised as above."""
        caller = await self.house.gate.admit(scope["headers"], scope["path"])
        offer = _offer(scope["path_params"])
        try:
            feedback = open_feedback(await self.intake.read(scope, receive))
        except ClientGone:
            return
        known = await self.house.journal.take(offer.id, feedback, caller.name)
        self.metrics.heard(offer.id, feedback, known)
        scope["bone_cds.told"].update(service=offer.id, feedback=len(feedback))
        await _send(send, b"{}")


def _offer(path: Mapping[str, Any]) -> Offer:
    """The service that the path names; refused (404) if there is none."""
    offer = offer_of(path["service_id"])
    if offer is None:
        raise Refusal(NOT_FOUND, "not-found", "there is no CDS service of that id; GET /cds-services lists them")
    return offer


def _told(answer: Answer) -> dict[str, Any]:
    """What the log line says more: counts, and no patient data."""
    return {"cards": len(answer.response.cards), "ruleset": answer.decision.ruleset.short_fingerprint}


async def _send(send: Send, body: bytes) -> None:
    """The JSON body is on its way with status 200."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
