"""What a person brings, recorded requests, and the exchanges as they went over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cds.hooks.discovery import Offer
from cds.hooks.refusal import NOT_FOUND, TOO_LARGE, Refusal
from cds.web.sandbox.argument import arguments
from cds.web.sandbox.draw import envelope, page
from cds.web.sandbox.intake import Unpacked, Unusable
from cds.web.sandbox.memory import OwnRequest
from cds.web.sandbox.own import read
from cds.web.sandbox.panels import panels_asked
from cds.web.sandbox.room import FOUND, Pages
from cds.web.sandbox.ward import NotWritten

_POURED_AWAY: Final = 256 * 1024 * 1024
"""So much of a body that is too large is read and dropped, since a browser shows no answer before it has sent all."""

_MB: Final = 1024 * 1024
_ECHOED: Final = 200_000


@dataclass(frozen=True)
class OwnPages(Pages):
    """Bring your own, and look at what was sent."""

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            Route("/sandbox/own", self.plainly(self.asking), methods=["GET"]),
            Route("/sandbox/own", self.plainly(self.brought), methods=["POST"]),
            Route("/sandbox/requests/{name}", self.plainly(self.request), methods=["GET"]),
            Route("/sandbox/exchanges/{name}/{part}", self.plainly(self.exchange), methods=["GET"]),
        ]

    async def asking(self, request: Request) -> Response:
        """The page that asks."""
        return self._asked(request, 200, "", ())

    async def brought(self, request: Request) -> Response:
        """What was brought is a patient or a request now, and shown; or the page says what is wrong with it."""
        limit = self.room.house.settings.max_body_bytes
        text = ""
        try:
            body, text = await _brought(request, limit)
            found = await asyncio.to_thread(read, body)
            return RedirectResponse(await self._kept(request, body, found), FOUND)
        except Refusal as refused:
            words = (
                f"It is larger than the {limit / _MB:g} MB that are read here."
                if refused.status == TOO_LARGE
                else refused.words
            )
            return self._asked(request, refused.status, text, (words,))
        except (Unusable, NotWritten) as refused:
            return self._asked(request, 422, text, (str(refused),))

    async def _kept(self, request: Request, body: bytes, found: Unpacked | Offer) -> str:
        """Where what was brought can be looked at now."""
        if isinstance(found, Unpacked):
            await self.bench(request).ward().transact(found.transaction)
            self.room.memory.left_out.put(found.patient, found.left_out)
            return f"/sandbox/patients/{found.patient}"
        name = f"own-{blake2b(body, digest_size=6).hexdigest()}"
        self.room.memory.requests.put(name, OwnRequest(found, body))
        return f"/sandbox/requests/{name}"

    def _asked(self, request: Request, status: int, text: str, problems: tuple[str, ...]) -> Response:
        most = f"{self.room.house.settings.max_body_bytes / _MB:g} MB"
        shown: dict[str, Any] = {"text": text if len(text) <= _ECHOED else "", "problems": problems, "most": most}
        return page("own", self.bench(request).base, status, here="own", **shown)

    async def request(self, request: Request) -> Response:
        """The cards for a recorded request, or one's own."""
        name, bench = request.path_params["name"], self.bench(request)
        recorded = self.room.recorded.get(name)
        asking = _as_own(recorded.read()) if recorded else self.room.memory.requests.get(name)
        if asking is None:
            raise Refusal(NOT_FOUND, "not-found", "no request of that name is remembered; bring it again")
        desk = bench.desk(bench.base, bench.ward().transport)
        exchange = await desk.post(asking.offer, asking.body, f" {name}", quiet=True)
        self.room.memory.exchanges.put(exchange.id, exchange)
        panels, _ = panels_asked(request.query_params, self.room.rules)
        decision = exchange.answer.decision if exchange.answer else None
        shown: dict[str, Any] = {
            "name": name,
            "panels": panels,
            "turned": lambda each: f"?{urlencode(panels.turned(each).pairs)}#{each}",
            "story": recorded.story if recorded else "",
            "expected": recorded.expected if recorded else "",
            "exchange": exchange,
            "cards": exchange.cards,
            "arguments": arguments(decision, bench.base) if decision else (),
            "envelope": envelope(exchange.request),
            "day": self.room.house.service.today().isoformat(),
        }
        return page("request", bench.base, **shown)

    async def exchange(self, request: Request) -> Response:
        """One side of an exchange, as it went over the wire."""
        found = self.room.memory.exchanges.get(request.path_params["name"])
        part = request.path_params["part"]
        if found is None or part not in ("request", "response"):
            raise Refusal(NOT_FOUND, "not-found", "this exchange is no longer remembered; ask again")
        body = found.sent if part == "request" else found.body
        return Response(body, media_type="application/json", headers={"x-content-type-options": "nosniff"})


def _as_own(body: bytes) -> OwnRequest | None:
    """The recorded request as if it had been brought; None if it is no hook request of ours."""
    try:
        found = read(body)
    except Unusable:
        return None
    return OwnRequest(found, body) if isinstance(found, Offer) else None


async def _brought(request: Request, limit: int) -> tuple[bytes, str]:
    """What was brought, and of it what was typed; raises Refusal (413) if it is too large, (400) if it is no form."""
    pieces, length = [], 0
    async for piece in request.stream():
        length += len(piece)
        if length > _POURED_AWAY:
            break
        if length <= limit:
            pieces.append(piece)
    if length > limit:
        raise Refusal(TOO_LARGE, "too-long", "it is too large")

    async def again() -> AsyncGenerator[bytes, None]:
        for each in pieces:
            yield each

    try:
        form = await MultiPartParser(request.headers, again(), max_part_size=limit).parse()
    except (MultiPartException, KeyError) as fault:
        raise Refusal(400, "structure", f"The form cannot be read ({fault}).") from None
    text, file = form.get("text"), form.get("file")
    typed = text if isinstance(text, str) else ""
    if isinstance(file, UploadFile) and file.filename:
        return await file.read(), typed
    return typed.encode(errors="replace"), typed
