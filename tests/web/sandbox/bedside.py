"""The app with a few synthetic patients in its FHIR server, and what the tests of its pages ask of it."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
from fastapi import FastAPI

from cds.releases.in_force import rules_for
from cds.resources import fixtures_directory
from cds.ruleset.ruleset import RuleSet
from cds.settings import Settings
from tests.web.desk import caller, desk

HIP = "very-high-recent-hip-fracture"
OPEN = "continuation-without-dxa"
SITE = fixtures_directory() / "site.yaml"
SIGNED: dict[str, Any] = {"drug": "nivolumab", "hook": "order-sign"}


@cache
def _rules() -> RuleSet:
    return rules_for(Settings(site=SITE))


def rules(_: Settings) -> RuleSet:
    """The rule book of these tests."""
    return _rules()


@asynccontextmanager
async def ward(folder: Path, *names: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app whose FHIR server holds these fixtures; the folder is a scratch place for them."""
    for name in names or (HIP,):
        (folder / f"{name}.json").write_bytes((fixtures_directory() / "patients" / f"{name}.json").read_bytes())
    with patch("cds.bootstrap.rules_for", rules):  # read once for all tests
        app: FastAPI = desk(fhir_load=folder, site=SITE, **settings)
    with patch("cds.web.app.gc"):  # to look through all that the tests hold takes longer than everything else here
        async with app.router.lifespan_context(app), caller(app) as client:
            yield client


async def page(client: httpx.AsyncClient, patient: str, status: int = 200, **query: Any) -> str:
    """The page of that patient in that state; redirects are followed."""
    response = await client.get(f"/sandbox/patients/{patient}", params=query, follow_redirects=True)
    assert response.status_code == status, response.text[:2000]
    assert response.headers["content-type"].startswith("text/html")
    return unescape(response.text)


async def exchanged(client: httpx.AsyncClient, text: str) -> tuple[Any, Any]:
    """The request that the page shows, and the response to it, whole."""
    (name,) = set(re.findall(r"/sandbox/exchanges/([\w-]+)/request", text))
    both = [await client.get(f"/sandbox/exchanges/{name}/{part}") for part in ("request", "response")]
    return both[0].json(), both[1].json() if both[1].content else None


def summaries(text: str) -> list[str]:
    """The summaries of the cards on the page."""
    return re.findall(r'<h3 id="summary-[^"]*">(.*?)</h3>', text)


def decisions(response: Any) -> dict[str, str]:
    """What each rule said: outcome and stratum."""
    told = response["extension"]["bone-cds.decisions"]
    return {each["rule"]: f"{each['outcome']} {each.get('stratum', '')}".strip() for each in told}


def forms(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each form that posts: where to, and its hidden fields."""
    for action, inside in re.findall(r'<form[^>]*method="post" action="([^"]*)"[^>]*>(.*?)</form>', text, re.DOTALL):
        yield action, dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', inside))


async def held(client: httpx.AsyncClient, kind: str, patient: str) -> list[Any]:
    """The patient's resources of that type on the FHIR server."""
    found = (await client.get(f"/fhir/{kind}", params={"patient": patient})).json()
    return [each["resource"] for each in found.get("entry", [])]


def query_of(url: str) -> dict[str, list[str]]:
    """The query of an address."""
    return parse_qs(urlsplit(url).query)


def json_bytes(it: Any) -> bytes:
    """The JSON."""
    return msgspec.json.encode(it)
