"""FHIR reads seen as they happen: which question, what status, how much and how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter

import httpx

from cds.gateway.origin import origin

NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Read:
    """One question to the FHIR server. ``status`` 0: no answer came."""

    url: str
    status: int
    size: int
    ms: float


@dataclass(frozen=True, slots=True)
class ByOrigin(httpx.AsyncBaseTransport):
    """What belongs to the server at ``base`` goes to ``inner``, everything else over the network, as usual."""

    base: str
    inner: httpx.AsyncBaseTransport
    network: httpx.AsyncClient

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the server that is meant."""
        if origin(str(request.url)) == origin(self.base):
            return await self.inner.handle_async_request(request)
        return await self.network.send(request, stream=True)


@dataclass(slots=True)
class Watched(httpx.AsyncBaseTransport):
    """Hands every request on, and notes what came of it."""

    inner: httpx.AsyncBaseTransport
    reads: list[Read] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the transport inside; noted also when none comes, or nobody waits for it any more."""
        started, status, size = perf_counter(), NO_ANSWER, 0
        try:
            response = await self.inner.handle_async_request(request)
            body = await response.aread()
            status, size = response.status_code, len(body)
            headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
            return httpx.Response(status, headers=headers, content=body, request=request)
        finally:
            self.reads.append(Read(str(request.url), status, size, (perf_counter() - started) * 1000))
