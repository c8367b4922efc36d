"""What the service offers: one service a hook, and for each the queries that its rules need answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

USAGE: Final = (
    "Send prefetch, or fhirServer with fhirAuthorization: what is not prefetched is read from the FHIR server. "
    "The Patient is required; anything else that cannot be read is named on a card."
)


class Offer(msgspec.Struct, frozen=True):
    """A service as the rule book knows it: its id, its hook, and what it is for."""

    id: str
    hook: str
    title: str
    description: str


class Service(msgspec.Struct, frozen=True, rename="camel"):
    """A service as discovery shows it."""

    hook: str
    title: str
    description: str
    id: str
    prefetch: dict[str, str]
    usage_requirements: str


class Catalogue(msgspec.Struct, frozen=True):
    """The discovery document."""

    services: tuple[Service, ...]


OFFERS: Final = (
    Offer(
        "ici-bone-health-order-sign",
        "order-sign",
        "Bone health with checkpoint inhibitors",
        "Baseline assessment, calcium and vitamin D, bone protection and surveillance when an order for a PD-1 or "
        "PD-L1 inhibitor is signed.",
    ),
    Offer(
        "ici-bone-health-order-select",
        "order-select",
        "Bone health with checkpoint inhibitors (while ordering)",
        "The advice of order-sign, already when a PD-1 or PD-L1 inhibitor is selected.",
    ),
    Offer(
        "ici-bone-health-patient-view",
        "patient-view",
        "Bone health during checkpoint-inhibitor treatment",
        "Surveillance and possible skeletal immune-related events in patients treated with a PD-1 or PD-L1 inhibitor "
        "within the last twelve months.",
    ),
)


def offer_of(service: str) -> Offer | None:
    """The offer with that service id, None if there is none."""
    return next((offer for offer in OFFERS if offer.id == service), None)


def discovery(templates: Mapping[str, Mapping[str, str]]) -> bytes:
    """The discovery document as JSON; ``templates`` are the prefetch templates by hook."""
    return msgspec.json.encode(Catalogue(tuple(_service(offer, templates[offer.hook]) for offer in OFFERS)))


def _service(offer: Offer, prefetch: Mapping[str, str]) -> Service:
    """The offer with its prefetch."""
    return Service(offer.hook, offer.title, offer.description, offer.id, dict(prefetch), USAGE)
