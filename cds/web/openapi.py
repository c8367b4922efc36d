"""The description of the HTTP surface, for development: it promises nothing that the tests do not try out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cds.web.problems import JSON

_FILE: Final = Path(__file__).parent / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    read: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


def openapi_routes() -> list[BaseRoute]:
    """``/openapi.json``."""

    async def described(_: Request) -> Response:
        return Response(msgspec.json.encode(document()), media_type=JSON)

    return [Route("/openapi.json", described, methods=["GET"])]
