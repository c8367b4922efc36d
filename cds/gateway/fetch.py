"""One question to a FHIR server: asked again where that is safe and there is time, answered with bytes or a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import httpx

from cds.clock import moment
from cds.fhir.chart import Failed
from cds.gateway.asked_wait import asked_wait
from cds.gateway.breaker import RESTING, Breakers
from cds.gateway.budget import Budget
from cds.gateway.inflate import GZIP, Gunzip, NotGzip, TooMuch
from cds.gateway.reach import is_forbidden

BACKOFF: Final = (0.1, 0.3)
"""Seconds before the second try and before the third, unless the server names its own."""

WORTH_RETRYING: Final = frozenset({429, 502, 503, 504})
FORBIDDEN: Final = "the FHIR server's name leads to an address that may not be called"
ENOUGH: Final = "the answers to this request are larger than allowed, all together"
_OK: Final = 200
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_MEANING: Final = {
    401: "the token was not accepted",
    403: "access refused",
    404: "not found",
    410: "gone",
    429: "too many requests",
}
_PLAIN: Final = frozenset({"", "identity"})
_BROKEN: Final = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A try that brought nothing: why, whether it is worth another, and how long the server asked us to wait.

    ``ailing`` tells that the server is unwell, rather than that it did not like this one question.
    """

    why: str
    again: bool = False
    wait: float | None = None
    ailing: bool = False


@dataclass(slots=True)
class Allowance:
    """Bytes that the answers to one request may still fill, all of them together."""

    left: int


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Asks with the process's client, and takes no more bytes of an answer, or of all answers, than allowed."""

    client: httpx.AsyncClient
    max_bytes: int
    allowance: Allowance
    breakers: Breakers = field(default_factory=Breakers)
    now: Callable[[], float] = moment
    """Seconds since 1970, for servers that name the moment at which they may be asked again."""

    async def get(self, url: str, token: str, budget: Budget) -> bytes | Failed:
        """The body of a 200 answer; Failed, with the reason in plain words, for anything else. Never raises."""
        breaker = self.breakers.of(url)
        if not await breaker.admits(budget):
            return Failed(RESTING)
        try:
            found = await self._tries(url, token, budget)
            if isinstance(found, Trouble) and found.ailing:
                breaker.failed()
            else:
                breaker.answered()
        finally:
            breaker.gave_up()
        return found if isinstance(found, bytes) else Failed(found.why)

    async def _tries(self, url: str, token: str, budget: Budget) -> bytes | Trouble:
        """The outcome of asking once, or again where that is safe and there is time."""
        found = await self._try(url, token, budget)
        for pause in BACKOFF:
            if isinstance(found, bytes) or not found.again:
                break
            if not await budget.sleep(pause if found.wait is None else found.wait):
                break
            found = await self._try(url, token, budget)
        return found

    async def _try(self, url: str, token: str, budget: Budget) -> bytes | Trouble:
        """The outcome of asking once, within what is left of the budget."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(budget.left), self.client.stream("GET", url, headers=headers) as response:
                return await self._read(response)
        except (TimeoutError, *_BROKEN) as fault:
            return Trouble(FORBIDDEN) if is_forbidden(fault) else _lost(fault, budget)
        except ValueError:
            return Trouble("the FHIR server's address or token cannot be used")

    async def _read(self, response: httpx.Response) -> bytes | Trouble:
        """The whole body of a good answer, unpacked; what is wrong with any other."""
        if response.status_code != _OK:
            return _refused(response, self.now())
        packing = response.headers.get("content-encoding", "").strip().lower()
        if packing not in _PLAIN and packing not in GZIP:
            return Trouble("the answer is packed in a way that was not asked for")
        most = min(self.max_bytes, self.allowance.left)
        try:
            body = await _taken(response, most, Gunzip(most) if packing in GZIP else None)
        except TooMuch:
            return Trouble(f"the answer is larger than {self.max_bytes} bytes" if most == self.max_bytes else ENOUGH)
        except NotGzip:
            return Trouble("the answer could not be unpacked")
        self.allowance.left -= len(body)
        return body


async def _taken(response: httpx.Response, most: int, gunzip: Gunzip | None) -> bytes:
    """The body, unpacked if need be; raises TooMuch as soon as it is larger than ``most``, NotGzip if it is none."""
    assert isinstance(response.stream, httpx.AsyncByteStream)  # an async client's always is
    body = bytearray()
    async for piece in response.stream:
        body += gunzip.feed(piece) if gunzip else piece
        if len(body) > most:
            raise TooMuch
    if gunzip:
        gunzip.end()
    return bytes(body)


def _lost(fault: Exception, budget: Budget) -> Trouble:
    """No answer in time; or a lost connection, which the transport may call a timeout too, and which may be retried."""
    if budget.left > 0 or not isinstance(fault, TimeoutError | httpx.TimeoutException):
        return Trouble("the FHIR server could not be reached, or broke off", again=True, ailing=True)
    return Trouble(f"no answer within {budget.words}", ailing=True)


def _refused(response: httpx.Response, now: float) -> Trouble:
    """What the status says."""
    status = response.status_code
    meaning = "redirects are not followed" if response.is_redirect else _MEANING.get(status, "")
    words = f"the FHIR server answered {status}" + (f" ({meaning})" if meaning else "")
    ailing = status >= _SERVER_ERROR or status == _TOO_MANY
    wait = asked_wait(response.headers.get("retry-after", ""), now)
    return Trouble(words, status in WORTH_RETRYING, wait, ailing)
