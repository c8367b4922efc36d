"""The audit of a house with a few decisions in it, and people who sign in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from cds.access.passwords import hashed
from cds.bootstrap import House
from cds.journal.accounts import Accounts
from cds.web import create_app
from tests.journal.desk import journal_of, open_house, settings_for

PASSWORD = "correct horse battery"
PEOPLE = {"vera": "viewer", "phil": "pharmacist", "paula": "pharmacist", "anna": "approver"}
KEPT = hashed(PASSWORD)
PATIENCE = 120.0


@dataclass
class Browser:
    """Somebody's browser, and the token that forms of their session carry."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """They have tried to sign in."""
        sent = {"name": name, "password": password}
        response = await self.client.post("/audit/sign-in", data=sent, headers={"origin": "http://cds.example.org"})
        if response.status_code == 303:
            await self.see("/audit/burden")
        return response

    async def see(self, address: str) -> httpx.Response:
        """The page at that address; the form token on it is remembered."""
        response = await self.client.get(address)
        found = re.search(r'name="csrf" value="([^"]+)"', response.text)
        self.csrf = found.group(1) if found else self.csrf
        return response

    async def send(self, address: str, files: Any = None, **form: str) -> httpx.Response:
        """The form, sent with the session's token."""
        return await self.client.post(address, data={"csrf": self.csrf, **form}, files=files)


async def audited(folder: Path, **more: Any) -> House:
    """A house with a journal and an account for each of the people."""
    house = await open_house(settings_for(f"sqlite:///{folder}/journal.sqlite", folder, **more))
    accounts = Accounts(journal_of(house).database, 60_000)
    for name, role in PEOPLE.items():
        await accounts.put(name, frozenset({role}), KEPT)
    return house


@asynccontextmanager
async def browsing(house: House, name: str = "") -> AsyncIterator[Browser]:
    """A browser at the house, in which somebody is signed in if named."""
    transport = httpx.ASGITransport(app=create_app(house.settings, house), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://cds.example.org") as client:
        browser = Browser(client)
        if name:
            assert (await browser.sign_in(name)).status_code == 303
        yield browser


async def until(browser: Browser, words: str, address: str) -> str:
    """The page at that address, as soon as these words stand on it."""
    end = monotonic() + PATIENCE
    while words not in (page := (await browser.see(address)).text):
        assert monotonic() < end, page
        await asyncio.sleep(0.1)
    return page
