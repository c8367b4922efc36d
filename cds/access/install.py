"""A gate built from settings and clients; whoever fetches keys, tells the time and knows used tokens is handed in."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from cds.access.caller import Caller
from cds.access.clients import Client, read_clients
from cds.access.gate import Gate, Known
from cds.access.keyring import KeyRing
from cds.access.replay import ReplayStore
from cds.hooks.version import shape_for
from cds.settings import Settings

FetchFrom = Callable[[str], Awaitable[bytes | None]]
"""The bytes at an address; None if they cannot be had."""

LOG: Final = logging.getLogger(__name__)


def clients_of(settings: Settings) -> tuple[Client, ...]:
    """The clients that the settings name, none without a file; raises RuleFaults on a bad one."""
    return read_clients(settings.clients) if settings.clients else ()


def make_gate(
    settings: Settings, clients: Iterable[Client], fetch: FetchFrom, seen: ReplayStore, now: Callable[[], float]
) -> Gate:
    """The gate that lets these clients in."""
    known = {client.issuer: Known(client, _rings(client, fetch)) for client in clients}
    unsigned = Caller(shape=shape_for(settings.hooks_version))
    return Gate(known, settings.needs_token, settings.base_url, seen, now, unsigned)


def changed(gate: Gate, clients: Collection[Client], fetch: FetchFrom) -> Gate:
    """The gate for these clients now: keys are read and fetched anew, and used tokens stay used.

    Those that stayed as they were keep fetched keys for the case that no newer ones can be had; of a key file what
    stands in it now alone counts.
    """
    known = {each.issuer: Known(each, _rings(each, fetch)) for each in clients}
    for issuer, before in gate.clients.items():
        if issuer in known and known[issuer].client == before.client:
            _take_over(known[issuer], before)
    return replace(gate, clients=known)


def _take_over(known: Known, before: Known) -> None:
    """The rings have the keys that were fetched before."""
    for name, ring in known.rings.items():
        if name or known.client.jwks_file is None:
            ring.take_over(before.rings[name])


def _rings(client: Client, fetch: FetchFrom) -> dict[str, KeyRing]:
    """The client's key rings by the ``jku`` that a token may name; '' is for tokens that name none."""
    told = partial(LOG.warning, "keys of %s: %s", client.issuer)
    if client.jwks_file is not None:
        own = KeyRing(partial(_file, client.jwks_file), told)
    else:
        assert client.jwks_url is not None
        own = KeyRing(partial(fetch, client.jwks_url), told)
    others = {each: KeyRing(partial(fetch, each), told) for each in client.jku}
    return {**others, **({client.jwks_url: own} if client.jwks_url else {}), "": own}


async def _file(path: Path) -> bytes | None:
    """What stands in the file now; None if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None
