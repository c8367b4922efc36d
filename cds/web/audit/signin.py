"""Sign-in: with a local account's password, or at the hospital's OpenID Connect provider. The journal hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cds.access.oidc import Attempt, Provider, SignInRefused, begin, finish
from cds.access.passwords import matches
from cds.access.roles import Auditor
from cds.clock import moment, now_ms
from cds.journal.accounts import Account
from cds.journal.slips import VIEW
from cds.settings import Settings
from cds.web.audit.desk import COOKIE, FORBIDDEN, HOME, SIGN_IN, Desk, Visitor, is_same_origin
from cds.web.audit.refusals import UNKNOWN, Refusals
from cds.web.audit.turns import AGAIN_SECONDS, TooMany, Turns

ON_ITS_WAY: Final = "bone_cds_audit_oidc"
CALLBACK: Final = "/audit/oidc/callback"
MINUTES: Final = 10
UNAUTHORIZED: Final = 401
TOO_MANY_REQUESTS: Final = 429
WRONG: Final = "the name or the password is wrong, or the account is locked for a while"
CROWDED: Final = "too many are signing in at this moment; try again in a few seconds"
Connect = Callable[[], httpx.AsyncClient]


def provider_of(settings: Settings) -> Provider | None:
    """The provider of the settings; None if they name none."""
    if not settings.audit_oidc_issuer:
        return None
    return Provider(
        settings.audit_oidc_issuer,
        settings.audit_oidc_client_id,
        settings.audit_oidc_client_secret.get_secret_value(),
        settings.base_url + CALLBACK,
        settings.audit_oidc_roles_claim,
    )


def _connect() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, follow_redirects=False)


@dataclass(frozen=True)
class SignIn:
    """The pages on which one signs in and out."""

    desk: Desk
    connect: Connect = _connect
    turns: Turns = field(default_factory=Turns)
    refusals: Refusals = field(default_factory=Refusals)

    def routes(self) -> list[BaseRoute]:
        """The routes that are open to everybody."""
        return [
            Route(SIGN_IN, self.form, methods=["GET"]),
            Route(SIGN_IN, self.local, methods=["POST"]),
            Route("/audit/oidc/start", self.start, methods=["GET"]),
            Route(CALLBACK, self.callback, methods=["GET"]),
            Route("/audit/sign-out", self.desk.open_to("viewer", self.out, changes=True), methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """The form; whoever is signed in already goes on."""
        if await self.desk.visitor(request) is not None:
            return RedirectResponse(HOME, 303)
        return self._form()

    def _form(self, why: str = "", status: int = 200) -> Response:
        oidc = provider_of(self.desk.house.settings) is not None
        return self.desk.page("sign_in", None, status, why=why, oidc=oidc)

    async def local(self, request: Request) -> Response:
        """Signed in, if name and password are those of an account."""
        if not is_same_origin(request):
            return self._form("the form was not sent from this page", FORBIDDEN)
        sent = await request.form()
        name, password = str(sent.get("name", ""))[:80], str(sent.get("password", ""))[:1000]
        try:
            async with self.turns.turn():
                account = await self._vouched(name, password)
        except TooMany:
            return self._later()
        if account is None:
            return self._form(WRONG, UNAUTHORIZED)
        return await self._signed_in(Auditor(account.name, account.roles))

    async def _vouched(self, name: str, password: str) -> Account | None:
        """The account, if it may be tried and that is its password. Looking takes as long without one."""
        accounts = self.desk.accounts
        counted, account = await accounts.may_try(name, now_ms()), await accounts.find(name)
        kept = account.password if account and counted is not None else ""
        well = await asyncio.to_thread(matches, kept, password)
        if account is None or counted is None:
            self._refused(account.name if account else UNKNOWN, "sign-in refused")
            return None
        if not well:
            self._told(account.name, "sign-in refused")
            return None
        await accounts.went_well(name, counted)
        return account

    def _later(self) -> Response:
        """Too many sign in at the moment."""
        response = self._form(CROWDED, TOO_MANY_REQUESTS)
        response.headers["retry-after"] = str(AGAIN_SECONDS)
        return response

    async def start(self, _: Request) -> Response:
        """On the way to the provider."""
        provider, attempt = provider_of(self.desk.house.settings), Attempt.fresh()
        if provider is None:
            return self._form("no sign-in provider is set up", FORBIDDEN)
        try:
            async with self.connect() as client:
                address = await begin(provider, client, attempt)
        except SignInRefused as refused:
            return self._form(str(refused), UNAUTHORIZED)
        response = RedirectResponse(address, 303)
        kept = ".".join((attempt.state, attempt.nonce, attempt.verifier))
        self._cookie(response, ON_ITS_WAY, kept, MINUTES * 60)
        return response

    async def callback(self, request: Request) -> Response:
        """Signed in, if the provider says who it is."""
        provider, kept = provider_of(self.desk.house.settings), request.cookies.get(ON_ITS_WAY, "").split(".")
        asked = request.query_params
        if provider is None or len(kept) != 3 or not compare_digest(kept[0].encode(), asked.get("state", "").encode()):
            return self._form("the sign-in was not begun in this browser, or took too long", FORBIDDEN)
        try:
            if "code" not in asked:
                raise SignInRefused("the sign-in provider refused")
            async with self.connect() as client:
                auditor = await finish(provider, client, Attempt(*kept), asked["code"], moment())
        except SignInRefused as refused:
            self._refused(UNKNOWN, f"sign-in refused: {refused}")
            return self._form(str(refused), UNAUTHORIZED)
        response = await self._signed_in(auditor)
        response.delete_cookie(ON_ITS_WAY, path="/audit")
        return response

    async def out(self, request: Request, visitor: Visitor) -> Response:
        """Signed out."""
        await self.desk.accounts.end(request.cookies[COOKIE])
        self._told(visitor.who.name, "signed out")
        response = RedirectResponse(SIGN_IN, 303)
        response.delete_cookie(COOKIE, path="/audit")
        return response

    async def _signed_in(self, auditor: Auditor) -> Response:
        token = await self.desk.accounts.begin(auditor.name, auditor.roles, now_ms())
        self._told(auditor.name, "signed in")
        response = RedirectResponse(HOME, 303)
        self._cookie(response, COOKIE, token)
        return response

    def _cookie(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """The cookie goes to the audit's pages alone, to no script, and not with other sites' forms."""
        secure = self.desk.house.settings.base_url.startswith("https:")
        response.set_cookie(name, value, seconds, path="/audit", secure=secure, httponly=True, samesite="lax")

    def _refused(self, by: str, what: str) -> None:
        """The journal knows of what could not even be tried: once in a while for many alike."""
        times = self.refusals.to_tell(by, what, now_ms())
        if times:
            self.desk.journal.record(VIEW, by=by, what=what, times=times)

    def _told(self, name: str, what: str) -> None:
        self.desk.journal.record(VIEW, by=name, what=what)
