"""One hook fired as an EHR fires it: the request that was sent, the response that came, and every read in between.

It goes through the service's own HTTP route, without a network between: what comes back is what any client would get.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Final

import httpx
import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from cds.bootstrap import House, gateway
from cds.gateway.breaker import Breakers
from cds.gateway.client import make_client
from cds.gateway.origin import CallPolicy
from cds.gateway.read import Gateway
from cds.gateway.visit import PATIENT_TOKEN
from cds.hooks.discovery import Offer
from cds.hooks.feedback import Feedback
from cds.hooks.wire import Card
from cds.journal.slips import Case
from cds.journal.store import Journal
from cds.repeats import Remembered
from cds.service import Answer, Service
from cds.web.doors import INSIDER
from cds.web.problems import UNAUTHORISED
from cds.web.sandbox.ward import complaint, plain_of
from cds.web.sandbox.watched import ByOrigin, Read, Watched

Plain = dict[str, Any]
EHR_WAITS: float = 1.5
"""Seconds after which the simulated EHR sends its request without a prefetch that has not come."""

UNSIGNED: Final = (
    "The service answers only callers that sign every request with a JWT (BONE_CDS_REQUIRE_JWT), and this page has no "
    "key to sign with. It gets what any unsigned caller gets: a 401 without a word."
)


@dataclass(frozen=True, slots=True)
class Bedside(Journal):
    """The journal as one patient's: the same history, whichever way the chart is read. ``quiet``: nothing is noted."""

    journal: Journal
    who: str
    quiet: bool

    @property
    def keeps_input(self) -> bool:
        """As the journal does."""
        return self.journal.keeps_input

    @property
    def is_losing(self) -> bool:
        """As the journal is."""
        return self.journal.is_losing

    async def recall(self, _who: str) -> Sequence[Remembered]:
        """What the journal knows of the patient."""
        return await self.journal.recall(self.who)

    async def note(self, case: Case) -> None:
        """The decision is noted, unless it was only supposed."""
        if not self.quiet:
            await self.journal.note(replace(case, who=self.who))

    async def take(self, service: str, feedback: Sequence[Feedback], caller: str = "", /) -> Sequence[bool]:
        """Feedback goes to the journal."""
        return await self.journal.take(service, feedback, caller)


@dataclass(slots=True)
class Seat:
    """The desk at the door of the hook: what it brings, and in the end what the answer was made of."""

    reader: Gateway
    journal: Bedside
    answer: Answer | None = None

    @property
    def quiet(self) -> bool:
        """Whether the answer is only supposed."""
        return self.journal.quiet

    def at(self, service: Service) -> Service:
        """The service, reading and journalling as this desk does."""
        return replace(service, reader=self.reader, journal=self.journal)

    def saw(self, answer: Answer) -> None:
        """The answer is known with all that led to it."""
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its response. ``response`` is the body as JSON; ``answer`` is None if the request was refused."""

    id: str
    offer: Offer
    sent: bytes
    status: int
    body: bytes
    response: Plain
    answer: Answer | None
    reads: tuple[Read, ...] = ()
    ms: float = 0.0
    refused: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Those of the response."""

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards, read from the response as an EHR reads them."""
        return msgspec.convert(self.response.get("cards", []), tuple[Card, ...])

    @property
    def request(self) -> Plain:
        """The request as JSON; nothing if it is none."""
        return plain_of(self.sent)


@dataclass(frozen=True, slots=True)
class Desk:
    """The app at ``origin``, where hooks are fired, and the FHIR server at ``base``, to which ``transport`` leads."""

    app: ASGIApp
    origin: str
    house: House
    base: str
    transport: httpx.AsyncBaseTransport
    token: str = field(default="sandbox", repr=False)

    async def fire(self, offer: Offer, context: Plain, mode: str, who: str, *, quiet: bool) -> Exchange:
        """The hook is fired, with what the EHR has fetched or with the address of its FHIR server."""
        request: Plain = {"hook": offer.hook, "hookInstance": self.house.service.mint(), "context": context}
        if mode == "fhir":
            bearer = {"access_token": self.token, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.read"}
            authorization = {**bearer, "subject": "bone-cds"}
            return await self.post(
                offer, {**request, "fhirServer": self.base, "fhirAuthorization": authorization}, who, quiet=quiet
            )
        queries = self.house.service.queries(offer.hook, self.house.service.today())
        prefetch, reads = await self._prefetched(queries, str(context["patientId"]))
        exchange = await self.post(offer, {**request, "prefetch": prefetch}, who, quiet=quiet)
        return replace(exchange, reads=reads)

    async def post(self, offer: Offer, request: Plain | bytes, who: str, *, quiet: bool) -> Exchange:
        """The request is answered by the service; refused requests too are an exchange."""
        watched = Watched(ByOrigin(self.base, self.transport, self.house.client))
        body = request if isinstance(request, bytes) else msgspec.json.encode(request)
        seat = Seat(self._gateway(watched), Bedside(self.house.journal, who, quiet))
        started = perf_counter()
        response = await self._posted(offer, body, seat)
        ms = (perf_counter() - started) * 1000
        return Exchange(
            id=self.house.service.mint(),
            offer=offer,
            sent=body,
            status=response.status_code,
            body=response.content,
            response=plain_of(response.content),
            answer=seat.answer,
            reads=tuple(watched.reads),
            ms=ms,
            refused="" if response.is_success else _refused(response),
            headers=tuple(response.headers.multi_items()),
        )

    async def _posted(self, offer: Offer, body: bytes, seat: Seat) -> httpx.Response:
        """What the app answers at the service's route."""

        async def seated(scope: Scope, receive: Receive, send: Send) -> None:
            scope[INSIDER] = seat
            await self.app(scope, receive, send)

        transport = httpx.ASGITransport(app=seated, raise_app_exceptions=False)
        url, headers = f"{self.origin}/cds-services/{offer.id}", {"content-type": "application/json"}
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return await client.post(url, content=body, headers=headers)

    def _gateway(self, watched: Watched) -> Gateway:
        """The service's way to the FHIR server, with every read seen."""
        settings = self.house.settings
        policy = CallPolicy((*settings.fhir_allow, self.base), loopback=True)
        return replace(gateway(settings, make_client(watched), Breakers()), policy=policy)

    async def _prefetched(self, queries: Mapping[str, str], patient: str) -> tuple[Plain, tuple[Read, ...]]:
        """What the EHR fetched for the discovery document's templates; a failed query leaves what the server said."""
        watched = Watched(self.transport)
        found: Plain = {}
        async with make_client(watched) as client:
            for name, template in queries.items():
                query = template.replace(PATIENT_TOKEN, patient)
                answer = await self._asked(client, f"{self.base}/{query}")
                if answer is not None:
                    found[name] = answer
        return found, tuple(watched.reads)

    async def _asked(self, client: httpx.AsyncClient, url: str) -> msgspec.Raw | None:
        """The answer as it came, if it is JSON; None if none came: then the key is left out."""
        try:
            async with asyncio.timeout(EHR_WAITS):
                response = await client.get(url, headers={"authorization": f"Bearer {self.token}"})
        except (TimeoutError, httpx.HTTPError):
            return None
        try:
            msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            return None
        return msgspec.Raw(response.content)


def _refused(response: httpx.Response) -> str:
    """Why the service did not answer, in its own words as far as it has some."""
    return UNSIGNED if response.status_code == UNAUTHORISED else complaint(plain_of(response.content))
