"""What a person brings: a Bundle of one patient, which becomes a patient of the sandbox, or a hook request.

A resource that is brought never takes the place of one that is there: everything gets a name of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from cds.fhir.bodies import first_fault
from cds.fhir.errors import TooManyEntries
from cds.gateway.bundle import NotAPatient, chart_of_bundle
from cds.hooks.discovery import OFFERS, Offer
from cds.hooks.refusal import Refusal
from cds.posted import open_request

Plain = dict[str, Any]


class Unusable(ValueError):
    """What was brought is neither; the message says what is wrong with it, in words for a person."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A transaction that makes the patient of that id, or a hook request for that service."""

    patient: str = ""
    transaction: Plain | None = None
    offer: Offer | None = None


def read(body: bytes) -> Brought:
    """What was brought; raises Unusable."""
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
        return Brought(offer=_offer(text))
    if whole.get("resourceType") != "Bundle":
        kind = whole.get("resourceType")
        told = f"a FHIR resource of type {kind!s:.60}" if kind else "no FHIR resource and no hook request"
        raise Unusable(f"This is {told}. A Bundle of one patient is needed, or a request with “hook”.")
    return _bundle(text, whole)


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


def _bundle(body: bytes, whole: Plain) -> Brought:
    """The transaction that makes the Bundle's patient."""
    try:
        chart_of_bundle(body)
    except (NotAPatient, TooManyEntries) as refused:
        raise Unusable(f"The Bundle cannot be used: {refused}.") from None
    entries = [each for each in whole.get("entry", ()) if isinstance(each, dict) and _is_resource(each.get("resource"))]
    prefix = f"own-{blake2b(body, digest_size=4).hexdigest()}"
    names: dict[str, str] = {}
    made: list[tuple[str, str, Plain]] = []
    for place, entry in enumerate(entries, start=1):
        resource = entry["resource"]
        kind = resource["resourceType"]
        name = prefix if kind == "Patient" else f"{prefix}-{place}"
        made.append((kind, name, resource))
        for old in (entry.get("fullUrl"), f"{kind}/{resource.get('id')}" if resource.get("id") else None):
            if isinstance(old, str):
                names[old] = f"{kind}/{name}"
    changes = [
        {
            "resource": {**_renamed(resource, names), "id": name},
            "request": {"method": "PUT", "url": f"{kind}/{name}"},
        }
        for kind, name, resource in made
    ]
    return Brought(prefix, {"resourceType": "Bundle", "type": "transaction", "entry": changes})


def _is_resource(it: object) -> bool:
    return isinstance(it, dict) and isinstance(it.get("resourceType"), str) and it["resourceType"].isalpha()


def _renamed(it: Any, names: Mapping[str, str]) -> Any:
    """The same with every reference to something in the Bundle led to its new name."""
    if isinstance(it, dict):
        return {key: _led(value, names) if key == "reference" else _renamed(value, names) for key, value in it.items()}
    return [_renamed(each, names) for each in it] if isinstance(it, list) else it


def _led(reference: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(reference, str):
        return reference
    plain = reference.partition("/_history/")[0]
    return names.get(plain) or names.get("/".join(plain.rsplit("/", 2)[-2:])) or reference
