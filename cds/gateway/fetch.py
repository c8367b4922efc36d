"""One question to a FHIR server: asked again where that is safe and there is time, answered with bytes or a reason."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import aiohttp
import httpx

from cds.fhir.chart import Failed
from cds.gateway.budget import Budget

BACKOFF: Final = (0.1, 0.3)
"""Seconds before the second try and before the third, unless the server names its own."""

WORTH_RETRYING: Final = frozenset({429, 502, 503, 504})
_OK: Final = 200
_MEANING: Final = {
    401: "the token was not accepted",
    403: "access refused",
    404: "not found",
    410: "gone",
    429: "too many requests",
}
_BROKEN: Final = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A try that brought nothing: why, whether it is worth another, and how long the server asked us to wait."""

    why: str
    again: bool = False
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Asks with the process's client, and takes no more bytes of an answer than allowed."""

    client: httpx.AsyncClient
    max_bytes: int

    async def get(self, url: str, token: str, budget: Budget) -> bytes | Failed:
        """The body of a 200 answer; Failed, with the reason in plain words, for anything else. Never raises."""
        found = await self._try(url, token, budget)
        for pause in BACKOFF:
            if isinstance(found, bytes) or not found.again:
                break
            if not await budget.sleep(pause if found.wait is None else found.wait):
                break
            found = await self._try(url, token, budget)
        return found if isinstance(found, bytes) else Failed(found.why)

    async def _try(self, url: str, token: str, budget: Budget) -> bytes | Trouble:
        """The outcome of asking once, within what is left of the budget."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(budget.left), self.client.stream("GET", url, headers=headers) as response:
                return await self._read(response)
        except (TimeoutError, httpx.TimeoutException):
            return _late(budget)
        except _BROKEN:
            return Trouble("the FHIR server could not be reached, or broke off", again=True)
        except ValueError:
            return Trouble("the FHIR server's address or token cannot be used")

    async def _read(self, response: httpx.Response) -> bytes | Trouble:
        """The whole body of a good answer; what is wrong with any other."""
        if response.status_code != _OK:
            return _refused(response)
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > self.max_bytes:
                return Trouble(f"the answer is larger than {self.max_bytes} bytes")
        return bytes(body)


def _late(budget: Budget) -> Trouble:
    """No answer in time; or a lost connection, which the transport also calls a timeout, and which may be retried."""
    if budget.left > 0:
        return Trouble("the FHIR server could not be reached, or broke off", again=True)
    return Trouble(f"no answer within {budget.words}")


def _refused(response: httpx.Response) -> Trouble:
    """What the status says."""
    status = response.status_code
    meaning = "redirects are not followed" if response.is_redirect else _MEANING.get(status, "")
    words = f"the FHIR server answered {status}" + (f" ({meaning})" if meaning else "")
    return Trouble(words, status in WORTH_RETRYING, _asked_wait(response))


def _asked_wait(response: httpx.Response) -> float | None:
    """Seconds of ``Retry-After``; None without it, or when it names a date."""
    told = response.headers.get("retry-after", "").strip()
    return float(told) if told.isdecimal() and len(told) < 6 else None
