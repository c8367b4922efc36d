"""What the service asks of whoever keeps decisions and their answers; and a shown card as it is remembered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from cds.hooks.feedback import FeedbackSink
from cds.hooks.wire import Card
from cds.repeats import Remembered

if TYPE_CHECKING:
    from cds.journal.slips import Case

Suggested = tuple[tuple[str, tuple[str, ...]], ...]
"""A card's suggestions: the uuid of each, and the options that it orders."""


class Journal(FeedbackSink, Protocol):
    """Keeps decisions, joins feedback to their cards, and tells what is known of a patient.

    ``who`` names a patient of one FHIR server; it is never kept as it is. Nothing of this ever fails an answer.
    """

    @property
    def keeps_input(self) -> bool:
        """Whether what was asked and heard is wanted beside each decision."""

    @property
    def is_losing(self) -> bool:
        """Whether what is noted now may not outlive this process, although it should."""

    async def recall(self, who: str) -> Sequence[Remembered]:
        """What was shown for this patient and matters for what is shown next, oldest first."""

    async def note(self, case: Case) -> None:
        """This was decided, and is about to be answered."""


class Shown(msgspec.Struct, frozen=True, gc=False):
    """One shown card: for whom and to which caller, what it said, and which options each of its suggestions orders.

    Patient and caller are keyed hashes; b"" stands for a caller in the time before the journal kept who it was.
    """

    patient: bytes
    card: Remembered
    suggestions: Suggested = ()
    caller: bytes = b""

    def is_for(self, caller: bytes) -> bool:
        """Whether that caller may answer the card."""
        return self.caller == caller or not self.caller or not caller

    def taken(self, accepted: Sequence[str]) -> tuple[str, ...]:
        """The options of the accepted suggestions; of all of them, if it is not said which."""
        named = [options for uuid, options in self.suggestions if uuid in accepted]
        chosen = named or [options for _, options in self.suggestions]
        return tuple(dict.fromkeys(option for options in chosen for option in options))


def shown(patient: bytes, day: date, card: Card, caller: bytes) -> Shown:
    """The card as it is remembered."""
    said: dict[str, Any] = (card.extension or {})["bone-cds.decision"]
    told = Remembered(said["topic"], said["rule"], said["version"], said["stratum"], card.indicator, day)
    return Shown(patient, told, suggestions_of(card), caller)


def suggestions_of(card: Card) -> Suggested:
    """The card's suggestions with the options that each orders."""
    return tuple((each.uuid, tuple(_options(each.actions))) for each in card.suggestions)


def _options(actions: Sequence[Any]) -> Iterator[str]:
    """The options that these actions order."""
    for action in actions:
        for extension in (action.resource or {}).get("extension", ()):
            if "valueCode" in extension:
                yield extension["valueCode"]
