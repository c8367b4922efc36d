"""All wiring, and the only clock: settings become a rule set, a gateway and a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import count
from secrets import token_bytes
from uuid import UUID, uuid4

import httpx

from cds.gateway.client import make_client
from cds.gateway.origin import CallPolicy, check_allowed
from cds.gateway.read import Gateway
from cds.gateway.visit import Limits
from cds.hooks.discovery import OFFERS, discovery
from cds.journal.memory import Memory
from cds.journal.store import Journal
from cds.resources import rules_directory
from cds.ruleset.book import Site
from cds.ruleset.load import load
from cds.ruleset.needs import templates
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.site import read_site
from cds.service import Service
from cds.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a door needs."""

    settings: Settings
    ruleset: RuleSet
    service: Service
    journal: Journal
    client: httpx.AsyncClient

    def discovery(self) -> bytes:
        """The discovery document of today."""
        day = self.service.today()
        return discovery({offer.hook: self.service.queries(offer.hook, day) for offer in OFFERS})

    async def close(self) -> None:
        """Connections are closed."""
        await self.client.aclose()


def build(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> House:
    """The house that the settings describe; raises RuleFaults on a bad rule book, ValueError on a bad allow-list."""
    ruleset = rules_for(settings)
    client = make_client(transport)
    journal = memory(settings, _clock(settings))
    service = Service(
        ruleset=ruleset,
        reader=_gateway(settings, client),
        journal=journal,
        queries=_queries(ruleset),
        today=_clock(settings),
        mint=fresh_uuid,
        canonical=settings.canonical,
        budget_seconds=settings.budget_seconds,
        max_entries=settings.max_entries,
        scan_bytes=settings.scan_bytes,
    )
    return House(settings, ruleset, service, journal, client)


def memory(settings: Settings, clock: Callable[[], date]) -> Memory:
    """An empty memory of shown cards; its key dies with the process."""
    return Memory(token_bytes(32), clock, settings.remembered_cards, settings.remembered_patients)


def rules_for(settings: Settings) -> RuleSet:
    """The rule set of the settings, with what the site decided; raises RuleFaults."""
    return load(settings.rules_dir or rules_directory(), site_of(settings))


def site_of(settings: Settings) -> Site:
    """What the site's file decides, the defaults without one; raises RuleFaults if the file is not as it must be."""
    return read_site(settings.site) if settings.site else Site()


def today() -> date:
    """The day on which this is read."""
    return datetime.now(tz=UTC).astimezone().date()


def fresh_uuid() -> str:
    """A UUID that nobody has."""
    return str(uuid4())


def counted_uuids() -> Callable[[], str]:
    """UUIDs that are the same in every run: 1, 2, 3 …"""
    numbers = count(1)
    return lambda: str(UUID(int=next(numbers)))


def _clock(settings: Settings) -> Callable[[], date]:
    """Today, or the day that the settings fix."""
    fixed = settings.as_of
    return today if fixed is None else lambda: fixed


def _gateway(settings: Settings, client: httpx.AsyncClient) -> Gateway:
    """The gateway to the servers that the settings allow."""
    policy = CallPolicy(check_allowed(settings.fhir_allow), loopback=not settings.is_production)
    limits = Limits(settings.max_pages, settings.max_entries, settings.max_drug_reads)
    return Gateway(client, policy, limits, settings.max_answer_bytes)


def _queries(ruleset: RuleSet) -> Callable[[str, date], Mapping[str, str]]:
    """The prefetch templates of a hook on a day, worked out once a day."""

    @lru_cache(maxsize=8)
    def of(hook: str, day: date) -> Mapping[str, str]:
        return templates(ruleset, hook, day)

    return of
