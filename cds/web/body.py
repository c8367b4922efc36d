"""A request's body, read as it streams in and never beyond the limit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.types import Receive, Scope

from cds.hooks.refusal import TOO_LARGE, Refusal

UNSUPPORTED_MEDIA: Final = 415
_PLAIN: Final = (b"", b"identity")


class ClientGone(Exception):
    """The client hung up before it had sent everything."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body; raises Refusal (413) as soon as it is known to be too long, whatever Content-Length says."""
    announced = _header(scope["headers"], b"content-length")
    if announced.isdigit() and int(announced[:20]) > limit:
        raise _too_long(limit)
    if _header(scope["headers"], b"content-encoding").lower() not in _PLAIN:
        raise Refusal(UNSUPPORTED_MEDIA, "not-supported", "a compressed body is not accepted", "Content-Encoding")
    pieces: list[bytes] = []
    length = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        length += len(piece)
        if length > limit:
            raise _too_long(limit)
        pieces.append(piece)
        more = message.get("more_body", False)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """The value of the first header of that name, b'' without one."""
    return next((value for key, value in headers if key == name), b"")


def _too_long(limit: int) -> Refusal:
    """The refusal of a body over the limit."""
    return Refusal(TOO_LARGE, "too-long", f"the body is longer than {limit} bytes")
