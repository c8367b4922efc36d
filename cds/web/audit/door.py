"""The routes of the audit, over a journal that is kept."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cds.bootstrap import House
from cds.export.book import rule_book
from cds.journal.kept import Kept
from cds.releases.in_force import rules_in_force
from cds.web.audit.decisions import Decisions
from cds.web.audit.desk import HOME, Answering, Desk, Visitor
from cds.web.audit.errands import ErrandPages
from cds.web.audit.figures import Figures
from cds.web.audit.releases import ReleasePages
from cds.web.audit.signin import SignIn
from cds.web.runners import Runners

_STYLE: Final = ("<style>", "</style>")


def audit_routes(house: House, journal: Kept, runners: Runners) -> list[BaseRoute]:
    """Every page of the audit of that house and its journal; the runners do what takes long."""
    desk = Desk.of(house, journal)

    async def home(_: Request) -> Response:
        return RedirectResponse(HOME, 303)

    return [
        Route("/audit", home, methods=["GET"]),
        *SignIn(desk).routes(),
        Route("/audit/rules", desk.open_to("viewer", _rule_book(house)), methods=["GET"]),
        *Figures(desk).routes(),
        *Decisions(desk).routes(),
        *ReleasePages(desk, ErrandPages(desk, runners)).routes(),
    ]


def _rule_book(house: House) -> Answering:
    """The printable rule book that is in force; it brings its own style, and that alone is allowed."""

    async def shown(_: Request, __: Visitor) -> Response:
        directory = await asyncio.to_thread(rules_in_force, house.settings)
        page = await asyncio.to_thread(rule_book, house.ruleset, directory, house.service.today())
        style = page.partition(_STYLE[0])[2].partition(_STYLE[1])[0]
        digest = b64encode(sha256(style.encode()).digest()).decode()
        policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
        )
        headers = {"content-security-policy": policy, "cache-control": "no-store"}
        return Response(page, headers=headers, media_type="text/html")

    return shown
