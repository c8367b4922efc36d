"""Refused sign-ins as the journal hears of them: nobody fills it by knocking, and no name in it was merely typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

PAUSE_MS: Final = 60_000
"""Between two entries that say the same of the same."""

UNKNOWN: Final = "somebody unknown"
"""Who it was, where no account is known: what was typed as a name may be a password, and entries stay for ever."""


@dataclass(slots=True)
class Refusals:
    """Counts refusals of unknown names and locked accounts: the first makes an entry, then all of a minute one.

    A wrong password for an account is none of these: the account is locked before there are many of them.

    Those that come within a minute of an entry are told with the next refusal after that minute; if none comes, the few
    that were left are not told. This process counts for itself.
    """

    _told: dict[tuple[str, str], int] = field(default_factory=dict)
    _waiting: dict[tuple[str, str], int] = field(default_factory=dict)

    def to_tell(self, by: str, what: str, now: int) -> int:
        """How many refusals one entry tells of now, this one among them; 0 if there is none to be made yet."""
        key = (by, what)
        count = self._waiting.pop(key, 0) + 1
        if key in self._told and now - self._told[key] < PAUSE_MS:
            self._waiting[key] = count
            return 0
        self._told[key] = now
        return count
