"""A FHIR server on loopback that has a fixture's patient, and for chosen sources a fault instead."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from bench.ehr import REQUESTS

Plain = dict[str, Any]
Fault = Callable[[asyncio.StreamWriter, str], Awaitable[None]]
"""Answers a request for that path, wrongly."""

TOKEN = "s3cret"


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole HTTP response."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/fhir+json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def says(status: str, body: Any = None, *headers: str) -> Fault:
    """A fault that is a whole answer."""
    whole = answer(json.dumps(body or {"resourceType": "OperationOutcome", "issue": []}).encode(), status, *headers)
    return writes(whole)


def writes(said: bytes) -> Fault:
    """A fault that is these bytes, and then the end."""

    async def fault(writer: asyncio.StreamWriter, _: str) -> None:
        writer.write(said)
        await writer.drain()
        writer.close()

    return fault


async def hang(_: asyncio.StreamWriter, __: str) -> None:
    """No answer at all."""
    await asyncio.sleep(30)


async def drip(writer: asyncio.StreamWriter, _: str) -> None:
    """A byte now and then."""
    for byte in answer(b" " * 1000):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def reset(writer: asyncio.StreamWriter, _: str) -> None:
    """Half an answer, and the connection is reset."""
    writer.write(answer(b" " * 1000)[:300])
    await writer.drain()
    line: socket.socket = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def endless(writer: asyncio.StreamWriter, path: str) -> None:
    """Every page leads to another, and none holds anything."""
    number = int(path.partition("page=")[2] or 1)
    base, mark = path.partition("page=")[0].rstrip("&?"), "&" if "?" in path else "?"
    following = {"relation": "next", "url": f"{base}{mark}page={number + 1}"}
    body = {"resourceType": "Bundle", "type": "searchset", "link": [following], "entry": []}
    writer.write(answer(json.dumps(body).encode()))
    await writer.drain()


HTML = b"<!doctype html><title>Sign in</title><script>alert(1)</script>"
GROUP = {"resourceType": "Group", "id": "g", "type": "person", "actual": True}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
FAULTS: dict[str, Fault] = {
    "401": says("401 Unauthorized"),
    "403": says("403 Forbidden"),
    "404": says("404 Not Found"),
    "429, soon": says("429 Too Many Requests", None, "Retry-After: 0"),
    "429, later": says("429 Too Many Requests", None, "Retry-After: 120"),
    "500": says("500 Internal Server Error"),
    "503": says("503 Service Unavailable", None, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"),
    "hang": hang,
    "slow drip": drip,
    "truncated JSON": writes(answer(b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Obs')),
    "cut off": writes(answer(b'{"resourceType":"Bundle"}')[:-9]),
    "HTML": writes(answer(HTML)),
    "wrong resource type": says("200 OK", GROUP),
    "an error with status 200": says("200 OK", OUTCOME),
    "deep": writes(answer(b'{"resourceType":"Bundle","entry":' + b"[" * 50_000 + b"]" * 50_000 + b"}")),
    "endless paging": endless,
    "reset": reset,
    "nothing": writes(b""),
    "redirect": says("302 Found", None, "Location: http://127.0.0.1:9/steal"),
}


@dataclass
class Ehr:
    """What the server has, by path; the sources at fault; and the heads of the requests that it got."""

    base: str
    paths: Mapping[str, tuple[str, bytes]]
    faults: dict[str, Fault]
    heads: list[str] = field(default_factory=list)


@asynccontextmanager
async def ehr(
    templates: Mapping[str, str], name: str, faults: Mapping[str, Fault] | None = None
) -> AsyncIterator[tuple[Ehr, Plain]]:
    """The server with the patient of that recorded request, and the request without its prefetch.

    It knows the questions of the prefetch ``templates``, by source.
    """
    request: Plain = json.loads((REQUESTS / f"{name}.json").read_bytes())
    patient = quote(request["context"]["patientId"], safe="")
    prefetch = request.pop("prefetch")
    paths = {
        "/fhir/" + query.replace("{{context.patientId}}", patient): (source, body_of(prefetch.get(source)))
        for source, query in templates.items()
    }
    has = Ehr("", paths, dict(faults or {}))
    listening = await asyncio.start_server(lambda *streams: serve(has, *streams), "127.0.0.1", 0)
    try:
        has.base = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/fhir"
        yield has, {**request, "fhirServer": has.base, "fhirAuthorization": {"access_token": TOKEN}}
    finally:
        listening.close()


def body_of(resource: Any) -> bytes:
    """What a search, or a read, brings."""
    return json.dumps(resource or {"resourceType": "Bundle", "type": "searchset", "total": 0}).encode()


async def serve(has: Ehr, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Every request on the connection is answered, or has its fault."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode():
            has.heads.append(head)
            path = head.split()[1]
            known = next((each for each in has.paths if path.startswith(each)), "")
            source, body = has.paths.get(known, ("", b""))
            fault = has.faults.get(source)
            if fault is not None:
                await fault(writer, path)
            else:
                writer.write(answer(body) if known else answer(b"{}", "404 Not Found"))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        pass  # nobody asks any more
    finally:
        writer.close()
