"""Clients as the integration guide describes them: each with the settings of its page, its way of signing, its ids."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from cds.bootstrap import build
from cds.clock import moment
from cds.settings import Settings
from cds.web import create_app
from tests.access.signing import Signing, clients_file, jwks, key, token
from tests.web.desk import DAY, caller

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "integration"
HERE = "https://cds.example.org"
CARELESS_IDS = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"


@cache
def page(name: str) -> str:
    """The page of the guide."""
    return (GUIDE / f"{name}.md").read_text(encoding="utf-8")


def listed(name: str) -> dict[str, Any]:
    """The client's entry as its page shows it."""
    found = re.search(r"```yaml\n(.*?)```", page(name), re.DOTALL)
    assert found, f"{name}.md shows no entry"
    entry: dict[str, Any] = yaml.safe_load(found[1])["clients"][0]
    return entry


@dataclass
class Client:
    """A client at a running service; ``path`` of a call is what it signs for."""

    http: httpx.AsyncClient
    entry: Mapping[str, Any]
    signer: Signing
    header: Mapping[str, Any]
    claims: Mapping[str, Any] = field(default_factory=dict)
    calls: int = 0

    def signed(self, path: str, **changes: Any) -> dict[str, str]:
        """The Authorization header of a call, signed just now with a token of its own."""
        self.calls += 1
        now = moment()
        said = {
            "iss": self.entry["issuer"], "aud": HERE + path, "iat": now, "exp": now + 300,
            "jti": f"no-uuid-{self.calls}", **self.claims, **changes,
        }  # fmt: skip
        return {"authorization": f"Bearer {token(said, self.signer, **self.header)}"}

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """The answer to a signed call."""
        return await self.http.post(path, json=body, headers=self.signed(path) | headers)


@asynccontextmanager
async def client(
    name: str, folder: Path, kind: str, header: Mapping[str, Any], claims: Mapping[str, Any] | None = None, **more: Any
) -> AsyncIterator[Client]:
    """A client of that page, and a service with the settings that the page asks for."""
    entry, signer = listed(name), key(f"{name} {kind}", kind)
    keys = jwks(signer)
    if "jwks_file" in entry:
        (folder / entry["jwks_file"]).write_bytes(keys)
    text = yaml.safe_dump({"clients": [entry]})
    settings = {"as_of": DAY, "log_level": "error", "public_url": HERE, "require_jwt": True, **more}
    chosen = Settings(**{**settings, "clients": clients_file(folder, text)})

    async def serve(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(keys))

    house = build(chosen, httpx.MockTransport(serve))
    async with caller(create_app(chosen, house)) as http:
        told = {"kid": f"{name} {kind}", **header}
        yield Client(http, entry, signer, told, claims or {})
