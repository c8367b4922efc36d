"""The page for trying out: choose a synthetic patient and a drug, see the cards as an EHR might show them.

It asks the same service as an EHR does, with a request such as an EHR posts, and shows both. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from cds.bootstrap import House
from cds.explain import explanation
from cds.hooks.discovery import OFFERS, Offer
from cds.hooks.refusal import NOT_FOUND, Refusal
from cds.service import Answer, Service
from cds.web.markdown import html, inline
from cds.web.people import Agent, agents, hook_request, plain
from cds.web.stories import Person, fixed_day, people

T = TypeVar("T")
PAGES: Final = Path(__file__).parent / "pages"
USUAL_AGENT: Final = "nivolumab"
_GUARD: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen on the page."""

    patient: Person | None
    recorded: Person | None
    agent: Agent
    offer: Offer


@dataclass(frozen=True)
class Sandbox:
    """The page over a house and a folder of fixtures."""

    house: House
    fixtures: Path

    def routes(self) -> list[BaseRoute]:
        """The page and its style sheet."""
        return [
            Route("/sandbox", self.page, methods=["GET"]),
            Route("/sandbox/sandbox.css", self.style, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page; with cards if a patient or a recorded request was chosen."""
        choice = self._choice(request.query_params)
        shown = await self._shown(choice)
        text = self._template.render(box=self, choice=choice, offers=OFFERS, html=html, inline=inline, **shown)
        return Response(text, media_type="text/html", headers=_GUARD)

    async def style(self, _: Request) -> Response:
        """The style sheet."""
        return FileResponse(PAGES / "sandbox.css", media_type="text/css", headers={"cache-control": "max-age=300"})

    @cached_property
    def patients(self) -> Mapping[str, Person]:
        """The synthetic patients."""
        return people(self.fixtures, "patients")

    @cached_property
    def requests(self) -> Mapping[str, Person]:
        """The recorded hook requests."""
        return people(self.fixtures, "requests")

    @cached_property
    def agents(self) -> Mapping[str, Agent]:
        """The drugs that can be ordered."""
        return agents(self.house.ruleset.codes)

    @cached_property
    def _service(self) -> Service:
        """The service, on the day for which the fixtures were made unless the settings fix another."""
        day = self.house.settings.as_of or fixed_day(self.fixtures)
        return self.house.service if day is None else replace(self.house.service, today=lambda: day)

    @cached_property
    def _template(self) -> Any:
        """The page's template; everything put into it is escaped."""
        loader = FileSystemLoader(PAGES)
        place = Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)
        return place.get_template("sandbox.html")

    def _choice(self, asked: Mapping[str, str]) -> Choice:
        """What the address asks for; raises Refusal (404) for a fixture, drug or hook that is not there."""
        agent = _pick(self.agents, asked.get("drug", USUAL_AGENT))
        hook = asked.get("hook", "order-sign")
        offer = _pick({each.hook: each for each in OFFERS}, hook)
        patient = _pick(self.patients, asked["patient"]) if asked.get("patient") else None
        recorded = _pick(self.requests, asked["request"]) if asked.get("request") else None
        return Choice(patient, recorded, agent, offer)

    async def _shown(self, choice: Choice) -> dict[str, Any]:
        """What the page shows of the answer; nothing without a choice, the refusal if the request was refused."""
        if choice.patient is None and choice.recorded is None:
            return {}
        body, offer = self._posted(choice)
        service = self._service
        told = {"sent": _pretty(body), "day": service.today()}
        try:
            answer = await service.answer(offer, body, service.budget())
        except Refusal as refused:
            return {**told, "refused": refused}
        return {**told, **_answered(answer)}

    def _posted(self, choice: Choice) -> tuple[bytes, Offer]:
        """The request as it is posted, and the service that it is posted to."""
        if choice.recorded is not None:
            body = choice.recorded.read()
            hook = plain(body).get("hook")
            return body, next((each for each in OFFERS if each.hook == hook), choice.offer)
        assert choice.patient is not None
        service, hook = self._service, choice.offer.hook
        sources = service.queries(hook, service.today())
        request = hook_request(plain(choice.patient.read()), choice.agent, hook, sources, service.mint())
        return msgspec.json.encode(request), choice.offer


def _answered(answer: Answer) -> dict[str, Any]:
    """The cards, the response as it was sent, and the reasoning."""
    return {
        "cards": answer.response.cards,
        "answer": _pretty(answer.body),
        "why": explanation(answer.decision),
        "gaps": answer.chart.notes,
    }


def _pretty(body: bytes) -> str:
    """The JSON, indented."""
    return msgspec.json.format(body, indent=2).decode()


def _pick(known: Mapping[str, T], name: str) -> T:
    """The thing of that name; refused if there is none."""
    if name not in known:
        raise Refusal(NOT_FOUND, "not-found", "the sandbox has nothing of that name")
    return known[name]
