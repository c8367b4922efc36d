"""A request's body within bounds, for every route that does not see to it itself: how long it may be, and may take."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cds.hooks.refusal import BAD_REQUEST, TIMED_OUT, TOO_LARGE, Refusal
from cds.web.cors import PREFIX
from cds.web.problems import problem

FORM_BYTES: Final = 64 * 1024
"""Of a form of the pages; a larger one was not filled in by hand."""

UPLOAD_BYTES: Final = 16 * 1024 * 1024
"""Of a rule book that is proposed."""

_WIDER: Final = {"/audit/releases": UPLOAD_BYTES + FORM_BYTES}
_MEASURED_THERE: Final = ("/fhir", "/sandbox")
"""Of these, which development alone has, every route measures for itself."""

FRAMED_TWICE: Final = frozenset({b"content-length", b"transfer-encoding"})


@dataclass(slots=True)
class Bounds:
    """Reads no more and waits no longer than it may. Hooks see to both themselves."""

    app: ASGIApp
    seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request goes on; one that says in two ways where it ends is answered with 400, and its line closed."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
        elif {name for name, _ in scope["headers"]} >= FRAMED_TWICE:
            words = "a body has either a Content-Length or a Transfer-Encoding"
            await problem(BAD_REQUEST, "structure", words, headers={"connection": "close"})(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
        else:
            await self.app(scope, _Body(receive, _most(scope["path"]), self.seconds), send)


def _most(path: str) -> int | None:
    """Bytes that this route takes; None if it measures for itself."""
    return None if path.startswith(_MEASURED_THERE) else _WIDER.get(path, FORM_BYTES)


class _Body:
    """What is received of one request; raises Refusal when it is too long (413) or takes too long (408)."""

    def __init__(self, receive: Receive, most: int | None, seconds: float) -> None:
        self._receive, self._most, self._seconds = receive, most, seconds
        self._length, self._until, self._whole = 0, 0.0, False

    async def __call__(self) -> Message:
        """The next message. Once the body is there, whoever waits for the client to hang up may wait."""
        if self._whole:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + self._seconds
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise Refusal(TIMED_OUT, "timeout", f"the body took longer than {self._seconds:g} s") from None
        self._length += len(message.get("body", b""))
        if self._most is not None and self._length > self._most:
            raise Refusal(TOO_LARGE, "too-long", f"the body is longer than {self._most} bytes")
        self._whole = not message.get("more_body", False)
        return message
