"""All wiring: settings become a rule set, a gateway and a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import httpx
from opentelemetry.trace import Tracer

from cds.access.clients import Client
from cds.access.gate import Gate
from cds.access.install import changed, clients_of, make_gate
from cds.access.keyset import KeySetFault, read_keys
from cds.access.replay import ReplayStore, SeenHere
from cds.access.replay_sql import SeenByAll
from cds.access.safety import insist_on_safety
from cds.clock import fresh_uuid, moment, now, now_ms, today
from cds.gateway.breaker import Breakers
from cds.gateway.client import make_client
from cds.gateway.keysets import key_sets
from cds.gateway.origin import CallPolicy, check_allowed
from cds.gateway.reach import Reach
from cds.gateway.read import Gateway
from cds.gateway.visit import Limits
from cds.gateway.watched import Told
from cds.hooks.discovery import OFFERS, discovery
from cds.hooks.version import WHOLE, Shape
from cds.journal.install import journal_of
from cds.journal.kept import Clock, Kept
from cds.journal.steady import Steady
from cds.releases.in_force import rules_for, rules_in_force
from cds.releases.shelf import Marks, marks
from cds.releases.trial import Trial, trial_of
from cds.ruleset.archive import pack
from cds.ruleset.needs import templates
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.site import read_site
from cds.server.server import FhirServer
from cds.server.store import Store, database_address
from cds.service import Service
from cds.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What can be renewed while the house serves."""

    ruleset: RuleSet
    service: Service
    gate: Gate
    archive: bytes
    """The rule set's files, for the journal."""

    trial: Trial | None
    released: Marks
    """What the shelf of releases looked like before all this was read from it."""


@dataclass(slots=True)
class House:
    """Everything that a door needs; rules, service and gate change when they are renewed."""

    settings: Settings
    ruleset: RuleSet
    service: Service
    journal: Steady
    gate: Gate
    client: httpx.AsyncClient
    breakers: Breakers
    fhir: FhirServer | None = None
    """The embedded FHIR server; None where it is switched off, and in production."""

    trial: Trial | None = None
    """The release that is judged beside the rules in force, and shown to nobody."""

    released: Marks = ()

    def discovery(self, shape: Shape = WHOLE) -> bytes:
        """The discovery document of today, as a client of that shape understands it."""
        day = self.service.today()
        return discovery({offer.hook: self.service.queries(offer.hook, day) for offer in OFFERS}, shape)

    async def open(self) -> None:
        """The journal is at work."""
        if isinstance(self.journal.journal, Kept):
            archive = pack(rules_in_force(self.settings), read_site(self.settings.site))
            await self.journal.journal.open(self.ruleset.fingerprint, archive)

    def take_up(self, fresh: Wiring) -> None:
        """Requests that come from now on are answered by the fresh wiring; those under way end as they began."""
        self.ruleset, self.service, self.gate = fresh.ruleset, fresh.service, fresh.gate
        self.trial, self.released = fresh.trial, fresh.released
        if isinstance(self.journal.journal, Kept):
            self.journal.journal.lives_by(fresh.ruleset.fingerprint, fresh.archive)

    async def close(self) -> None:
        """What is journalled is written as far as may be, and connections are closed."""
        if isinstance(self.journal.journal, Kept):
            await self.journal.journal.close()
        await self.client.aclose()
        if self.fhir is not None:
            await self.fhir.close()


