"""What a person brings: a Bundle of one patient, which becomes a patient of the sandbox, or a hook request.

A resource that is brought never takes the place of one that is there: everything gets a name of its own.
"""

from __future__ import annotations

import msgspec

from cds.fhir.bodies import first_fault
from cds.hooks.discovery import OFFERS, Offer
from cds.hooks.refusal import Refusal
from cds.posted import open_request
from cds.web.sandbox.intake import Unpacked, Unusable, unpacked


def read(body: bytes) -> Unpacked | Offer:
    """A patient as a transaction, or the service that the hook request is for; raises Unusable."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise Unusable("Nothing was pasted and no file was chosen.")
    if text[:2] == b"PK" or text[:2] == b"\x1f\x8b":
        raise Unusable("This is a compressed file. Unpack it first, and choose the JSON inside.")
    if text[:1] == b"<":
        raise Unusable("This is XML or HTML. The sandbox reads JSON.")
    try:
        fault = first_fault(text)
        whole = None if fault else msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        fault, whole = str(broken), None
    if fault:
        raise Unusable(f"This is not sound JSON: {fault}.")
    if not isinstance(whole, dict):
        raise Unusable("The JSON must be an object: a Bundle or a hook request.")
    if "hook" in whole or "hookInstance" in whole:
        return _offer(text)
    if whole.get("resourceType") != "Bundle":
        kind = whole.get("resourceType")
        told = f"a FHIR resource of type {kind!s:.60}" if kind else "no FHIR resource and no hook request"
        raise Unusable(f"This is {told}. A Bundle of one patient is needed, or a request with “hook”.")
    return unpacked(text, whole)


def _offer(body: bytes) -> Offer:
    """The service that the request is for."""
    try:
        request = open_request(body, len(body))
    except Refusal as refused:
        raise Unusable(f"The hook request cannot be read: {refused.words}.") from None
    offer = next((each for each in OFFERS if each.hook == request.hook), None)
    if offer is None:
        hooks = ", ".join(each.hook for each in OFFERS)
        raise Unusable(f"No service here answers the hook “{request.hook[:60]}”; there are {hooks}.")
    return offer
