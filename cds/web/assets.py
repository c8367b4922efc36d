"""The files that pages load – style sheets and scripts – and the headers under which a page may load nothing else.

Every file lies in ``static/``; nothing comes from another server, and no page carries a script or a style of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from cds.hooks.refusal import NOT_FOUND, Refusal

STATIC: Final = Path(__file__).parent / "static"
_KINDS: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
GUARD: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""What every page is sent with: only our own files, no inline script or style, no framing by others."""


def asset_routes() -> list[BaseRoute]:
    """``/static/…``: each file by its path below ``static/``."""
    return [Route("/static/{name:path}", _file, methods=["GET"])]


async def _file(request: Request) -> Response:
    """The file of that name; refused (404) if there is none that pages may load."""
    path = _files().get(request.path_params["name"])
    if path is None:
        raise Refusal(NOT_FOUND, "not-found", "there is nothing at this address")
    headers = {"cache-control": "public, max-age=300", "x-content-type-options": "nosniff"}
    return FileResponse(path, media_type=_KINDS[path.suffix], headers=headers)


def _files() -> dict[str, Path]:
    """Every file that may be loaded, by its name in an address: the file system is asked for no other."""
    kinds = (path for path in STATIC.rglob("*") if path.suffix in _KINDS)
    return {path.relative_to(STATIC).as_posix(): path for path in kinds}
