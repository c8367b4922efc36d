"""Key sets of our callers, fetched with the care that FHIR servers are called with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from cds.gateway.budget import Budget
from cds.gateway.fetch import Allowance, Fetcher

MOST_BYTES: Final = 256 * 1024
SECONDS: Final = 2.0


def key_sets(client: httpx.AsyncClient) -> Callable[[str], Awaitable[bytes | None]]:
    """What fetches the key set at an address: its bytes, or None if they cannot be had."""

    async def fetch(address: str) -> bytes | None:
        answer = await Fetcher(client, MOST_BYTES, Allowance(MOST_BYTES)).get(address, "", Budget.starting_now(SECONDS))
        return answer if isinstance(answer, bytes) else None

    return fetch
