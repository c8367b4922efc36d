"""Discovery offers one service a hook, with the queries that it is given."""

import msgspec
import pytest

from cds.hooks.discovery import OFFERS, discovery, offer_of


def test_every_hook_has_its_service() -> None:
    document = msgspec.json.decode(discovery({offer.hook: {"patient": "Patient/{{x}}"} for offer in OFFERS}))
    services = {service["id"]: service for service in document["services"]}
    assert {name: service["hook"] for name, service in services.items()} == {
        "ici-bone-health-order-sign": "order-sign",
        "ici-bone-health-order-select": "order-select",
        "ici-bone-health-patient-view": "patient-view",
    }
    for service in services.values():
        assert set(service) == {
            "hook",
            "title",
            "description",
            "id",
            "prefetch",
            "usageRequirements",
            "version",
            "hookVersion",
        }
        assert all(service.values())


@pytest.mark.parametrize(("service", "hook"), [("ici-bone-health-order-sign", "order-sign"), ("nothing", None)])
def test_an_offer_is_found_by_its_id(service: str, hook: str | None) -> None:
    offer = offer_of(service)
    assert (offer and offer.hook) == hook
