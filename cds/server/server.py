"""The server's one door: a question is led to what answers it, and every refusal comes back as an OperationOutcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from cds.hooks.refusal import Refusal
from cds.server import asked, bundles, capability, compartment, interactions, search
from cds.server.answers import answered, only_if_none, pairs_of
from cds.server.ask import (
    BAD_REQUEST,
    NOT_ACCEPTABLE,
    NOT_ALLOWED,
    NOT_FOUND,
    OK,
    UNSUPPORTED_MEDIA,
    Answer,
    Ask,
    Pairs,
    refused,
)
from cds.server.interactions import Done
from cds.server.moments import instant
from cds.server.reading import Json, known_type, read_json
from cds.server.shelf import Desk, history
from cds.server.store import Store

_at_work: Final[set[asyncio.Future[Answer]]] = set()
"""Held on to until done: a connection given up in the middle of a statement is lost, and data in memory with it."""

_OTHER_FORMATS: Final = ("xml", "turtle", "ttl")
_OUR_FORMAT: Final = ("json", "*/*")
_WRITES: Final = frozenset({"POST", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class FhirServer:
    """A FHIR server over that store; ``now`` is the clock, ``mint`` makes ids."""

    store: Store
    now: Callable[[], datetime]
    mint: Callable[[], str]

    async def answer(self, ask: Ask) -> Answer:
        """The answer to the request; never raises Refusal. What was begun is ended even if nobody waits for it."""
        work = asyncio.ensure_future(self._answer(ask))
        _at_work.add(work)
        work.add_done_callback(_at_work.discard)
        try:
            return await asyncio.shield(work)
        except Refusal as refusal:
            return refused(refusal)

    async def close(self) -> None:
        """The database is closed."""
        await self.store.close()

    async def _answer(self, ask: Ask) -> Answer:
        """The answer; raises Refusal."""
        _in_json(ask)
        if ask.path == ("metadata",) and ask.method in ("GET", "HEAD"):
            return Answer(OK, capability.statement(ask.base, self.now()))
        if not ask.path and ask.method == "POST":
            return await bundles.answer(self, ask, read_json(ask.body))
        takes_body = ask.method in ("POST", "PUT") and not self._only_reads(ask)
        return await self.one(ask, read_json(ask.body) if takes_body else None)

    async def one(self, ask: Ask, resource: Json | None) -> Answer:
        """The answer to a request that stands alone; raises Refusal."""
        opened = self.store.reading() if self._only_reads(ask) else self.store.writing()
        async with opened as connection:
            return await self.perform(self.desk(connection, ask.base), ask, resource)

    def desk(self, connection: AsyncConnection, base: str) -> Desk:
        """A desk at an open connection, now."""
        return Desk(connection, base, instant(self.now()))

    @staticmethod
    def _only_reads(ask: Ask) -> bool:
        """Whether the request can change nothing."""
        return ask.method not in _WRITES or (ask.method == "POST" and ask.path[-1:] == ("_search",))

    async def perform(self, desk: Desk, ask: Ask, resource: Json | None) -> Answer:
        """The answer to a request about one type or one resource; raises Refusal."""
        if not ask.path:
            raise Refusal(NOT_ALLOWED, "not-supported", "the base takes a transaction or batch Bundle by POST")
        kind = known_type(ask.path[0])
        if len(ask.path) > 1 and not ask.path[1].startswith(("_", "$")):
            interactions.checked_id(ask.path[1])
        match ask.path[1:], ask.method:
            case (), "GET" | "HEAD":
                return await self._search(desk, kind, ask, ask.query)
            case ("_search",), "POST":
                return await self._search(desk, kind, ask, (*ask.query, *pairs_of(ask.body.decode("utf-8", "replace"))))
            case (), _:
                return await self._about_type(desk, kind, ask, resource)
            case (name,), _ if not name.startswith(("_", "$")):
                return await self._about_one(desk, kind, name, ask, resource)
            case (name, "_history"), "GET" | "HEAD":
                return Answer(
                    OK, compartment.history_bundle(await history(desk, await compartment.known(desk, kind, name)), desk)
                )
            case (name, "_history", number), "GET" | "HEAD":
                return answered(await interactions.read_version(desk, kind, name, number), ask)
            case (name, "$everything"), "GET" | "HEAD" if kind == "Patient":
                return Answer(OK, await compartment.everything(desk, name, ask.query))
        raise Refusal(NOT_FOUND, "not-supported", "there is nothing at this address, or not by this method")

    async def _search(self, desk: Desk, kind: str, ask: Ask, pairs: Pairs) -> Answer:
        """A page of the search."""
        return Answer(OK, await search.bundle(asked.read(kind, pairs), desk, ask.prefers("handling") == "strict"))

    async def _about_type(self, desk: Desk, kind: str, ask: Ask, resource: Json | None) -> Answer:
        """A create, or an update or a delete of what matches."""
        if ask.method == "DELETE":
            return answered(await interactions.remove_matching(desk, kind, ask.query), ask)
        if ask.method not in ("POST", "PUT"):
            raise _not_allowed(ask)
        body = _of_kind(resource, kind)
        if ask.method == "PUT":
            if_match = ask.headers.get("if-match", "")
            return answered(await interactions.update_matching(desk, body, ask.query, self.mint, if_match), ask)
        return answered(await interactions.create(desk, body, self.mint, only_if_none(ask)), ask)

    async def _about_one(self, desk: Desk, kind: str, name: str, ask: Ask, resource: Json | None) -> Answer:
        """A read, an update or a delete."""
        done: Done
        if_match = ask.headers.get("if-match", "")
        match ask.method:
            case "GET" | "HEAD":
                done = await interactions.read(desk, kind, name)
            case "PUT":
                done = await interactions.update(desk, name, _of_kind(resource, kind), if_match)
            case "DELETE":
                done = await interactions.remove(desk, kind, name, if_match)
            case _:
                raise _not_allowed(ask)
        return answered(done, ask)


def _of_kind(resource: Json | None, kind: str) -> Json:
    """The resource, if it is of the type that the address names; raises Refusal (400) if not."""
    if resource is None or resource.get("resourceType") != kind:
        raise Refusal(BAD_REQUEST, "invalid", f"the address takes a {kind}, the body is none", "resourceType")
    return resource


def _in_json(ask: Ask) -> None:
    """The client sends JSON and takes it; raises Refusal (415, 406) for one that speaks XML alone."""
    if "xml" in ask.headers.get("content-type", "") and ask.body:
        raise Refusal(UNSUPPORTED_MEDIA, "not-supported", "resources are taken as JSON", "Content-Type")
    asked_for = next((value for name, value in ask.query if name == "_format"), ask.headers.get("accept", ""))
    if any(word in asked_for for word in _OTHER_FORMATS) and not any(word in asked_for for word in _OUR_FORMAT):
        raise Refusal(NOT_ACCEPTABLE, "not-supported", "answers are JSON (application/fhir+json)", "_format")


def _not_allowed(ask: Ask) -> Refusal:
    """The refusal of a method that this address does not take."""
    return Refusal(NOT_ALLOWED, "not-supported", f"this address does not take {ask.method[:16]}")
