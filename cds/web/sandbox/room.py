"""The routes of the simulator. Each gathers what a page shows and has it drawn; none of them decides anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import httpx
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cds.bootstrap import House
from cds.facts.sources import SOURCES
from cds.hooks.refusal import Refusal
from cds.web.sandbox import patients
from cds.web.sandbox.answering import Bedside
from cds.web.sandbox.bench import Bench
from cds.web.sandbox.draw import envelope, is_part, page
from cds.web.sandbox.memory import Memory, ShownCard
from cds.web.sandbox.offers import Offers
from cds.web.sandbox.reply import Done
from cds.web.sandbox.state import SELECT, Asked, asked
from cds.web.sandbox.stories import Person, patient_stories, people
from cds.web.sandbox.tipped import tipped
from cds.web.sandbox.visit import Visit

Endpoint = Callable[[Request], Awaitable[Response]]
FOUND: Final = 303
_SHOWN: Final = 200
_FORGOTTEN: Final = Done(
    "", ("This card is no longer remembered; sign again to get a new one. Nothing was written or told.",)
)
_WHY: Final = {404: "There is nothing here", 413: "That is too large"}


@dataclass(frozen=True)
class Room:
    """What every page of the sandbox rests on: the house, the fixtures, and what is remembered."""

    house: House
    fixtures: Path
    memory: Memory = field(default_factory=Memory)
    run: str = field(default_factory=lambda: token_hex(4))

    @cached_property
    def offers(self) -> Offers:
        """What can be ordered and supposed."""
        return Offers(self.house.ruleset.codes, self.fixtures)

    @cached_property
    def stories(self) -> Mapping[str, Person]:
        """The stories of the synthetic patients, by patient id."""
        return patient_stories(self.fixtures)

    @cached_property
    def recorded(self) -> Mapping[str, Person]:
        """The recorded hook requests, by name."""
        return people(self.fixtures, "requests")

    @property
    def rules(self) -> list[str]:
        """The ids of the rules in force."""
        return [each.id for each in self.house.ruleset.rules]

    def bench(self, request: Request) -> Bench:
        """Where hooks are fired from, known by the address that the browser used."""
        origin = self.house.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        kept = self.house.settings.fhir_database
        return Bench(request.app, self.house, self.offers, origin, "" if kept else self.run)


@dataclass(frozen=True)
class Pages:
    """Pages of one room."""

    room: Room

    def bench(self, request: Request) -> Bench:
        """Where hooks are fired from."""
        return self.room.bench(request)

    def plainly(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint, whose refusals are told on a page instead of as an OperationOutcome."""

        async def told(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Refusal as refused:
                heading = _WHY.get(refused.status, "That could not be done")
                problems = [f"{refused.words[:1].upper()}{refused.words[1:]}."]
                back = {"back": "/sandbox", "back_words": "To the patients"}
                fhir = self.bench(request).base
                return page("message", fhir, refused.status, heading=heading, problems=problems, **back)

        return told


@dataclass(frozen=True)
class PatientPages(Pages):
    """The list of patients, one patient, and what was answered at the bedside."""

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        one = "/sandbox/patients/{patient}"
        return [
            Route("/sandbox", self.plainly(self.home), methods=["GET"]),
            Route(one, self.plainly(self.patient), methods=["GET"]),
            Route(f"{one}/tips", self.plainly(self.tips), methods=["GET"]),
            Route(f"{one}/answer", self.plainly(self.answer), methods=["POST"]),
        ]

    async def home(self, request: Request) -> Response:
        """The patients, those that fit the search."""
        bench, today = self.bench(request), self.room.house.service.today()
        query = request.query_params.get("q", "")
        every = [patients.row(each, self.room.stories, today) for each in await bench.ward().patients()]
        found = patients.found(every, query)
        told = f"{len(found)} of {len(every)} patients" if query else f"{len(every)} patients"
        told += f"; the first {_SHOWN} are shown" if len(found) > _SHOWN else ""
        recorded = list(self.room.recorded.values())
        shown: dict[str, Any] = {"people": found[:_SHOWN], "q": query, "told": told, "requests": recorded}
        return page("home", bench.base, here="patients", **shown)

    async def patient(self, request: Request) -> Response:
        """One patient in the state of the address; an address that can be told better is led there."""
        bench, wished = self.bench(request), self._asked(request)
        state, problems, typed = wished.state, list(wished.problems), ""
        added = request.query_params.get("add")
        if added is not None:
            agent = self.room.offers.agent_named(added)
            if agent is not None:
                drugs = tuple(dict.fromkeys((*state.drugs, agent.concept)))
                return RedirectResponse(state.but(drugs=drugs, hook=SELECT).url, FOUND)
            problems.append(
                f"“{added}” is no checkpoint inhibitor of the rule book, so nothing was added to the order."
            )
            typed = added
            state = state if state.drugs else state.but(hook="patient-view")
        record = await bench.ward().record(state.patient)
        if not problems and QueryParams(state.query) != QueryParams(request.url.query):
            return RedirectResponse(state.url, FOUND)
        shown = await Visit(bench, self.room.memory, state, record).shown()
        person = patients.row(record[0], self.room.stories, self.room.house.service.today())
        more: dict[str, Any] = {
            "person": person,
            "problems": problems,
            "typed": typed,
            "envelope": envelope(shown.pop("envelope_of")),
            "left_out": self.room.memory.left_out.get(state.patient) or (),
        }
        return page("patient", bench.base, here="patient", **shown, **more)

    async def tips(self, request: Request) -> Response:
        """What would change the answer of that state."""
        bench, state = self.bench(request), self._asked(request).state
        record = await bench.ward().record(state.patient)
        groups = await tipped(bench, state, await bench.fire(state, record, quiet=True))
        return page("tips" if is_part(request) else "tips_page", bench.base, groups=groups, state=state)

    async def answer(self, request: Request) -> Response:
        """The card is answered, and what came of it is shown in its place."""
        bench, state = self.bench(request), self._asked(request).state
        card = str((await request.form()).get("card", ""))
        shown = self.room.memory.cards.get(card)
        done = _FORGOTTEN
        if shown is not None and state.is_real:
            done = await self._answered(request, shown)
            state = state.closed(shown.form) if done.outcome else state
        if done.outcome and not is_part(request):
            return RedirectResponse(state.url, FOUND)
        summary = shown.card.summary if shown else "The card was not answered"
        told: dict[str, Any] = {
            "uuid": card,
            "outcome": done.outcome,
            "summary": summary,
            "told": done.told,
            "written": done.written,
        }
        name = "answered" if is_part(request) else "answered_page"
        answer = page(name, bench.base, 200 if done.outcome else 422, state=state, feedback=done.feedback, **told)
        if done.outcome:
            answer.headers["hx-replace-url"] = state.url
        return answer

    async def _answered(self, request: Request, shown: ShownCard) -> Done:
        """What came of the answer; of a card that was answered before, what came of it then, and nothing more."""
        bench, service, reply = self.bench(request), httpx.ASGITransport(app=request.app), shown.reply
        async with reply.lock:
            if reply.done is None:
                bedside = Bedside(bench.ward(), service, bench.origin, self.room.house.service.today())
                done = await bedside.answer(shown, await request.form())
                if not done.outcome:
                    return done
                reply.done = done
                self.room.memory.of(shown.patient).answered(f"{shown.card.summary} – {done.told[0]}")
            return reply.done

    def _asked(self, request: Request) -> Asked:
        """The state that the address asks for."""
        offers = self.room.offers
        patient = request.path_params["patient"]
        sources = [name for name in SOURCES if name != "patient"]
        return asked(patient, request.query_params, offers.agents, offers.changes, sources, self.room.rules)
