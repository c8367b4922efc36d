"""What the simulator remembers while it runs, and only so much of it: exchanges, shown cards, answers, own requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from cds.hooks.discovery import Offer
from cds.hooks.wire import Card
from cds.web.sandbox.compare import Snapshot
from cds.web.sandbox.exchange import Exchange
from cds.web.sandbox.intake import LeftOut
from cds.web.sandbox.panels import OVERRIDE
from cds.web.sandbox.reply import Reply

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
EXCHANGES: Final = 40
CARDS: Final = 1000
PATIENTS: Final = 500
REQUESTS: Final = 20


@dataclass(slots=True)
class Latest(Generic[K, V]):
    """The latest things by name; the oldest are forgotten."""

    most: int
    _kept: OrderedDict[K, V] = field(default_factory=OrderedDict)

    def put(self, name: K, thing: V) -> None:
        """The thing is the latest."""
        self._kept[name] = thing
        self._kept.move_to_end(name)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)

    def get(self, name: K) -> V | None:
        """The thing of that name; None if there is none, or it is forgotten."""
        return self._kept.get(name)


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card that can be answered: for whom, by which service, and what it was answered with."""

    patient: str
    service: str
    card: Card
    reply: Reply = field(default_factory=Reply)

    @property
    def form(self) -> str:
        """What the panel is called in which it is overridden."""
        decision = (self.card.extension or {}).get("bone-cds.decision", {})
        return f"{OVERRIDE}{decision.get('rule', '')}"


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A hook request as it was brought, and the service that it is for."""

    offer: Offer
    body: bytes


@dataclass(slots=True)
class Signings:
    """What one patient's signings said: the last, the one before the answers, and the answers in between, in words."""

    last: Snapshot | None = None
    before: Snapshot | None = None
    answers: list[str] = field(default_factory=list)
    signed_since: bool = True

    def signed(self, snap: Snapshot) -> None:
        """This was said on signing."""
        self.last, self.signed_since = snap, True

    def answered(self, words: str) -> None:
        """A card was answered; what was said last is what the next signing is compared with."""
        if self.signed_since:
            self.before, self.answers, self.signed_since = self.last, [], False
        self.answers.append(words)


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that is remembered."""

    exchanges: Latest[str, Exchange] = field(default_factory=lambda: Latest(EXCHANGES))
    cards: Latest[str, ShownCard] = field(default_factory=lambda: Latest(CARDS))
    signings: Latest[str, Signings] = field(default_factory=lambda: Latest(PATIENTS))
    requests: Latest[str, OwnRequest] = field(default_factory=lambda: Latest(REQUESTS))

    left_out: Latest[str, tuple[LeftOut, ...]] = field(default_factory=lambda: Latest(PATIENTS))
    """What of a Bundle that somebody brought is not kept, by the patient that it became."""

    def of(self, patient: str) -> Signings:
        """The signings of that patient."""
        found = self.signings.get(patient) or Signings()
        self.signings.put(patient, found)
        return found
