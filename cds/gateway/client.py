"""The one HTTP client of the process: pooled; it follows no redirect, keeps no cookie, uses no proxy."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from opentelemetry.trace import Tracer

from cds.gateway.reach import Reach
from cds.gateway.watched import Told, Watched

CONNECTIONS: Final = 256
"""Connections that are open at the same time, over all servers."""

KEEP_SECONDS: Final = 30

ANYWHERE: Final = Reach(private=True, loopback=True)
"""For servers that whoever runs the program named himself."""


def make_client(
    transport: httpx.AsyncBaseTransport | None = None,
    reach: Reach | None = None,
    told: Told | None = None,
    tracer: Tracer | None = None,
) -> httpx.AsyncClient:
    """A client over the given transport, or over a pool of real connections to addresses within reach.

    Without a reach these are public addresses alone. ``told`` hears of every call, ``tracer`` makes spans of them.
    """
    within = reach or Reach()
    calls = transport or AiohttpTransport(client=lambda: _session(within))
    return httpx.AsyncClient(
        transport=calls if told is None else Watched(calls, told, tracer),
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={
            "accept": "application/fhir+json, application/json;q=0.9",
            "accept-encoding": "gzip",
            "user-agent": "bone-cds",
        },
    )


def _session(reach: Reach) -> aiohttp.ClientSession:
    """The pool. Certificates are checked against the usual authorities (``SSL_CERT_FILE`` names a hospital's own).

    The address is checked where its socket is made, so that a name which leads elsewhere a moment later gains nothing.
    """
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS,
        keepalive_timeout=KEEP_SECONDS,
        ssl=httpx.create_ssl_context(trust_env=True),
        socket_factory=reach.socket,
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
