"""Templates become pages: everything put into them is escaped, and every page is sent under the guard."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import Response

from cds.web.assets import GUARD
from cds.web.markdown import html, inline
from cds.web.sandbox.argument import linked
from cds.web.sandbox.panels import USUAL

PAGES: Final = Path(__file__).parent.parent / "pages" / "sandbox"


def page(template: str, fhir: str, status: int = 200, /, **shown: Any) -> Response:
    """The page of that template; ``fhir`` is where resources can be looked at."""
    text = (
        _environment()
        .get_template(f"{template}.html")
        .render(
            fhir=fhir,
            linked=lambda ref: linked(ref, fhir),
            **{"here": "", "state": None, "real": False, "day": "", **shown},
        )
    )
    return Response(
        text, status, headers={**GUARD, "cache-control": "no-store", "vary": "HX-Request"}, media_type="text/html"
    )


def pretty(value: Any) -> str:
    """The value as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def envelope(request: dict[str, Any]) -> str:
    """The request as indented JSON, each prefetched answer told by what it holds and not shown whole."""
    short = dict(request)
    prefetch = request.get("prefetch")
    if isinstance(prefetch, dict):
        short["prefetch"] = {name: _told(answer) for name, answer in prefetch.items()}
    return pretty(short)


def is_part(request: Request) -> bool:
    """Whether the page itself asks, for a part of it."""
    return request.headers.get("hx-request") == "true"


def _told(answer: Any) -> str:
    if not isinstance(answer, dict):
        return "nothing" if answer is None else "no FHIR resource"
    if answer.get("resourceType") != "Bundle":
        return f"{answer.get('resourceType', 'an object without a type')}"
    entries = answer.get("entry", [])
    return f"Bundle of {len(entries)} resource{'' if len(entries) == 1 else 's'}"


@cache
def _environment() -> Environment:
    """The templates."""
    loader = FileSystemLoader(PAGES)
    made = Environment(
        loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    made.globals.update(html=html, inline=inline, pretty=pretty, usual=USUAL)
    return made
