"""Yardstick (b): Starlette with orjson, parsing the body and writing it back."""

from __future__ import annotations

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.serving import port_given


async def echo(request: Request) -> Response:
    """The parsed body, written again."""
    return Response(orjson.dumps(orjson.loads(await request.body())), media_type="application/json")


app = Starlette(routes=[Route("/cds-services/{service}", echo, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=port_given(), log_level="warning", access_log=False)
