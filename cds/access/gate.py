"""The gate: from the headers of a request and the address that it was sent to, to the caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cds.access.caller import UNSIGNED, Caller
from cds.access.clients import Client
from cds.access.keyring import KeyRing
from cds.access.refusal import Reason, Unauthorised
from cds.access.replay import ReplayStore, StoreFull, token_key
from cds.access.token import LONGEST, Opened, checked, opened, vouched

Headers = Iterable[tuple[bytes, bytes]]
AUTHORIZATION: Final = b"authorization"
_BEARER: Final = "bearer"


@dataclass(frozen=True, slots=True)
class Known:
    """A client with the keys that can vouch for it, by where they are: its own set's is ''."""

    client: Client
    rings: Mapping[str, KeyRing]


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets clients in that prove who they are; others too, unsigned, where ``needs_token`` is off."""

    clients: Mapping[str, Known]
    """By issuer."""

    needs_token: bool
    base: str
    """The address that callers know us by, without the path."""

    seen: ReplayStore
    now: Callable[[], float]
    unsigned: Caller = UNSIGNED

    async def admit(self, headers: Headers, path: str, *, needs_token: bool | None = None) -> Caller:
        """Who asks; raises Unauthorised for anyone who does not prove it, and must or tried to."""
        told = [value for name, value in headers if name == AUTHORIZATION]
        needed = self.needs_token if needs_token is None else needs_token
        if not told or not (self.clients or needed):
            if needed:
                raise Unauthorised(Reason.NO_TOKEN)
            return self.unsigned
        if len(told) > 1:
            raise Unauthorised(Reason.SEVERAL_HEADERS)
        return await self._caller(opened(bearer(told[0])), path)

    async def _caller(self, token: Opened, path: str) -> Caller:
        """The client that signed the token for this address, once."""
        known = self.clients.get(token.issuer)
        if known is None:
            raise Unauthorised(Reason.UNKNOWN_ISSUER)
        client = known.client
        if token.says("alg") not in client.algorithms:
            raise Unauthorised(Reason.ALGORITHM, client.issuer)
        ring = known.rings.get(token.says("jku"))
        if ring is None or ("jku" in token.header and not token.says("jku")):
            raise Unauthorised(Reason.FOREIGN_JKU, client.issuer)
        key = await ring.key(token.says("kid"))
        if key is None:
            raise Unauthorised(Reason.NO_KEYS if ring.is_empty else Reason.UNKNOWN_KEY, client.issuer)
        now = self.now()
        claims = checked(vouched(token, key, client), client, (self.base + path, *client.audiences), now)
        try:
            first = await self.seen.is_first(token_key(client.issuer, claims.jti), claims.ends, now)
        except StoreFull:
            raise Unauthorised(Reason.STORE_FULL, client.issuer) from None
        if not first:
            raise Unauthorised(Reason.REPLAYED, client.issuer)
        return client.caller(claims.tenant)


def bearer(header: bytes) -> str:
    """The token in the header; raises Unauthorised if it holds anything else."""
    if len(header) > LONGEST + len(_BEARER) + 1:
        raise Unauthorised(Reason.TOO_LONG)
    scheme, _, token = header.decode("latin-1").partition(" ")
    if scheme.lower() != _BEARER:
        raise Unauthorised(Reason.NOT_BEARER)
    return token.strip(" ")
