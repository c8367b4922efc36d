"""What an access token opens, as the client says: SMART App Launch 1 (``.read``) and 2 (``.rs?category=…``) alike.

Nobody is refused for his scopes: servers grant more and other than they write. They only explain a refusal.
"""

from __future__ import annotations

import re
from typing import Final

_SCOPE: Final = re.compile(
    r"(?:patient|user|system)/(?P<type>\*|[A-Za-z]+)\.(?P<may>read|write|\*|(?=[cruds])c?r?u?d?s?)(?:\?\S*)?"
)
_READING: Final = frozenset({"read", "*"})


def covers(scopes: str, resource_type: str) -> bool | None:
    """Whether the scopes let resources of that type be read or searched; None if they do not speak of resources."""
    found = [match for each in scopes.split() if (match := _SCOPE.fullmatch(each))]
    if not found:
        return None
    return any(each["type"] in ("*", resource_type) and _reads(each["may"]) for each in found)


def _reads(may: str) -> bool:
    """Whether the permission is one to read: in words, or as letters of which ``r`` and ``s`` read."""
    return may in _READING or (may != "write" and bool({"r", "s"} & set(may)))
