"""``clients.yaml``: who may call, with which keys, for which organisations, and which FHIR servers that opens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints

from cds.access.caller import Caller
from cds.access.keyset import KeySetFault, read_keys
from cds.hooks.version import HooksVersion, Member, shape_for
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.model import Written
from cds.ruleset.page import Page, Spot, read_page
from cds.ruleset.written import written

Algorithm = Literal["ES384", "RS384", "ES256", "RS256"]
Text = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_OPEN: Final = "whoever sits between could put another key in its place"


class Client(Written):
    """One CDS client."""

    issuer: Text
    jwks_url: Text | None = None
    jwks_file: Path | None = None
    jku: tuple[Text, ...] = ()
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("ES384", "RS384")
    audiences: tuple[Text, ...] = ()
    tenants: tuple[Text, ...] = ()
    fhir_servers: tuple[Text, ...] = ()
    hooks_version: HooksVersion = "2.0"
    leave_out: tuple[Member, ...] | None = None
    leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 60
    longest_seconds: Annotated[int, Field(ge=60, le=86_400)] = 3600

    def caller(self, tenant: str) -> Caller:
        """The client calling for that organisation ('' if it does not say)."""
        left_out = None if self.leave_out is None else frozenset(self.leave_out)
        return Caller(self.issuer, tenant, self.fhir_servers, shape_for(self.hooks_version, left_out))

    def addresses(self) -> Iterator[tuple[str, int | None, str]]:
        """Every address, with the key that it stands under and its place there."""
        if self.jwks_url:
            yield "jwks_url", None, self.jwks_url
        yield from (("jku", place, each) for place, each in enumerate(self.jku))
        yield from (("fhir_servers", place, each) for place, each in enumerate(self.fhir_servers))


class Register(Written):
    """The file as a whole."""

    clients: Annotated[tuple[Client, ...], Field(min_length=1)]


def read_clients(file: Path) -> tuple[Client, ...]:
    """The clients that the file lists, key files by their full path; RuleFaults when it is not as it must be."""
    faults: list[RuleFault] = []
    page = read_page(file.parent, file, faults)
    register = written(page, Register, faults) if page else None
    found = [_placed(each, file.parent) for each in register.clients] if register else []
    if page and not faults:
        faults += _objections(page, found)
    if faults:
        raise RuleFaults(map(_said, faults), "the clients file")
    return tuple(found)


def _placed(client: Client, folder: Path) -> Client:
    """The client with the full path of its key file."""
    return client if client.jwks_file is None else client.model_copy(update={"jwks_file": folder / client.jwks_file})


def _said(fault: RuleFault) -> RuleFault:
    """The fault with the reasons that are true of this file."""
    if fault.what == "the file is missing":
        fix = f"write {fault.file} (docs/clients.md says how), or take BONE_CDS_CLIENTS out of the environment"
        return replace(fault, why="BONE_CDS_CLIENTS names it, and without it nobody is known", fix=fix)
    if fault.what == "the file is empty":
        return replace(fault, why="without clients nobody could call", fix="list them under `clients:`")
    return fault


def _objections(page: Page, clients: Sequence[Client]) -> Iterator[RuleFault]:
    """What is wrong though every key is well formed."""
    seen: set[str] = set()
    for place, client in enumerate(clients):
        spot = Spot(page, ("clients", place))
        if client.issuer in seen:
            why = "the issuer says which keys count, so there can be one entry alone"
            yield spot.at("issuer").fault(f"`{client.issuer}` is listed twice", why, "join the two entries")
        seen.add(client.issuer)
        yield from _key_objections(spot, client)
        yield from _address_objections(spot, client)


def _key_objections(spot: Spot, client: Client) -> Iterator[RuleFault]:
    """Whether there is one place for the keys, and usable keys in a file."""
    if (client.jwks_url is None) == (client.jwks_file is None):
        what = "`jwks_url` and `jwks_file` are both written" if client.jwks_url else "no keys are named"
        yield spot.fault(what, "signatures are checked with keys of one place", "write `jwks_url:` or `jwks_file:`")
    if client.jwks_file is not None:
        try:
            read_keys(client.jwks_file.read_bytes())
        except OSError as wrong:
            why = wrong.strerror or str(wrong)
            fix = "write the path of a JWK set, from this file's folder"
            yield spot.at("jwks_file").fault(f"{client.jwks_file.name} cannot be read", why, fix)
        except KeySetFault as wrong:
            fix = 'put a JWK set of public keys there: {"keys": [{"kty": …, "kid": …}]}'
            yield spot.at("jwks_file").fault(f"{client.jwks_file.name}: {wrong}", "no signature could be checked", fix)


def _address_objections(spot: Spot, client: Client) -> Iterator[RuleFault]:
    """Addresses that are none, and key sets that would be fetched in the open."""
    for name, place, address in client.addresses():
        here = spot.at(name) if place is None else spot.at(name, place)
        if not is_address(address):
            yield here.fault(f"`{address}` is no address", "only https (or http) can be called", "write https://…")
        elif name != "fhir_servers" and not is_private(address):
            yield here.fault(f"`{address}` is not encrypted", _OPEN, "write https://… (http on this machine alone)")


def is_address(text: str) -> bool:
    """Whether the text is an http or https address of a host, without a user in it."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        return False


def is_private(address: str) -> bool:
    """Whether what is said to that address stays between us: https, or a server on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in LOOPBACK