def build(
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None = None,
    told: Told | None = None,
    tracer: Tracer | None = None,
) -> House:
    """The house that the settings describe. ``told`` hears of every call to another server, ``tracer`` traces them.

    Raises RuleFaults on a bad rule book or clients file, UnsafeSettings if they are not fit for production,
    ValueError on a bad allow-list.
    """
    clients = clients_of(settings)
    insist_on_safety(settings, clients)
    released = marks(settings)
    ruleset = rules_for(settings)
    client = make_client(transport, reach_of(settings), told, tracer)
    journal = Steady(journal_of(settings, Clock(_clock(settings), now_ms, fresh_uuid)))
    breakers = Breakers(settings.breaker_failures, settings.breaker_seconds)
    service = Service(
        ruleset=ruleset,
        reader=gateway(settings, client, breakers),
        journal=journal,
        queries=_queries(ruleset),
        today=_clock(settings),
        mint=fresh_uuid,
        canonical=settings.canonical,
        budget_seconds=settings.budget_seconds,
        max_entries=settings.max_entries,
        scan_bytes=settings.scan_bytes,
    )
    gate = make_gate(settings, clients, key_sets(client), _seen(settings, journal), moment)
    fhir = fhir_server(settings) if settings.fhir_server and not settings.is_production else None
    trial = trial_of(settings, ruleset.site)
    return House(settings, ruleset, service, journal, gate, client, breakers, fhir, trial, released)


def fresh_wiring(house: House) -> Wiring:
    """What the files of the settings say now, ready to be taken up; raises as ``build`` does, and changes nothing."""
    settings = house.settings
    clients = clients_of(settings)
    insist_on_safety(settings, clients)
    released = marks(settings)
    ruleset = rules_for(settings)
    service = replace(house.service, ruleset=ruleset, queries=_queries(ruleset))
    for offer in OFFERS:
        service.queries(offer.hook, service.today())
    archive = pack(rules_in_force(settings), read_site(settings.site))
    gate = changed(house.gate, clients, key_sets(house.client))
    return Wiring(ruleset, service, gate, archive, trial_of(settings, ruleset.site), released)


def fhir_server(settings: Settings) -> FhirServer:
    """The embedded FHIR server over the database of the settings; raises ValueError for an address of no database."""
    return FhirServer(Store(database_address(settings.fhir_database)), now, fresh_uuid)


def _clock(settings: Settings) -> Callable[[], date]:
    """Today, or the day that the settings fix."""
    fixed = settings.as_of
    return today if fixed is None else lambda: fixed


def reach_of(settings: Settings) -> Reach:
    """The addresses that may be connected to."""
    private = settings.reads_private_fhir
    return Reach(private=private, loopback=private or not settings.is_production)


def gateway(settings: Settings, client: httpx.AsyncClient, breakers: Breakers) -> Gateway:
    """The gateway to the servers that the settings allow."""
    production = settings.is_production
    policy = CallPolicy(check_allowed(settings.fhir_allow), loopback=not production, https_only=production)
    limits = Limits(settings.max_pages, settings.max_entries, settings.max_drug_reads)
    return Gateway(client, policy, limits, settings.max_answer_bytes, settings.max_read_bytes, breakers)


def _seen(settings: Settings, journal: Steady) -> ReplayStore:
    """Used tokens: of this process, or of all that share the journal's database where there may be several."""
    here = SeenHere(settings.remembered_tokens)
    if not isinstance(journal.journal, Kept) or (settings.workers == 1 and journal.journal.database.is_embedded):
        return here
    return SeenByAll(journal.journal.database.engine, here)


async def key_counts(settings: Settings, clients: Iterable[Client]) -> dict[str, int | str]:
    """How many usable keys stand at each client's address now, or why none could be had."""
    counts: dict[str, int | str] = {}
    async with make_client(reach=reach_of(settings)) as client:
        for address in {each: None for one in clients for each in (one.jwks_url, *one.jku) if each}:
            body = await key_sets(client)(address)
            try:
                counts[address] = "nothing could be fetched" if body is None else len(read_keys(body))
            except KeySetFault as wrong:
                counts[address] = str(wrong)
    return counts


def _queries(ruleset: RuleSet) -> Callable[[str, date], Mapping[str, str]]:
    """The prefetch templates of a hook on a day, worked out once a day."""

    @lru_cache(maxsize=8)
    def of(hook: str, day: date) -> Mapping[str, str]:
        return templates(ruleset, hook, day)

    return of
