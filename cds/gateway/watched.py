"""Calls to other servers, timed and (where a site traces) traced: never their addresses' paths, headers or bodies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import httpx
from opentelemetry.trace import Span, SpanKind, Tracer

Told = Callable[[str, float], None]
"""Hears how a call ended (``2xx`` … ``5xx``, or ``lost``) and how many seconds it took, its body included."""

LOST: Final = "lost"


@dataclass(slots=True)
class Call:
    """One call under way."""

    told: Told
    span: Span | None
    started: float = field(default_factory=perf_counter)
    outcome: str = LOST

    def answered(self, status: int) -> None:
        """The answer's head is there."""
        self.outcome = f"{status // 100}xx"
        if self.span is not None:
            self.span.set_attribute("http.response.status_code", status)

    def ended(self) -> None:
        """The call is over, and that is told."""
        self.told(self.outcome, perf_counter() - self.started)
        if self.span is not None:
            self.span.set_attribute("bone_cds.outcome", self.outcome)
            self.span.end()


class Body(httpx.AsyncByteStream):
    """An answer's body; its call is over when it is closed."""

    def __init__(self, inner: httpx.AsyncByteStream, call: Call) -> None:
        self._inner, self._call = inner, call

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The body, piece by piece."""
        async for piece in self._inner:
            yield piece

    async def aclose(self) -> None:
        """The connection is free again, and the call has been told."""
        await self._inner.aclose()
        self._call.ended()


class Watched(httpx.AsyncBaseTransport):
    """A transport whose every call is told, and is a span if there is a tracer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, told: Told, tracer: Tracer | None) -> None:
        self._inner, self._told, self._tracer = inner, told, tracer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, from the transport within."""
        call = Call(self._told, self._span(request))
        try:
            response = await self._inner.handle_async_request(request)
        except BaseException:
            call.ended()
            raise
        call.answered(response.status_code)
        assert isinstance(response.stream, httpx.AsyncByteStream)  # an async transport's always is
        response.stream = Body(response.stream, call)
        return response

    async def aclose(self) -> None:
        """Connections are closed."""
        await self._inner.aclose()

    def _span(self, request: httpx.Request) -> Span | None:
        """The span of the call: which server, and no more of the address, which names the patient."""
        if self._tracer is None:
            return None
        attributes = {"http.request.method": request.method, "server.address": request.url.host}
        return self._tracer.start_span("call", kind=SpanKind.CLIENT, attributes=attributes)
