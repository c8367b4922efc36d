"""An EHR that signs its requests, and a gate that knows it: with keys of its own, made for one test run."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from cds.access.clients import Client
from cds.access.gate import Gate
from cds.access.install import make_gate
from cds.access.replay import SeenHere
from cds.settings import Settings

EHR = "https://ehr.example.org"
KEYS_AT = "https://ehr.example.org/jwks.json"
BASE = "https://cds.example.org"
PATH = "/cds-services/ici-bone-health-order-sign"
SECRET = "q8Zr3nT0vKx5Lw2Hd7YpBn6Mf4Ts1Rce"
NOW = 1_790_000_000.0
ALGORITHMS = ("ES384", "RS384", "ES256", "RS256")

Signing = RSAKey | ECKey


@cache
def key(kid: str = "k1", kind: str = "P-384") -> Signing:
    """A key pair, the same one for the same name."""
    if kind.startswith("P-"):
        return ECKey.generate_key(kind, {"kid": kid})
    return RSAKey.generate_key(int(kind), {"kid": kid})


def jwks(*keys: Signing, **members: Any) -> bytes:
    """The public halves as a JWK set."""
    return json.dumps({"keys": [{**each.as_dict(private=False), **members} for each in keys]}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, changed; a claim of None is left out."""
    good = {"iss": EHR, "aud": BASE + PATH, "iat": NOW - 1, "exp": NOW + 300, "jti": "j1"}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(said: dict[str, Any] | None = None, signer: Signing | None = None, **header: Any) -> str:
    """The claims, signed; header members of None are left out."""
    head = {"alg": "ES384", "typ": "JWT", "kid": "k1", **header}
    kept = {name: value for name, value in head.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    body = json.dumps(claims() if said is None else said)
    return jws.serialize_compact(kept, body, signer or key(), algorithms=ALGORITHMS, registry=registry)


def spelt(header: dict[str, Any], said: dict[str, Any], signature: str = "") -> str:
    """A token that no library would make."""
    parts = (urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (header, said))
    return ".".join([*parts, signature])


def headers(*tokens: str, scheme: str = "Bearer") -> list[tuple[bytes, bytes]]:
    """One Authorization header a token."""
    return [(b"authorization", f"{scheme} {each}".encode()) for each in tokens]


class Ehr:
    """Serves a key set, counts who asks for it, and can be down."""

    def __init__(self, *keys: Signing) -> None:
        self.body: bytes | None = jwks(*(keys or (key(),)))
        self.asked: list[str] = []

    async def fetch(self, address: str) -> bytes | None:
        """The key set, or nothing while it is down."""
        self.asked.append(address)
        return self.body


def client(**members: Any) -> Client:
    """The EHR as it is registered."""
    return Client.model_validate({"issuer": EHR, "jwks_url": KEYS_AT, **members})


def gate(
    *clients: Client,
    fetch: Callable[[str], Awaitable[bytes | None]] | None = None,
    now: Callable[[], float] = lambda: NOW,
    **settings: Any,
) -> Gate:
    """A gate that knows the clients (one, unless told), at ``BASE``, and needs a token unless told otherwise."""
    chosen = Settings(**{"public_url": BASE, "require_jwt": True, **settings})
    return make_gate(chosen, clients or (client(),), fetch or Ehr().fetch, SeenHere(1000), now)


def clients_file(folder: Path, text: str) -> Path:
    """``clients.yaml`` with that text."""
    path = folder / "clients.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def production(folder: Path, more: str = "") -> dict[str, Any]:
    """Settings that production starts with: one client, with ``more`` lines of its own, called by https."""
    listed = f"clients:\n  - issuer: {EHR}\n    jwks_url: {KEYS_AT}\n{more}"
    journal = {"journal_database": f"sqlite:///{folder}/journal.sqlite", "journal_key": SECRET, "data_dir": folder}
    return {"env": "production", "public_url": BASE, "clients": clients_file(folder, listed), **journal}
