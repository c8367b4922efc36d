"""One hook request, read from bytes: strict at the envelope, tolerant of everything that it does not need.

CDS Hooks 1.0, 1.1, 2.0 and 3.0-ballot requests are read alike. What is FHIR inside stays bytes: ``cds.fhir`` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from cds.hooks.members import UNSOUND, Members, body_members, items_of, members_of, needed_text, sent, text
from cds.hooks.refusal import misshapen, missing

ORDER_HOOKS: Final = frozenset({"order-sign", "order-select"})
_NO_ID: Final = frozenset({"", ".", "..", "Patient"})
_TEXT: Final = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """What an EHR asks. ``patient_id`` is as sent (``123``, ``Patient/123``); '' stands for what was not sent.

    A key that is not in ``prefetch`` was not fetched by the client; one that holds ``null`` was, and nothing was found.
    What could identify a patient, and the token, stay out of ``repr``.
    """

    hook: str
    hook_instance: str
    patient_id: str = field(repr=False)
    user_id: str = field(default="", repr=False)
    encounter_id: str = field(default="", repr=False)
    draft_orders: msgspec.Raw | None = field(default=None, repr=False)
    selections: tuple[str, ...] = field(default=(), repr=False)
    prefetch: Members = field(default_factory=dict, repr=False)
    fhir_server: str = ""
    token: str = field(default="", repr=False)
    scope: str = ""


def read_request(body: bytes, prefetch: msgspec.Raw | None = None) -> HookRequest:
    """The request that the body holds; raises Refusal if the envelope is not as the hook demands.

    ``prefetch`` stands in for the body's own, from which it was taken out.
    """
    members = {**body_members(body), **({"prefetch": prefetch} if prefetch is not None else {})}
    hook = needed_text(members, "hook")
    instance = needed_text(members, "hookInstance")
    if sent(members, "context") is None:
        raise missing("context")
    context = members_of(members, "context")
    authorization = members_of(members, "fhirAuthorization")
    return HookRequest(
        hook=hook,
        hook_instance=instance,
        patient_id=_patient(context),
        user_id=text(context, "userId", "context.userId"),
        encounter_id=text(context, "encounterId", "context.encounterId"),
        draft_orders=_drafts(context) if hook in ORDER_HOOKS else None,
        selections=_selections(context) if hook == "order-select" else (),
        prefetch=members_of(members, "prefetch"),
        fhir_server=text(members, "fhirServer").strip(),
        token=text(authorization, "access_token", "fhirAuthorization.access_token").strip(),
        scope=text(authorization, "scope", "fhirAuthorization.scope"),
    )


def _patient(context: Members) -> str:
    """The patient's id or reference, in which there is an id."""
    found = needed_text(context, "patientId", "context.patientId")
    if found.rstrip("/").rpartition("/")[2] in _NO_ID:
        raise misshapen("context.patientId", "the id of a Patient")
    return found


def _drafts(context: Members) -> msgspec.Raw:
    """The bundle of draft orders, still as bytes: an object, or the list of its entries."""
    raw = sent(context, "draftOrders")
    if raw is None:
        raise missing("context.draftOrders")
    if bytes(memoryview(raw)[:1]) not in (b"{", b"["):
        raise misshapen("context.draftOrders", "a Bundle")
    return raw


def _selections(context: Members) -> tuple[str, ...]:
    """The references of the orders that are being selected; none if the client does not say."""
    try:
        return tuple(_TEXT.decode(item) for item in items_of(context, "selections", "context.selections"))
    except UNSOUND:
        raise misshapen("context.selections", "a list of strings") from None
