"""What this process remembers of shown cards and their answers: bounded, and safe to use from several threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import Final

from cds.hooks.feedback import Feedback
from cds.hooks.wire import Card
from cds.journal.slips import Case
from cds.journal.store import Shown, shown
from cds.repeats import Answered, Remembered

_ANSWERS: Final[dict[str, Answered]] = {"accepted": "accepted", "overridden": "overridden"}
_EARLY: Final = 1000
"""Answers that wait for their card, which another worker showed."""


class Memory:
    """Remembers the latest shown cards, and for the latest patients with an answer one card a topic and stratum.

    A patient is known by a hash, which ``hashed`` makes with a key: the id itself is never kept.
    """

    def __init__(self, hashed: Callable[[str], bytes], today: Callable[[], date], cards: int, patients: int) -> None:
        self._hashed, self._today = hashed, today
        self._most_cards, self._most_patients = cards, patients
        self._lock = Lock()
        self._cards: OrderedDict[str, Shown] = OrderedDict()
        self._patients: OrderedDict[bytes, tuple[Remembered, ...]] = OrderedDict()
        self._early: OrderedDict[tuple[str, bytes], tuple[Feedback, date]] = OrderedDict()

    @property
    def keeps_input(self) -> bool:
        """False: nothing is kept here but cards and answers."""
        return False

    @property
    def is_losing(self) -> bool:
        """False: nothing here is meant to outlive the process."""
        return False

    async def recall(self, who: str) -> Sequence[Remembered]:
        """What was answered for this patient, and what was shown since, oldest first; nothing without an answer."""
        return self._patients.get(self._hashed(who), ()) if self._patients else ()

    async def note(self, case: Case) -> None:
        """The cards can be answered now."""
        self.show(case.who, case.decision.as_of, case.response.cards, case.caller)

    async def take(self, _service: str, feedback: Sequence[Feedback], caller: str = "", /) -> Sequence[bool]:
        """The answers are joined to their cards; for each, whether its card is remembered and was the caller's."""
        day, by = self._today(), self._hashed(caller)
        return [self.answer(told, day, by) for told in feedback]

    def show(self, who: str, day: date, cards: Sequence[Card], caller: str = "") -> None:
        """These cards were shown to the caller for this patient on this day."""
        if cards:
            patient, to = self._hashed(who), self._hashed(caller)
            self.seen({card.uuid: shown(patient, day, card, to) for card in cards})

    def seen(self, cards: Mapping[str, Shown]) -> None:
        """These cards of one patient can be answered now; an answer that came before its card counts now."""
        with self._lock:
            self._cards.update(cards)
            while len(self._cards) > self._most_cards:
                self._cards.popitem(last=False)
            patient = next(iter(cards.values())).patient
            known = self._patients.get(patient)
            if known is not None:
                self._patients[patient] = _seen_again(known, [each.card for each in cards.values()])
            for early in [key for key in self._early if key[0] in cards]:
                self._answered(*self._early.pop(early), early[1])

    def answer(self, told: Feedback, day: date, by: bytes, *, wait: bool = False) -> bool:
        """Whether the card is remembered and was shown to that caller; its answer counts from now on.

        Else it may ``wait`` for its card.
        """
        with self._lock:
            found = self._answered(told, day, by)
            if not found and wait:
                self._early[told.card, by] = (told, day)
                if len(self._early) > _EARLY:
                    self._early.popitem(last=False)
            return found

    def _answered(self, told: Feedback, day: date, by: bytes) -> bool:
        found = self._cards.get(told.card)
        if found is None or not found.is_for(by):
            return False
        options = found.taken(told.accepted) if told.outcome == "accepted" else ()
        answered = replace(found.card, answer=_ANSWERS[told.outcome], answered_on=day, options=options)
        known = self._patients.pop(found.patient, ())
        self._patients[found.patient] = (*(each for each in known if not _alike(each, answered)), answered)
        if len(self._patients) > self._most_patients:
            self._patients.popitem(last=False)
        return True


def _seen_again(known: tuple[Remembered, ...], cards: Sequence[Remembered]) -> tuple[Remembered, ...]:
    """The cards in the order in which they were last shown; one that was answered keeps its place and its answer."""
    answered = [each for each in known if each.answer]
    fresh = [card for card in cards if not any(_alike(card, each) for each in answered)]
    return (*(each for each in known if not any(_alike(each, card) for card in fresh)), *fresh)


def _alike(one: Remembered, other: Remembered) -> bool:
    return (one.topic, one.stratum) == (other.topic, other.stratum)
