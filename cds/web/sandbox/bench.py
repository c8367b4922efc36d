"""Where hooks are fired from in each state of the page: the record as it is, as it is supposed, or a source broken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp

from cds.bootstrap import House
from cds.facts.sources import SOURCES
from cds.hooks.discovery import OFFERS, Offer
from cds.server.faults import BROKEN
from cds.server.server import FhirServer
from cds.server.store import IN_MEMORY, Store
from cds.web.fhir import PREFIX, fhir_routes
from cds.web.sandbox.drafts import context
from cds.web.sandbox.exchange import Desk, Exchange
from cds.web.sandbox.offers import Offers
from cds.web.sandbox.state import State
from cds.web.sandbox.ward import Record, Ward
from cds.web.sandbox.whatif import Supposing

Plain = dict[str, Any]
_HOW: Final = {"html": "garbage", "lies": "lie"}


@dataclass(frozen=True, slots=True)
class Bench:
    """The app and its FHIR server, and what can be ordered and supposed. ``origin``: the app's own address."""

    app: ASGIApp
    house: House
    offers: Offers
    origin: str
    run: str = ""
    """Which run of the program this is, where its FHIR server forgets everything with it."""

    @property
    def base(self) -> str:
        """The address of the FHIR server."""
        return f"{self.origin}{PREFIX}"

    def ward(self) -> Ward:
        """The FHIR server with the patients in it."""
        assert self.house.fhir is not None, "without its FHIR server there is no sandbox"
        return Ward(self.base, self._transport(self.house.fhir), self._token)

    async def fire(self, state: State, record: Record, *, quiet: bool = False) -> Exchange:
        """The hook of that state is fired, over the record as the state supposes it."""
        async with self._supposed(state, record) as ward:
            base = f"{self.base}/{BROKEN}/{self._view(state)}" if state.broken else self.base
            desk = self.desk(base, ward.transport)
            agents = [self.offers.agents[name] for name in state.drugs]
            told = context(state, agents, self.house.ruleset, self.house.settings.canonical)
            return await desk.fire(
                offer_for(state.hook), told, state.mode, self.who(state), quiet=quiet or not state.is_real
            )

    def desk(self, base: str, transport: httpx.AsyncBaseTransport) -> Desk:
        """Where hooks are fired from over the FHIR server at that address."""
        return Desk(self.app, self.origin, self.house, base, transport, self._token or "sandbox")

    def who(self, state: State) -> str:
        """The patient as the journal knows it, whatever is supposed or broken."""
        return f"{self.base}#{self.run} {state.patient}"

    @asynccontextmanager
    async def _supposed(self, state: State, record: Record) -> AsyncIterator[Ward]:
        """The FHIR server; where something is supposed, one that holds the supposed record and nothing else."""
        ward = self.ward()
        if not state.supposed or self.house.fhir is None:
            yield ward
            return
        made = Supposing(self.house.ruleset, self.house.service.today())
        server = FhirServer(Store(IN_MEMORY), self.house.fhir.now, self.house.fhir.mint)
        try:
            other = Ward(self.base, self._transport(server), self._token)
            await other.transact(_transaction(made.record(record, state.supposed, self.offers.changes)))
            yield other
        finally:
            await server.close()

    def _transport(self, server: FhirServer) -> httpx.AsyncBaseTransport:
        """The way to that server over its own HTTP door, without a network between."""
        routes = fhir_routes(replace(self.house, fhir=server))
        return httpx.ASGITransport(app=Starlette(routes=routes), raise_app_exceptions=False)

    def _view(self, state: State) -> str:
        """The broken view of the FHIR server in which that source is broken in that way."""
        about = SOURCES[state.broken]
        word = ""
        if about.concepts:
            query = self.house.service.queries(state.hook, self.house.service.today()).get(state.broken, "")
            code = query.partition("code=")[2].partition(",")[0].partition("&")[0].rpartition("%7C")[2]
            word = f":{code}" if code else ""
        return f"{about.resource_type}{word}={_HOW.get(state.fault, state.fault)}"

    @property
    def _token(self) -> str:
        return self.house.settings.fhir_token.get_secret_value()


def offer_for(hook: str) -> Offer:
    """The service that answers the hook."""
    return next(each for each in OFFERS if each.hook == hook)


def _transaction(record: Record) -> Plain:
    """The bundle that stores the record as it is."""
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in record
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
