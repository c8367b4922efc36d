"""The CDS Hooks routes, as plain ASGI: the body goes in raw and the answer comes out raw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from cds.hooks.discovery import Offer, offer_of
from cds.hooks.feedback import FeedbackSink, read_feedback
from cds.hooks.refusal import NOT_FOUND, Refusal
from cds.service import Answer, Service
from cds.web.body import ClientGone, read_body
from cds.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class HookDoor:
    """``POST /cds-services/{id}``: cards."""

    service: Service
    metrics: Metrics
    max_body_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The hook request is answered with cards; raises Refusal if it cannot be."""
        offer = _offer(scope["path_params"])
        budget = self.service.budget()
        try:
            body = await read_body(scope, receive, self.max_body_bytes)
        except ClientGone:
            return
        answer = await self.service.answer(offer, body, budget)
        self.metrics.decided(answer)
        scope["bone_cds.told"].update(service=offer.id, **_told(answer))
        await _send(send, answer.body)


@dataclass(frozen=True, slots=True)
class FeedbackDoor:
    """``POST /cds-services/{id}/feedback``: what clinicians did with the cards."""

    sink: FeedbackSink
    metrics: Metrics
    max_body_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The feedback has been handed to its keeper; raises Refusal if it is unsound."""
        offer = _offer(scope["path_params"])
        try:
            feedback = read_feedback(await read_body(scope, receive, self.max_body_bytes))
        except ClientGone:
            return
        known = await self.sink.take(offer.id, feedback)
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
