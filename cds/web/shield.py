"""Headers that every answer bears: nothing of it is stored, framed, guessed at or run by whoever receives it."""

from __future__ import annotations

from typing import Final

from starlette.types import Message

_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ALWAYS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _NOTHING.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""Sent where the service is called by https alone."""


class Shield:
    """Adds the headers to an answer; those that a page set itself stay as they are."""

    def __init__(self, *, https_only: bool = False) -> None:
        self.headers = (*_ALWAYS, *([HTTPS_ONLY] if https_only else ()))

    def cover(self, message: Message, *more: tuple[bytes, bytes]) -> None:
        """The start of the answer bears the headers, and those given besides."""
        sent = message.get("headers") or ()
        if len(sent) <= 2:  # a plain JSON answer, as nearly all are: its type and length
            message["headers"] = [*sent, *more, *self.headers]
            return
        own = {name.lower() for name, _ in sent}
        message["headers"] = [*sent, *more, *(each for each in self.headers if each[0] not in own)]

    @property
    def plain(self) -> dict[str, str]:
        """The headers as text, for answers that are made elsewhere."""
        return {name.decode(): value.decode() for name, value in self.headers}
