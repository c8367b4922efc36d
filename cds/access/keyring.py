"""A client's keys: fetched when they are needed, kept for a while, fetched anew for a key that nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from cds.access.keyset import Key, Keys, KeySetFault, read_keys

FRESH_SECONDS: Final = 600
"""After this long a key set is asked for again."""

STALE_SECONDS: Final = 24 * 3600
"""So long the last key set counts while no newer one can be had."""

PAUSE_SECONDS: Final = 30
"""Between two fetches at least: tokens with made-up key ids must not make us call the client's server."""

EMPTY_PAUSE_SECONDS: Final = 5
"""The same while there is no key at all, and nobody can be let in."""

Fetch = Callable[[], Awaitable[bytes | None]]
"""The key set's bytes; None if they cannot be had."""


@dataclass(slots=True)
class KeyRing:
    """The keys of one key set."""

    fetch: Fetch
    told: Callable[[str], None]
    """Hears in plain words why no newer key set could be had."""

    clock: Callable[[], float] = monotonic
    _keys: Keys = field(default_factory=dict)
    _fetched: float | None = None
    _tried: float | None = None
    _outdated: bool = False
    _untried: bool = False
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def key(self, kid: str) -> Key | None:
        """The key of that id; None if the newest key set that can be had lacks it."""
        known = self._current().get(kid)
        if known is not None and (self._is_fresh() or (self._lock.locked() and not self._untried)):
            return known
        async with self._lock:
            if (kid not in self._current() or not self._is_fresh()) and self._may_try():
                await self._renew()
        return self._current().get(kid)

    def take_over(self, before: KeyRing) -> None:
        """The keys of another ring count here while no newer ones can be had; which is tried before one is used."""
        self._keys, self._fetched, self._outdated, self._untried = before._keys, before._fetched, True, True

    @property
    def is_empty(self) -> bool:
        """Whether there is no key at all to check with."""
        return not self._current()

    async def _renew(self) -> None:
        """The newest key set is in place, or the old one stays and why is told."""
        self._tried = self.clock()
        body = await self.fetch()
        self._untried = False
        if body is None:
            self.told("the key set could not be fetched")
            return
        try:
            self._keys = read_keys(body)
        except KeySetFault as wrong:
            self.told(f"the key set cannot be used: {wrong}")
        else:
            self._fetched, self._outdated = self.clock(), False

    def _current(self) -> Keys:
        """The keys that still count."""
        age = self._age(self._fetched)
        return self._keys if age is not None and age < STALE_SECONDS else {}

    def _is_fresh(self) -> bool:
        age = self._age(self._fetched)
        return age is not None and age < FRESH_SECONDS and not self._outdated

    def _may_try(self) -> bool:
        age = self._age(self._tried)
        return age is None or age >= (PAUSE_SECONDS if self._current() else EMPTY_PAUSE_SECONDS)

    def _age(self, moment: float | None) -> float | None:
        return None if moment is None else self.clock() - moment
