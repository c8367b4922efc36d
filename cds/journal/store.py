"""What the service asks of whoever keeps shown cards and their answers; and a shown card as it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Protocol

import msgspec

from cds.hooks.feedback import FeedbackSink
from cds.hooks.wire import Card
from cds.repeats import Remembered


class Journal(FeedbackSink, Protocol):
    """Keeps shown cards, joins feedback to them, and tells what is known of a patient.

    ``who`` names a patient of one FHIR server; it is never kept as it is.
    """

    async def recall(self, who: str) -> Sequence[Remembered]:
        """What was shown for this patient and matters for what is shown next, oldest first."""

    async def note(self, who: str, day: date, cards: Sequence[Card]) -> None:
        """These cards were shown for this patient on this day."""


class Shown(msgspec.Struct, frozen=True, gc=False):
    """One shown card: for whom (a keyed hash), what it said, and which options each of its suggestions orders."""

    patient: bytes
    card: Remembered
    suggestions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def taken(self, accepted: Sequence[str]) -> tuple[str, ...]:
        """The options of the accepted suggestions; of all of them, if it is not said which."""
        named = [options for uuid, options in self.suggestions if uuid in accepted]
        chosen = named or [options for _, options in self.suggestions]
        return tuple(dict.fromkeys(option for options in chosen for option in options))


def shown(patient: bytes, day: date, card: Card) -> Shown:
    """The card as it is kept."""
    said: dict[str, Any] = (card.extension or {})["bone-cds.decision"]
    told = Remembered(said["topic"], said["rule"], said["version"], said["stratum"], card.indicator, day)
    suggestions = tuple((each.uuid, tuple(_options(each.actions))) for each in card.suggestions)
    return Shown(patient, told, suggestions)


def _options(actions: Sequence[Any]) -> Iterator[str]:
    """The options that these actions order."""
    for action in actions:
        for extension in (action.resource or {}).get("extension", ()):
            if "valueCode" in extension:
                yield extension["valueCode"]
