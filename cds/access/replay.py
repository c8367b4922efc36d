"""Which signed requests were seen: each token opens the door once."""

from __future__ import annotations

from hashlib import blake2b
from heapq import heappop, heappush
from typing import Protocol

KEY_BYTES = 16


class StoreFull(Exception):
    """No more tokens can be remembered, so none can be known to be new."""


class ReplayStore(Protocol):
    """Remembers tokens until they expire. Several workers that share one see each other's."""

    async def is_first(self, key: bytes, until: float, now: float) -> bool:
        """Whether the token of that key is seen for the first time; from now on it was seen, until that moment."""


def token_key(issuer: str, jti: str) -> bytes:
    """What stands for a token: one key an issuer and id, from which neither can be told."""
    return blake2b(f"{len(issuer)} {issuer} {jti}".encode(errors="surrogatepass"), digest_size=KEY_BYTES).digest()


class SeenHere:
    """Tokens seen by this process, at most ``most`` at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[bytes] = set()
        self._ends: list[tuple[float, bytes]] = []

    async def is_first(self, key: bytes, until: float, now: float) -> bool:
        """Whether the token is new here; raises StoreFull rather than forget one that could still be used."""
        while self._ends and self._ends[0][0] < now:
            self._seen.discard(heappop(self._ends)[1])
        if key in self._seen:
            return False
        if len(self._seen) >= self._most:
            raise StoreFull
        self._seen.add(key)
        heappush(self._ends, (until, key))
        return True
