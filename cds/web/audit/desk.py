"""What every page of the audit needs: the journal, the clock, who is signed in, and the page as it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cds.access.roles import Auditor, Role
from cds.bootstrap import House
from cds.clock import now_ms
from cds.hooks.discovery import OFFERS
from cds.hooks.refusal import Refusal
from cds.journal.accounts import Accounts
from cds.journal.kept import Kept
from cds.journal.slips import VIEW
from cds.web.assets import GUARD

PAGES: Final = Path(__file__).parent / "pages"
COOKIE: Final = "bone_cds_audit"
HOME: Final = "/audit/burden"
SIGN_IN: Final = "/audit/sign-in"
DAYS: Final = ("first", "last")
FORBIDDEN: Final = 403
PRIVATE: Final = {**GUARD, "cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, and the token that their forms carry."""

    who: Auditor
    csrf: str


Answering = Callable[[Request, Visitor], Awaitable[Response]]


@dataclass(frozen=True)
class Desk:
    """The audit of one house with a journal that is kept."""

    house: House
    journal: Kept
    accounts: Accounts
    pages: Environment

    @classmethod
    def of(cls, house: House, journal: Kept) -> Desk:
        """The desk, its pages ready to be filled in; everything put into them is escaped."""
        place = FileSystemLoader(PAGES)
        pages = Environment(
            loader=place, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        idle = house.settings.audit_idle_minutes * 60_000
        return cls(house, journal, Accounts(journal.database, idle), pages)

    def page(self, name: str, visitor: Visitor | None, status: int = 200, /, **members: Any) -> Response:
        """The page of that name, filled in."""
        shown = {"visitor": visitor, "home": HOME, **members}
        text = self.pages.get_template(f"{name}.html").render(shown)
        return Response(text, status, PRIVATE, media_type="text/html")

    def open_to(
        self, role: Role, answer: Answering, *, changes: bool = False, is_use: bool = True
    ) -> Callable[[Request], Awaitable[Response]]:
        """The route that answers whoever is signed in with that role; one that ``changes`` anything checks its form.

        A session lives on by what is asked for; not by what a page asks for by itself, which is no ``is_use``.
        """

        async def route(request: Request) -> Response:
            visitor = await self.visitor(request, is_use=is_use)
            if visitor is None:
                return _to_sign_in(request)
            if not visitor.who.may(role):
                return self.page("refused", visitor, FORBIDDEN, why=f"this page is for the role {role}")
            if changes and not await is_own_form(request, visitor):
                return self.page(
                    "refused", visitor, FORBIDDEN, why="the form was not sent from this page; open it again"
                )
            try:
                return await answer(request, visitor)
            except Refusal as refusal:
                return self._refused(request, visitor, refusal)

        return route

    def _refused(self, request: Request, visitor: Visitor, refusal: Refusal) -> Response:
        """The page that says why not; if it is for the days that were asked for, with the form as it was filled in."""
        query, days = request.query_params, {}
        if refusal.where in DAYS:
            asked = {name: query.get(name, "") for name in (*DAYS, "service")}
            rest = [(name, value) for name, value in query.multi_items() if name not in (*asked, "page")]
            services = [offer.id for offer in OFFERS]
            days = {"days": {"action": request.url.path, "asked": asked, "rest": rest, "services": services}}
        return self.page("refused", visitor, refusal.status, why=refusal.words, **days)

    async def visitor(self, request: Request, *, is_use: bool = True) -> Visitor | None:
        """Who is signed in; None if nobody is, or not any more."""
        token = request.cookies.get(COOKIE, "")
        session = await self.accounts.session(token, now_ms(), is_use=is_use) if token else None
        return None if session is None else Visitor(Auditor(session.account, session.roles), session.csrf)

    def looked_at(self, visitor: Visitor, what: str, **particulars: Any) -> None:
        """That they saw it is in the journal."""
        self.journal.record(VIEW, by=visitor.who.name, what=what, **particulars)


def _to_sign_in(request: Request) -> Response:
    """The way there, for a whole page and for a part of one that renews itself."""
    if request.headers.get("hx-request") == "true":
        return Response(headers={"hx-redirect": SIGN_IN, **PRIVATE})
    return RedirectResponse(SIGN_IN, 303)


async def is_own_form(request: Request, visitor: Visitor) -> bool:
    """Whether the form came from our own page, with the session's token in it."""
    if not is_same_origin(request):
        return False
    sent = (await request.form()).get("csrf", "")
    return isinstance(sent, str) and compare_digest(sent.encode(), visitor.csrf.encode())


def is_same_origin(request: Request) -> bool:
    """Whether the browser says, or at least does not deny, that one of our own pages sent it.

    As our pages name no referrer, a browser sends ``Origin: null`` with their forms too; then ``Sec-Fetch-Site`` tells.
    """
    site = request.headers.get("sec-fetch-site", "")
    if site:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def refused(words: str) -> Refusal:
    """The refusal of an address that names nothing."""
    return Refusal(404, "not-found", words)
