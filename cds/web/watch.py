"""The outermost layer around every route: a number for the request, headers, its time, one log line, two counters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from cds.web.metrics import Metrics
from cds.web.shield import Shield

_NUMBER: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SERVER_ERROR: Final = 500


@dataclass(slots=True)
class Watch:
    """Counts and logs what the app answers; what a route leaves in ``scope["bone_cds.told"]`` is on the line too."""

    app: ASGIApp
    metrics: Metrics
    log: FilteringBoundLogger
    mint: Callable[[], str]
    shield: Shield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app has answered, and that has been noted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number = _sent_number(scope["headers"]) or self.mint()
        scope["bone_cds.request_id"] = number
        told: dict[str, Any] = {}
        scope["bone_cds.told"] = told
        status = _SERVER_ERROR
        started = perf_counter()

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self.shield.cover(message, (b"x-request-id", number.encode()))
            await send(message)

        try:
            await self.app(scope, receive, numbered)
        finally:
            self._note(scope, status, perf_counter() - started, number, told)

    def _note(self, scope: Scope, status: int, seconds: float, number: str, told: dict[str, Any]) -> None:
        """The request has its log line and its place in the counters, under its route and never its raw path."""
        route = route_of(scope)
        self.metrics.answered(route, status, seconds)
        ms = round(seconds * 1000, 1)
        self.log.info("answered", request=number, route=route, status=status, ms=ms, **told)


def route_of(scope: Scope) -> str:
    """The route that answered, as it is written in the app; ``none`` if none did."""
    if "endpoint" not in scope:
        return "none"
    path: str = scope["path"]
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(str(value), f"{{{name}}}", 1) if str(value) else path
    return path


def _sent_number(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's own X-Request-ID if it is harmless, else ''."""
    sent = next((value for name, value in headers if name == b"x-request-id"), b"")
    return sent.decode() if _NUMBER.fullmatch(sent) else ""
