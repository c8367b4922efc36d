"""``/fhir``: the embedded FHIR server over HTTP, plain ASGI. Never there in production."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final
from urllib.parse import unquote

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from cds.bootstrap import House
from cds.hooks.refusal import Refusal
from cds.server.answers import pairs_of
from cds.server.ask import Answer, Ask, refused
from cds.server.faults import BROKEN, broken, read_faults
from cds.server.server import FhirServer
from cds.web.body import ClientGone, Intake

PREFIX: Final = "/fhir"
FHIR_JSON: Final = "application/fhir+json"
_LONGEST_SILENCE: Final = 60
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_OPEN: Final = ("metadata",)


def fhir_routes(house: House) -> list[BaseRoute]:
    """The routes of the house's embedded server; none without one."""
    if house.fhir is None:
        return []
    settings = house.settings
    token = settings.fhir_token.get_secret_value()
    intake = Intake(settings.fhir_max_body_bytes, settings.body_seconds)
    return FhirDoor(house.fhir, settings.public_url.rstrip("/"), token, intake).routes()


@dataclass(frozen=True, slots=True)
class FhirDoor:
    """Every request below ``/fhir``; ``address`` is what callers know this service by ('' : what they called)."""

    server: FhirServer
    address: str
    token: str
    intake: Intake

    def routes(self) -> list[BaseRoute]:
        """The base, and everything below it."""
        return [Route(PREFIX, self), Route(f"{PREFIX}/{{path:path}}", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request is answered in FHIR JSON, refusals included."""
        try:
            ask, view = await self._ask(scope, receive)
            answer = await self._answer(ask, view, receive)
        except ClientGone:
            return
        except Refusal as refusal:
            answer = refused(refusal)
        await _send(send, answer, scope["method"])

    async def _ask(self, scope: Scope, receive: Receive) -> tuple[Ask, str]:
        """The request as plain data, and the broken view that it is asked of ('': the sound one)."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = [unquote(each) for each in _below(scope).split("/") if each]
        base, view = f"{self._origin(scope, headers)}{PREFIX}", ""
        if path[:1] == [BROKEN]:
            view = path[1] if len(path) > 1 else ""
            base, path = f"{base}/{BROKEN}/{_raw_view(scope)}", path[2:]
        query = pairs_of(scope["query_string"].decode("latin-1"))
        body = await self.intake.read(scope, receive) if scope["method"] in _WITH_BODY else b""
        return Ask(scope["method"], tuple(path), base, query, headers, body), view

    async def _answer(self, ask: Ask, view: str, receive: Receive) -> Answer:
        """The server's answer, unless the caller is unknown or the view is broken there."""
        if ask.path != _OPEN:
            self._admit(ask.headers)
        wrong = broken(read_faults(view), ask) if view else ""
        if isinstance(wrong, Answer):
            return wrong
        if wrong:
            await _silence(receive)
            raise ClientGone
        return await self.server.answer(ask)

    def _admit(self, headers: Mapping[str, str]) -> None:
        """The caller has the token, if there is one to have; raises Refusal (401) if not."""
        sent = headers.get("authorization", "").partition(" ")
        known = sent[0].lower() == "bearer" and compare_digest(sent[2].strip().encode(), self.token.encode())
        if self.token and not known:
            raise Refusal(401, "login", "this server wants a bearer token", "Authorization")

    def _origin(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """The address of this service without a path."""
        return self.address or f"{scope['scheme']}://{headers.get('host', 'localhost')}"


async def _silence(receive: Receive) -> None:
    """The client has hung up, or waited long enough."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_SILENCE):
            while (await receive())["type"] != "http.disconnect":
                pass


def _below(scope: Scope) -> str:
    """The raw path below the prefix: a slash that belongs to a name is still escaped in it."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").partition("?")[0].removeprefix(scope.get("root_path", "")).removeprefix(PREFIX)


def _raw_view(scope: Scope) -> str:
    """The broken view as it is written in the address."""
    return ([each for each in _below(scope).split("/") if each] + ["", ""])[1]


async def _send(send: Send, answer: Answer, method: str) -> None:
    """The answer is on its way."""
    headers = {"content-type": FHIR_JSON, **answer.headers} if answer.body else dict(answer.headers)
    if answer.status == 401:
        headers["www-authenticate"] = "Bearer"
    headers["content-length"] = str(len(answer.body))
    if answer.status in (204, 304):
        del headers["content-length"]
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
