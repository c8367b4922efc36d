"""The real client over real sockets, against servers that hang, drip, break off, or lie: always an answer, in time."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from cds.fhir.chart import Chart, Draft, Empty, Failed, Found
from cds.gateway.budget import Budget
from cds.gateway.client import ANYWHERE, make_client
from cds.gateway.origin import CallPolicy
from cds.gateway.read import Gateway
from cds.gateway.visit import Limits
from tests.gateway.ehr import PATIENT, QUERIES, bundle, observation, prefetch, request
from tests.patience import NEVER, in_time

Lines = list[str]
Behaviour = Callable[[Lines, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BUDGET = 1.2
SLACK = 0.5


@asynccontextmanager
async def server(behave: Behaviour, requests: list[Lines]) -> AsyncIterator[str]:
    """A server on this machine that reads each request's head and then behaves."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().strip().split("\r\n")
                requests.append(lines)
                await behave(lines, reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/fhir"
    finally:
        listening.close()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole HTTP response."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/fhir+json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def read(base: str, max_bytes: int = 1_000_000, budget: float = NEVER) -> Chart:
    """The chart with the patient prefetched and the rest from that server; takes no longer than it may.

    Where the server answers, the budget is no part of the test: a machine that stands still would use it up.
    """
    async with make_client(reach=ANYWHERE) as client:
        reader = Gateway(client, CallPolicy(loopback=True), Limits(), max_bytes)
        asked = request(prefetch=prefetch(patient=PATIENT, conditions=None), fhir_server=base, token="s3cret")
        async with in_time(BUDGET + SLACK):
            return await reader.read(asked, QUERIES, Draft(), Budget.starting_now(budget))


def saying(said: bytes) -> Behaviour:
    """Answers that, and closes."""

    async def behave(_: Lines, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        writer.close()

    return behave


async def hang(_: Lines, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Never answers."""
    await reader.read()


async def drip(_: Lines, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers one byte at a time, for longer than anyone waits."""
    for byte in answer(b" " * 1000):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


SILENT = (hang, drip)
"""Only the budget ends these."""


async def endless(lines: Lines, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Every page leads to another, slowly."""
    number = int(lines[0].partition("page=")[2].partition(" ")[0] or 1)
    await asyncio.sleep(0.1)
    body = bundle(observation(f"o{number}"), following=f"?page={number + 1}")
    writer.write(answer(msgspec.json.encode(body)))


GOOD = msgspec.json.encode(bundle(observation("o1")))
BOMB = gzip.compress(b" " * 50_000_000)


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (hang, f"no answer within {BUDGET} s"),
        (drip, f"no answer within {BUDGET} s"),
        (saying(b""), "could not be reached, or broke off"),
        (saying(answer(GOOD)[:-20]), "could not be reached, or broke off"),
        (saying(b"HTTP/1.1 abc\r\n\r\n"), "could not be reached, or broke off"),
        (saying(b"SSH-2.0-OpenSSH\r\n"), "could not be reached, or broke off"),
        (saying(answer(b"<html>", "503 Down")), "answered 503"),
        (saying(answer(GOOD, "200 OK", "Content-Encoding: gzip")), "could not be unpacked"),
        (saying(answer(gzip.compress(GOOD)[:-9], "200 OK", "Content-Encoding: gzip")), "could not be unpacked"),
        (saying(answer(BOMB, "200 OK", "Content-Encoding: gzip, gzip")), "packed in a way that was not asked for"),
        (saying(answer(GOOD, "200 OK", "Content-Encoding: br")), "packed in a way that was not asked for"),
        (saying(answer(BOMB, "200 OK", "Content-Encoding: gzip")), "larger than 1000000 bytes"),
        (saying(answer(b"", "302 Found", "Location: http://127.0.0.1:1/x")), "redirects are not followed"),
    ],
    ids=[
        "hang",
        "drip",
        "close",
        "truncated",
        "bad status",
        "no http",
        "503",
        "false gzip",
        "gzip cut off",
        "gzip in gzip",
        "brotli",
        "bomb",
        "redirect",
    ],
)
async def test_a_faulty_server_is_a_gap_with_a_reason_in_time(behave: Behaviour, why: str) -> None:
    async with server(behave, []) as base:
        labs = (await read(base, budget=BUDGET if behave in SILENT else NEVER)).source("labs")
    assert isinstance(labs, Failed)
    assert why in labs.why


async def test_a_server_that_is_not_there_is_a_gap() -> None:
    labs = (await read("http://127.0.0.1:9/fhir")).source("labs")
    assert labs == Failed("the FHIR server could not be reached, or broke off")


async def test_a_good_server_is_read_gzip_and_all() -> None:
    requests: list[Lines] = []
    async with server(saying(answer(gzip.compress(GOOD), "200 OK", "Content-Encoding: gzip")), requests) as base:
        labs = (await read(base)).source("labs")
    assert isinstance(labs, Found)
    assert labs.complete
    assert requests[0][0] == "GET /fhir/Observation?patient=p1 HTTP/1.1"
    assert "authorization: Bearer s3cret" in [line.replace("Authorization", "authorization") for line in requests[0]]


async def test_endless_pages_end_with_the_budget() -> None:
    async with server(endless, []) as base:
        labs = (await read(base, budget=BUDGET)).source("labs")
    assert isinstance(labs, Found)
    assert not labs.complete
    assert len(labs.resources) >= 2


async def test_cookies_are_not_kept() -> None:
    requests: list[Lines] = []
    said = answer(b"", "503 Down", "Set-Cookie: session=other-patient; Path=/", "Retry-After: 0")
    async with server(saying(said), requests) as base:
        await read(base)
    assert len(requests) == 3
    assert not any(line.lower().startswith("cookie:") for lines in requests for line in lines)


async def test_nothing_is_asked_that_was_sent() -> None:
    requests: list[Lines] = []
    async with server(saying(answer(GOOD)), requests) as base:
        assert isinstance((await read(base)).source("conditions"), Empty)
    assert len(requests) == 1
