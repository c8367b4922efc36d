"""Sign-in of those who audit, by OpenID Connect: authorization code with PKCE, and an ID token that is checked whole.

Only the issuer of the settings is asked. Nothing of a token is kept or logged.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cds.access.roles import Auditor, known_roles

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "ES256", "ES384", "PS256"]
SECONDS: Final = 10.0
LEEWAY: Final = 30


class SignInRefused(Exception):
    """The sign-in failed; the message may be shown."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who vouches for auditors, and what we are called there. ``roles_claim`` names the claim that lists roles."""

    issuer: str
    client_id: str
    client_secret: str
    redirect: str
    roles_claim: str = "roles"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in on its way: kept by the browser until it comes back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> Attempt:
        """An attempt that nobody can guess."""
        return cls(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48))


async def begin(provider: Provider, client: httpx.AsyncClient, attempt: Attempt) -> str:
    """The address at which the provider asks who it is; raises SignInRefused."""
    told = await _told(client, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    challenge = urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect,
        "scope": "openid profile email",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{told['authorization_endpoint']}?{urlencode(asked)}"


async def finish(provider: Provider, client: httpx.AsyncClient, attempt: Attempt, code: str, now: float) -> Auditor:
    """Who it is, as the provider says; raises SignInRefused."""
    told = await _told(client, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.redirect,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "code_verifier": attempt.verifier,
    }
    try:
        answer = await client.post(str(told["token_endpoint"]), data=asked, timeout=SECONDS)
    except httpx.HTTPError:
        raise SignInRefused("the sign-in provider could not be reached") from None
    token = answer.json().get("id_token") if answer.status_code == httpx.codes.OK else None
    if not isinstance(token, str):
        raise SignInRefused("the sign-in provider did not accept the code")
    keys = await _told(client, str(told["jwks_uri"]))
    return _auditor(provider, _claims(provider, attempt, token, keys, now))


def _claims(provider: Provider, attempt: Attempt, token: str, keys: dict[str, Any], now: float) -> dict[str, Any]:
    """The claims of the token, each checked."""
    registry = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        nonce={"essential": True, "value": attempt.nonce},
        sub={"essential": True},
    )
    try:
        found = jwt.decode(token, KeySet.import_key_set({"keys": keys.get("keys", [])}), algorithms=ALGORITHMS)
        registry.validate(found.claims)
    except (JoseError, ValueError, TypeError) as fault:
        raise SignInRefused(f"the sign-in provider's token is not sound ({type(fault).__name__})") from None
    return found.claims


def _auditor(provider: Provider, claims: dict[str, Any]) -> Auditor:
    told = claims.get(provider.roles_claim, [])
    roles = known_roles(told if isinstance(told, list) else str(told).split())
    if not roles:
        raise SignInRefused("this account has no role here: viewer, pharmacist or approver")
    name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
    return Auditor(str(name)[:200], roles)


async def _told(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    try:
        answer = await client.get(address, timeout=SECONDS)
        found = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        raise SignInRefused("the sign-in provider could not be reached") from None
    if not isinstance(found, dict):
        raise SignInRefused("the sign-in provider's answer cannot be read")
    return found
