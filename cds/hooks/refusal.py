"""Why a request is not answered: a status, a FHIR issue code, plain words, and where in the request it hurts."""

from __future__ import annotations

from typing import Final

import msgspec

BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
LACKING: Final = 412
TOO_LARGE: Final = 413
TIMED_OUT: Final = 408
OVERLOADED: Final = 503


class Refusal(Exception):
    """A request that cannot be answered. ``words`` may be shown to the caller: they never hold patient data."""

    def __init__(self, status: int, code: str, words: str, where: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.words = words
        self.where = where


class Issue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: ``code`` is a FHIR issue type, ``expression`` paths into the request."""

    severity: str
    code: str
    diagnostics: str
    expression: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, tag_field="resourceType", tag="OperationOutcome"):
    """A FHIR OperationOutcome."""

    issue: tuple[Issue, ...]


def outcome(code: str, words: str, where: str = "", severity: str = "error") -> bytes:
    """The OperationOutcome with that one issue, as JSON."""
    return msgspec.json.encode(Outcome((Issue(severity, code, words, (where,) if where else ()),)))


def missing(where: str) -> Refusal:
    """The refusal of a request without a member that it must have."""
    return Refusal(BAD_REQUEST, "required", f"{where} is missing", where)


def misshapen(where: str, wanted: str) -> Refusal:
    """The refusal of a request whose member is not what it must be (``wanted``: "a string")."""
    return Refusal(BAD_REQUEST, "structure", f"{where} must be {wanted}", where)
