"""Which server an address belongs to, and which servers we may call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Origin = tuple[str, str, int]
"""Scheme, host and port."""


def origin(url: str) -> Origin | None:
    """The origin of an http(s) address; None if it is no such address, or names a user."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        return None
    return (parts.scheme, parts.hostname.lower(), port or _PORTS[parts.scheme])


def within(base: str, url: str) -> str:
    """The address that ``url`` means to the server at ``base``; '' if it leads to another origin."""
    absolute = urljoin(base.rstrip("/") + "/", url)
    return absolute if origin(absolute) is not None and origin(absolute) == origin(base) else ""


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Whom we may call: the servers of the allow-list, and in development any server on this machine."""

    allowed: tuple[str, ...] = ()
    loopback: bool = False
    https_only: bool = False
    """Production: a token is not sent in the clear, unless to this machine."""

    def for_client(self, servers: Iterable[str]) -> CallPolicy:
        """The policy for one client: its own servers in place of the general list; ValueError for a wrong address."""
        return replace(self, allowed=check_allowed(servers))

    def objection(self, base: str) -> str:
        """Why the FHIR server at that address may not be called; '' if it may."""
        found = origin(base)
        if found is None:
            return "fhirServer is not an http or https address"
        if "?" in base or "#" in base:
            return "fhirServer holds more than a base address"
        if self.loopback and found[1] in _LOOPBACK:
            return ""
        if any(_covers(allowed, base) for allowed in self.allowed):
            clear = self.https_only and found[0] != "https" and found[1] not in _LOOPBACK
            return "the FHIR server must be called by https" if clear else ""
        return "the FHIR server of the request is not on this service's allow-list"


def _covers(allowed: str, base: str) -> bool:
    """Whether the address is the allowed one or lies below it."""
    if origin(allowed) is None or origin(allowed) != origin(base):
        return False
    above, below = _path(urlsplit(allowed)), _path(urlsplit(base))
    return below[: len(above)] == above and not {".", ".."} & set(below)


def _path(parts: SplitResult) -> list[str]:
    """The segments of the path."""
    return [segment for segment in unquote(parts.path).split("/") if segment]


def check_allowed(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses of an allow-list; ValueError if one of them is no http(s) address."""
    checked = tuple(addresses)
    wrong = [each for each in checked if origin(each) is None]
    if wrong:
        raise ValueError(f"not an http or https address: {', '.join(wrong)}")
    return checked
