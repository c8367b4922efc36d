"""Browsers may call discovery, the services, feedback and the embedded FHIR server from other pages (CORS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX: Final = "/cds-services"
_PREFIXES: Final = (PREFIX, "/fhir")
_ALLOW: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, accept, origin, prefer, if-match, if-none-match, if-none-exist, x-request-id",
    ),
    (b"access-control-max-age", b"3600"),
]
_EXPOSE: Final = b"x-request-id, etag, location, content-location, last-modified"


@dataclass(slots=True)
class Cors:
    """Answers preflight requests and marks every other answer, for pages of the allowed origins ('*': any)."""

    app: ASGIApp
    origins: frozenset[bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request is answered, with CORS headers if a browser's page of an allowed origin made it."""
        marks = self._marks(scope) if scope["type"] == "http" and scope["path"].startswith(_PREFIXES) else []
        if not marks:
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": [*marks, *_ALLOW]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, _marking(send, marks))

    def _marks(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """The headers that let the page read the answer; none if no page asks or its origin is not allowed."""
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
        if not origin or not self.origins & {b"*", origin}:
            return []
        allowed = b"*" if b"*" in self.origins else origin
        return [
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", _EXPOSE),
            (b"vary", b"origin"),
        ]


def _marking(send: Send, marks: list[tuple[bytes, bytes]]) -> Send:
    """The same ``send``, with the headers added to the start of the response."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", []).extend(marks)
        await send(message)

    return marked
