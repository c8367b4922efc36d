"""Browsers may call discovery, the services and feedback from the EHR's own pages (CORS)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX: Final = "/cds-services"
_ALLOW: Final = [
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, accept, origin, x-request-id"),
    (b"access-control-max-age", b"3600"),
]


@dataclass(slots=True)
class Cors:
    """Answers preflight requests and marks every other answer, for pages of the allowed origins ('*': any)."""

    app: ASGIApp
    origins: frozenset[bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request is answered, with CORS headers if a browser's page of an allowed origin made it."""
        marks = self._marks(scope) if scope["type"] == "http" and scope["path"].startswith(PREFIX) else []
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
            (b"access-control-expose-headers", b"x-request-id"),
            (b"vary", b"origin"),
        ]


def _marking(send: Send, marks: list[tuple[bytes, bytes]]) -> Send:
    """The same ``send``, with the headers added to the start of the response."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", []).extend(marks)
        await send(message)

    return marked
