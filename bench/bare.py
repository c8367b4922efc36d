"""Yardstick (a): a bare ASGI app that decodes the same body into the same structs and answers a constant."""

from __future__ import annotations

from typing import Any

import uvicorn

from bench.serving import port_given
from cds.facts.sources import SOURCES
from cds.fhir.decode import decode_draft, decode_source
from cds.hooks.request import read_request

ANSWER = b'{"cards":[]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read, decode, answer."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    request = read_request(body)
    for name in SOURCES:
        decode_source(request.prefetch.get(name))
    decode_draft(request.draft_orders, request.selections)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=port_given(), log_level="warning", access_log=False)
