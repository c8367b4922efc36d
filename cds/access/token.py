"""A signed token taken apart, and held against the key and the claims that its client must show.

Nothing that a token says of itself is believed before its signature was checked, but for one thing: which client's keys
to check it with.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from cds.access.clients import Client
from cds.access.keyset import Key, fits
from cds.access.refusal import Reason, Unauthorised

LONGEST: Final = 8192
"""Characters of a token; the tokens of CDS clients have less than a thousand."""

_FAR_FUTURE: Final = 1e12
"""Seconds since 1970; beyond it is no moment but a slip, as of milliseconds."""

Plain = dict[str, Any]
_OBJECT: Final = msgspec.json.Decoder(Plain)
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+")
_UNSOUND: Final = (msgspec.MsgspecError, ValueError, RecursionError)


@dataclass(frozen=True, slots=True)
class Opened:
    """A token taken apart; nobody has vouched for it yet."""

    text: str = field(repr=False)
    header: Plain
    claims: Plain = field(repr=False)

    def says(self, name: str) -> str:
        """The text that the header holds under that name; '' if it is not there or no text."""
        found = self.header.get(name)
        return found if isinstance(found, str) else ""

    @property
    def issuer(self) -> str:
        """Who the token says it is from."""
        found = self.claims.get("iss")
        return found if isinstance(found, str) else ""


def opened(text: str) -> Opened:
    """The token taken apart; raises Unauthorised if it is none, or none of a kind that is ever accepted."""
    if len(text) > LONGEST:
        raise Unauthorised(Reason.TOO_LONG)
    parts = text.split(".")
    if len(parts) != 3:
        raise Unauthorised(Reason.MALFORMED)
    try:
        token = Opened(text, _object(parts[0]), _object(parts[1]))
    except _UNSOUND:
        raise Unauthorised(Reason.MALFORMED) from None
    if token.says("typ").upper() != "JWT":
        raise Unauthorised(Reason.WRONG_TYPE)
    if "crit" in token.header or "b64" in token.header:
        raise Unauthorised(Reason.CRITICAL)
    if not token.says("kid"):
        raise Unauthorised(Reason.NO_KID)
    return token


def _object(part: str) -> Plain:
    """The JSON object that the part spells."""
    if not _BASE64URL.fullmatch(part):
        raise ValueError("no base64url")
    return _OBJECT.decode(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def vouched(token: Opened, key: Key, client: Client) -> Plain:
    """The claims, now that the signature has been found to be the client's."""
    algorithm = token.says("alg")
    if not fits(key, algorithm):
        raise Unauthorised(Reason.UNFIT_KEY, client.issuer)
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = LONGEST
    try:
        signed = jws.deserialize_compact(token.text, key, algorithms=[algorithm], registry=registry)
        return _OBJECT.decode(signed.payload)
    except (JoseError, *_UNSOUND):
        raise Unauthorised(Reason.SIGNATURE, client.issuer) from None


@dataclass(frozen=True, slots=True)
class Claims:
    """What a client claims, well formed."""

    jti: str
    tenant: str
    ends: float
    """The moment after which the token opens nothing any more, leeway included."""


def checked(claims: Plain, client: Client, audiences: Collection[str], now: float) -> Claims:
    """The claims, which hold for this client, one of these audiences and this moment; else raises Unauthorised."""

    def insist(holds: bool, reason: Reason) -> None:
        if not holds:
            raise Unauthorised(reason, client.issuer)

    issued, ends, begins = (_moment(claims, name) for name in ("iat", "exp", "nbf"))
    jti, tenant = claims.get("jti"), claims.get("tenant", "")
    insist(isinstance(jti, str) and bool(jti.strip()) and isinstance(tenant, str), Reason.CLAIMS)
    insist(issued is not None and ends is not None and ("nbf" not in claims or begins is not None), Reason.CLAIMS)
    assert issued is not None
    assert ends is not None
    insist(bool(set(_audience(claims)) & set(audiences)), Reason.WRONG_AUDIENCE)
    insist(now < ends + client.leeway_seconds, Reason.EXPIRED)
    insist(max(issued, begins or issued) <= now + client.leeway_seconds, Reason.NOT_YET)
    insist(ends - issued <= client.longest_seconds, Reason.TOO_LASTING)
    insist(not client.tenants or tenant in client.tenants, Reason.WRONG_TENANT)
    return Claims(str(jti), str(tenant), ends + client.leeway_seconds)


def _moment(claims: Plain, name: str) -> float | None:
    """The seconds since 1970 that the claim holds; None if it is not there or no number."""
    found = claims.get(name)
    if not isinstance(found, int | float) or isinstance(found, bool) or not 0 <= found < _FAR_FUTURE:
        return None
    return float(found)


def _audience(claims: Plain) -> list[str]:
    """Whom the token is for, as it says: one or several."""
    said = claims.get("aud")
    return [each for each in (said if isinstance(said, list) else [said]) if isinstance(each, str)]
