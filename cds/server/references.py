"""References in all their forms: ``Patient/1``, ``Patient/1/_history/2``, ``https://…/Patient/1``, ``urn:uuid:…``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_LITERAL: Final = re.compile(
    r"(?P<base>https?://.+/)?(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]+)?"
)


class Target(NamedTuple):
    """Where a reference leads: type and id if it names them, and the address as written, '' if it is a relative one."""

    type: str
    id: str
    url: str


def target_of(reference: str, base: str) -> Target | None:
    """Where the reference leads, seen from the server at ``base``; None for a contained one and for none at all."""
    if not reference or reference.startswith("#"):
        return None
    found = _LITERAL.fullmatch(reference)
    if found is None:
        return Target("", "", reference)
    if found["base"] in (None, f"{base}/"):
        return Target(found["type"], found["id"], "")
    return Target("", "", reference.partition("/_history/")[0])


def type_of(reference: Mapping[str, Any]) -> str:
    """The type of resource that the Reference leads to, '' if it does not say."""
    written = reference.get("reference")
    found = _LITERAL.fullmatch(written) if isinstance(written, str) else None
    stated = reference.get("type")
    return found["type"] if found else stated if isinstance(stated, str) else ""
