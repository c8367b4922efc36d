"""The few cases in which a whole request is refused; everything else becomes a state of a source."""

from __future__ import annotations


class Refused(ValueError):
    """What was sent is not read at all; the message may be shown to the caller."""


class TooManyEntries(Refused):
    """A bundle holds more entries than are accepted."""

    def __init__(self, entries: int, limit: int) -> None:
        super().__init__(f"a bundle holds {entries} entries; at most {limit} are accepted")
        self.entries = entries
        self.limit = limit
