"""What a rule says of a patient, and what would have to be known to say more."""

from __future__ import annotations

from enum import Enum

import msgspec

from cds.engine.fact import Cause

NO_STRATUM = "none"
NOT_APPLICABLE = "not-applicable"


class Outcome(Enum):
    """Six answers that never look alike: three kinds of silence are among them."""

    FIRES = "fires"
    SILENT = "silent"
    UNSETTLED = "unsettled"
    NOT_APPLICABLE = "not-applicable"
    SNOOZED = "snoozed"
    COULD_NOT_CHECK = "could-not-check"


class Missing(msgspec.Struct, frozen=True, gc=False):
    """A fact that keeps a verdict open, and why it is not known."""

    fact: str
    why: str
    cause: Cause


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """One rule's answer.

    ``stratum`` acts now; ``possible`` lists what full knowledge could still make of it (stratum ids, ``none`` for no
    stratum, ``not-applicable``); ``missing`` are the facts that would settle it, parts still in doubt included;
    ``asked`` are the parts that are due.
    """

    rule: str
    version: int
    outcome: Outcome
    stratum: str | None = None
    possible: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Nothing that could still be learnt would change the answer."""
        return len(self.possible) == 1 and not self.missing
