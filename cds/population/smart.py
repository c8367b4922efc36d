"""Who we are to a Bulk Data server (SMART backend services): a signed assertion gets a short-lived token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

SCOPE: Final = "system/*.read"
_LIVES: Final = 300
_EARLY: Final = 30
"""Seconds before its end at which a token is replaced."""

_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Key = RSAKey | ECKey


class BulkFailed(Exception):
    """The export could not be had; ``why`` and ``fix`` say more."""

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(what)
        self.why, self.fix = why, fix


def read_key(text: str) -> Key:
    """The private key of a PEM or JWK text; raises BulkFailed if it is none that can sign."""
    why = "it is no private key"
    for read in (lambda told: import_key(told, "RSA"), lambda told: import_key(told, "EC")):
        try:
            key: Key = read(msgspec.json.decode(text) if text.lstrip().startswith("{") else text)
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            why = str(wrong)
            continue
        if key.is_private:
            return key
    raise BulkFailed("the private key cannot be read", why, "give an RSA or EC (P-384) private key as PEM or JWK")


@dataclass(slots=True)
class Backend:
    """Gets tokens for a registered client and keeps each until shortly before its end.

    ``now`` gives seconds since 1970, ``mint`` an id that nobody has used.
    """

    client: httpx.AsyncClient
    client_id: str
    key: Key
    token_url: str
    now: Callable[[], float]
    mint: Callable[[], str]
    kid: str = ""
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    async def token(self, anew: bool = False) -> str:
        """A token that still holds; another one if it is to be had ``anew``."""
        if anew or not self._token or monotonic() >= self._until:
            await self._ask()
        return self._token

    def assertion(self) -> str:
        """What proves who we are, for the next minutes."""
        issued = int(self.now())
        header = {"alg": "RS384" if isinstance(self.key, RSAKey) else "ES384", "typ": "JWT"}
        claims = {
            "iss": self.client_id, "sub": self.client_id, "aud": self.token_url, "jti": self.mint(),
            "iat": issued, "exp": issued + _LIVES,
        }  # fmt: skip
        return jwt.encode(
            header | ({"kid": self.kid} if self.kid else {}), claims, self.key, algorithms=["RS384", "ES384"]
        )

    async def _ask(self) -> None:
        form = {
            "grant_type": "client_credentials", "scope": SCOPE, "client_assertion_type": _TYPE,
            "client_assertion": self.assertion(),
        }  # fmt: skip
        answer = await self.client.post(self.token_url, data=form, headers={"accept": "application/json"})
        told: Any = answer.json() if answer.is_success else None
        if not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
            fix = "check --client-id, the key and what the server has registered"
            raise BulkFailed("the server gave no token", f"{self.token_url} answered {answer.status_code}", fix)
        self._token = told["access_token"]
        lives = told.get("expires_in")
        self._until = monotonic() + max((lives if isinstance(lives, int) else _LIVES) - _EARLY, 1)


async def token_url_of(client: httpx.AsyncClient, base: str) -> str:
    """Where the server says that tokens are to be had; raises BulkFailed if it does not say."""
    address = f"{base.rstrip('/')}/.well-known/smart-configuration"
    answer = await client.get(address, headers={"accept": "application/json"})
    told: Any = answer.json() if answer.is_success else None
    found = told.get("token_endpoint") if isinstance(told, dict) else None
    if not isinstance(found, str):
        raise BulkFailed("the server does not say where tokens are to be had", address, "give it with --token-url")
    return found
