"""Sign-in at an OpenID Connect provider: a small one of our own, which signs real tokens – and wrong ones."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cds.bootstrap import House
from cds.clock import moment
from cds.web.audit.signin import SignIn
from tests.audit.desk import Browser, audited, browsing

ISSUER = "https://login.example.org"
KEY, STRANGER = (RSAKey.generate_key(2048, {"kid": name}) for name in ("ours", "ours"))


@dataclass
class Login:
    """A provider: one code is good once, with the verifier that fits its challenge."""

    roles: object = field(default_factory=lambda: ["pharmacist"])
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: KEY)
    asked: dict[str, str] = field(default_factory=dict)
    up: bool = True

    def app(self) -> Starlette:
        """The provider as an app."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.keys),
            ]
        )

    async def configuration(self, _: Request) -> Response:
        """Where everything is."""
        if not self.up:
            return Response(status_code=503)
        places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return JSONResponse({"issuer": ISSUER, **{name: ISSUER + place for name, place in places.items()}})

    async def keys(self, _: Request) -> Response:
        """The public key."""
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    async def token(self, request: Request) -> Response:
        """An ID token for the code."""
        sent = await request.form()
        challenge = urlsafe_b64encode(sha256(str(sent["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        if sent["code"] != "good" or challenge != self.asked["code_challenge"] or sent["client_secret"] != "s" * 20:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {
            "iss": ISSUER,
            "aud": "bone-cds",
            "sub": "4711",
            "preferred_username": "paula@example.org",
            "exp": int(moment()) + 60,
            "nonce": self.asked["nonce"],
            "roles": self.roles,
            **self.claims,
        }
        return JSONResponse({"id_token": jwt.encode({"alg": "RS256", "kid": "ours"}, claims, self.key)})


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Login:
    """The provider that the pages ask."""
    login = Login()

    def connect() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=login.app()))

    monkeypatch.setattr("cds.web.audit.door.SignIn", lambda desk: SignIn(desk, connect))
    return login


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose auditors sign in at the provider."""
    house = await audited(
        tmp_path,
        audit_oidc_issuer=ISSUER,
        audit_oidc_client_id="bone-cds",
        audit_oidc_client_secret="s" * 20,
    )
    yield house
    await house.close()


async def back(browser: Browser, login: Login, code: str = "good", state: str = "") -> httpx.Response:
    """The browser has been to the provider and is back."""
    away = await browser.client.get("/audit/oidc/start")
    assert away.status_code == 303, away.text
    address = urlsplit(away.headers["location"])
    login.asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == ISSUER + "/authorize"
    return await browser.see(f"/audit/oidc/callback?code={code}&state={state or login.asked['state']}")


async def test_whoever_the_provider_vouches_for_is_signed_in(house: House, login: Login) -> None:
    async with browsing(house) as browser:
        assert "hospital's account" in (await browser.see("/audit/sign-in")).text
        assert (await back(browser, login)).status_code == 303
        page = await browser.see("/audit/decisions")
        assert page.status_code == 200
        assert "paula@example.org" in page.text


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"iss": "https://other.example.org"}, "not sound"),
        ({"aud": "another"}, "not sound"),
        ({"exp": 1}, "not sound"),
        ({"nonce": "of another sign-in"}, "not sound"),
        ({"roles": ["janitor"]}, "no role here"),
        ({"roles": None}, "no role here"),
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    house: House, login: Login, claims: dict[str, Any], words: str
) -> None:
    login.claims = claims
    async with browsing(house) as browser:
        response = await back(browser, login)
        assert (response.status_code, words in response.text) == (401, True)
        assert (await browser.see("/audit/burden")).status_code == 303


async def test_a_token_of_another_key_is_refused(house: House, login: Login) -> None:
    login.key = STRANGER
    async with browsing(house) as browser:
        assert (await back(browser, login)).status_code == 401


async def test_a_wrong_code_or_state_is_refused(house: House, login: Login) -> None:
    async with browsing(house) as browser:
        assert (await back(browser, login, code="bad")).status_code == 401
        assert (await back(browser, login, state="of-another-browser")).status_code == 403
    async with browsing(house) as browser:
        assert (await browser.see("/audit/oidc/callback?code=good&state=")).status_code == 403


async def test_a_provider_that_is_away_is_said(house: House, login: Login) -> None:
    login.up = False
    async with browsing(house) as browser:
        response = await browser.client.get("/audit/oidc/start")
        assert (response.status_code, "could not be reached" in response.text) == (401, True)
