"""What a FHIR server answered, kept by address as it came; and played back, where a decision is made once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cds.fhir.chart import Failed
from cds.gateway.budget import Budget

NOT_RECORDED = "this was not asked when the decision was made"
OBJECTION = ""
"""Where a tape keeps why the server was not called at all."""

Heard = dict[str, bytes | str]
"""By address, the body of a good answer, or why there was none."""


class Policy(Protocol):
    """Whoever says which servers may be called."""

    def objection(self, base: str) -> str:
        """Why the server must not be called; '' if it may be."""

    def for_client(self, servers: Iterable[str]) -> Policy:
        """The policy for a client that may name these servers alone."""


class Getter(Protocol):
    """Whoever brings the body that stands at an address."""

    async def get(self, url: str, token: str, budget: Budget) -> bytes | Failed:
        """The body; Failed, with the reason in plain words. Never raises."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Asks, and keeps what was heard."""

    getter: Getter
    heard: Heard = field(default_factory=dict)

    async def get(self, url: str, token: str, budget: Budget) -> bytes | Failed:
        """The body as it was brought, now also in ``heard``."""
        found = await self.getter.get(url, token, budget)
        self.heard[url] = found if isinstance(found, bytes) else found.why
        return found


@dataclass(frozen=True, slots=True)
class Played:
    """Brings what was heard before, and never asks anybody."""

    heard: Mapping[str, bytes | str]

    async def get(self, url: str, token: str, budget: Budget) -> bytes | Failed:
        """What was heard at that address."""
        del token, budget
        found = self.heard.get(url, NOT_RECORDED)
        return found if isinstance(found, bytes) else Failed(found)

    def objection(self, base: str) -> str:
        """Why the server was not called then; '' if it was."""
        del base
        return str(self.heard.get(OBJECTION, ""))

    def for_client(self, servers: Iterable[str]) -> Played:
        """The same tape: what the client might name was settled then."""
        del servers
        return self
