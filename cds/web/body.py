"""A request's body, read as it streams in: never beyond the limit, packed or unpacked, nor for too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope

from cds.gateway.inflate import GZIP, Gunzip, NotGzip, TooMuch
from cds.hooks.refusal import BAD_REQUEST, TIMED_OUT, TOO_LARGE, Refusal

UNSUPPORTED_MEDIA: Final = 415
_PLAIN: Final = frozenset({"", "identity"})


class ClientGone(Exception):
    """The client hung up before it had sent everything."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How much is taken in of one request, and for how long."""

    most_bytes: int
    seconds: float

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body, unpacked; raises Refusal as soon as it is known to be too long (413), whatever Content-Length
        says, when it takes too long (408), and if it is packed otherwise than with gzip (415); ClientGone.
        """
        announced = _header(scope["headers"], b"content-length")
        if announced.isdigit() and int(announced[:20]) > self.most_bytes:
            raise self._too_long()
        packing = _header(scope["headers"], b"content-encoding").decode("latin-1").strip().lower()
        if packing not in _PLAIN and packing not in GZIP:
            raise Refusal(UNSUPPORTED_MEDIA, "not-supported", "a body is taken plain or as gzip", "Content-Encoding")
        try:
            async with asyncio.timeout(self.seconds):
                pieces = [piece async for piece in _pieces(receive, self.most_bytes)]
        except TimeoutError:
            raise Refusal(TIMED_OUT, "timeout", f"the body took longer than {self.seconds:g} s") from None
        except TooMuch:
            raise self._too_long() from None
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return self._unpacked(body) if packing in GZIP else body

    def _unpacked(self, body: bytes) -> bytes:
        """The body that was packed with gzip; refused if it is not, or grows beyond the limit."""
        gunzip = Gunzip(self.most_bytes)
        try:
            plain = gunzip.feed(body)
            gunzip.end()
        except TooMuch:
            raise self._too_long() from None
        except NotGzip:
            raise Refusal(BAD_REQUEST, "structure", "the body is not sound gzip", "Content-Encoding") from None
        return plain

    def _too_long(self) -> Refusal:
        """The refusal of a body over the limit."""
        return Refusal(TOO_LARGE, "too-long", f"the body is longer than {self.most_bytes} bytes")


async def _pieces(receive: Receive, most: int) -> AsyncIterator[bytes]:
    """The body as it comes; raises TooMuch beyond ``most`` bytes, ClientGone if the client hangs up."""
    length = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        length += len(piece)
        if length > most:
            raise TooMuch
        yield piece
        more = message.get("more_body", False)


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The value of the first header of that name, b'' without one."""
    return next((value for key, value in headers if key == name), b"")
