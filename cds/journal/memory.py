"""A journal in this process: bounded, safe to use from several threads, forgotten when the process ends."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from threading import Lock
from typing import Final

from cds.hooks.feedback import Feedback
from cds.hooks.wire import Card
from cds.journal.store import Shown, shown
from cds.repeats import Answered, Remembered

_KEY_BYTES: Final = 16
_ANSWERS: Final[dict[str, Answered]] = {"accepted": "accepted", "overridden": "overridden"}


class Memory:
    """Remembers the latest shown cards, and for the latest patients with an answer one card a topic and stratum.

    A patient is known by a hash with ``key``, which nobody else has: the id itself is never kept.
    """

    def __init__(self, key: bytes, today: Callable[[], date], cards: int, patients: int) -> None:
        self._key, self._today = key, today
        self._most_cards, self._most_patients = cards, patients
        self._lock = Lock()
        self._cards: OrderedDict[str, Shown] = OrderedDict()
        self._patients: OrderedDict[bytes, tuple[Remembered, ...]] = OrderedDict()

    async def recall(self, who: str) -> Sequence[Remembered]:
        """What was answered for this patient, and what was shown since, oldest first; nothing without an answer."""
        return self._patients.get(self._hashed(who), ()) if self._patients else ()

    async def note(self, who: str, day: date, cards: Sequence[Card]) -> None:
        """The cards can be answered now."""
        if not cards:
            return
        patient = self._hashed(who)
        kept = {card.uuid: shown(patient, day, card) for card in cards}
        with self._lock:
            self._cards.update(kept)
            while len(self._cards) > self._most_cards:
                self._cards.popitem(last=False)
            known = self._patients.get(patient)
            if known is not None:
                self._patients[patient] = _seen_again(known, [each.card for each in kept.values()])

    async def take(self, _service: str, feedback: Sequence[Feedback], /) -> Sequence[bool]:
        """The answers are joined to their cards; for each, whether its card is remembered."""
        day = self._today()
        with self._lock:
            return [self._answered(told, day) for told in feedback]

    def _answered(self, told: Feedback, day: date) -> bool:
        """Whether the card is known; its answer counts from now on."""
        found = self._cards.get(told.card)
        if found is None:
            return False
        options = found.taken(told.accepted) if told.outcome == "accepted" else ()
        answered = replace(found.card, answer=_ANSWERS[told.outcome], answered_on=day, options=options)
        known = self._patients.pop(found.patient, ())
        self._patients[found.patient] = (*(each for each in known if not _alike(each, answered)), answered)
        if len(self._patients) > self._most_patients:
            self._patients.popitem(last=False)
        return True

    def _hashed(self, who: str) -> bytes:
        return blake2b(who.encode(errors="surrogatepass"), key=self._key, digest_size=_KEY_BYTES).digest()


def _seen_again(known: tuple[Remembered, ...], cards: Sequence[Remembered]) -> tuple[Remembered, ...]:
    """The cards in the order in which they were last shown; one that was answered keeps its place and its answer."""
    answered = [each for each in known if each.answer]
    fresh = [card for card in cards if not any(_alike(card, each) for each in answered)]
    return (*(each for each in known if not any(_alike(each, card) for card in fresh)), *fresh)


def _alike(one: Remembered, other: Remembered) -> bool:
    return (one.topic, one.stratum) == (other.topic, other.stratum)
