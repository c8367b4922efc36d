"""What the service offers: one service a hook, and for each the queries that its rules need answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from cds.hooks.version import RELEASES, WHOLE, Shape

USAGE: Final = (
    "Send prefetch, or fhirServer with fhirAuthorization: what is not prefetched is read from the FHIR server. "
    "The Patient is required; anything else that cannot be read is named on a card."
)

HOOK_VERSION: Final = "1.0"
"""Of the definitions of the three hooks; whose meaning no later one may change."""


class Offer(msgspec.Struct, frozen=True):
    """A service as the rule book knows it: its id, its hook, and what it is for."""

    id: str
    hook: str
    title: str
    description: str


class Service(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A service as discovery shows it; '' is left out."""

    hook: str
    title: str
    description: str
    id: str
    prefetch: dict[str, str]
    usage_requirements: str = ""
    version: str = ""
    hook_version: str = ""


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


def discovery(templates: Mapping[str, Mapping[str, str]], shape: Shape = WHOLE) -> bytes:
    """The discovery document as JSON, as that client understands it; ``templates`` are prefetch templates by hook."""
    return msgspec.json.encode(Catalogue(tuple(_service(offer, templates[offer.hook], shape) for offer in OFFERS)))


def _service(offer: Offer, prefetch: Mapping[str, str], shape: Shape) -> Service:
    """The offer with its prefetch."""
    service = Service(offer.hook, offer.title, offer.description, offer.id, dict(prefetch))
    if "service.usageRequirements" not in shape.left_out:
        service = msgspec.structs.replace(service, usage_requirements=USAGE)
    if "service.version" not in shape.left_out:
        service = msgspec.structs.replace(service, version=RELEASES[shape.speaks], hook_version=HOOK_VERSION)
    return service
