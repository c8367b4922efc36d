"""JSON of a request body as a resource: sound, of a type that exists, and with what R4 requires of it."""

from __future__ import annotations

from typing import Any, Final

import jiter

from cds.hooks.refusal import Refusal
from cds.server.ask import BAD_REQUEST, NOT_FOUND
from cds.server.definitions import resource_types

Json = dict[str, Any]
_MISPLACED: Final = "the body must be one FHIR resource as a JSON object"


def read_json(body: bytes) -> Json:
    """The JSON object, decimals as they were written; raises Refusal (400) for anything else.

    Malformed, not UTF-8, NaN, a duplicated key, or nested deeper than any resource is.
    """
    try:
        found = jiter.from_json(body, catch_duplicate_keys=True, allow_inf_nan=False, float_mode="decimal")
    except ValueError as fault:
        raise Refusal(BAD_REQUEST, "structure", f"the body is not sound JSON: {fault}") from None
    if not isinstance(found, dict):
        raise Refusal(BAD_REQUEST, "structure", _MISPLACED)
    return found


def known_type(kind: str) -> str:
    """The type, if R4 has it; raises Refusal (404) if not."""
    if kind not in resource_types():
        raise Refusal(
            NOT_FOUND, "not-supported", f"there is no resource type {kind[:64]!r} here; /metadata lists them all"
        )
    return kind
