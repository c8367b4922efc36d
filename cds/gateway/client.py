"""The one HTTP client of the process: pooled; it follows no redirect, keeps no cookie, uses no proxy."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

CONNECTIONS: Final = 100
"""Connections that are open at the same time, over all servers."""

KEEP_SECONDS: Final = 30


def make_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client over the given transport, or over a pool of real connections."""
    return httpx.AsyncClient(
        transport=transport or AiohttpTransport(client=_session),
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"accept": "application/fhir+json", "user-agent": "bone-cds"},
    )


def _session() -> aiohttp.ClientSession:
    """The pool. Certificates are checked against the usual authorities (``SSL_CERT_FILE`` names a hospital's own)."""
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS, keepalive_timeout=KEEP_SECONDS, ssl=httpx.create_ssl_context(trust_env=True)
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
