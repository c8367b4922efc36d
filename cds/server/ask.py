"""What the server is asked and what it answers, without any HTTP library: batch entries are asked in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from cds.hooks.refusal import Refusal, outcome

OK: Final = 200
CREATED: Final = 201
NO_CONTENT: Final = 204
NOT_MODIFIED: Final = 304
BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
NOT_ALLOWED: Final = 405
CONFLICT: Final = 409
GONE: Final = 410
PRECONDITION: Final = 412
NOT_ACCEPTABLE: Final = 406
UNSUPPORTED_MEDIA: Final = 415
UNPROCESSABLE: Final = 422

Pairs = tuple[tuple[str, str], ...]
"""The parameters of a question, in the order in which they were asked."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: ``path`` below the base in segments, header names in lower case, ``base`` without a final slash."""

    method: str
    path: tuple[str, ...]
    base: str
    query: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def prefers(self, name: str) -> str:
        """The value of that preference in the ``Prefer`` header, '' without one."""
        stated = (
            each.strip().partition("=")
            for part in self.headers.get("prefer", "").split(",")
            for each in part.split(";")
        )
        return next((value.strip() for key, _, value in stated if key.strip() == name), "")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a body of FHIR JSON, or none; ``modified`` is when the resource became as it is, '' if it is none."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    modified: str = ""


def encoded(value: Any) -> bytes:
    """The JSON; decimals as they were written."""
    return _ENCODER.encode(value)


def refused(refusal: Refusal) -> Answer:
    """The answer that says why not, as an OperationOutcome."""
    severity = "fatal" if refusal.status >= 500 else "error"
    return Answer(refusal.status, outcome(refusal.code, refusal.words, refusal.where, severity))
