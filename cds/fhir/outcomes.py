"""What a server says of its own answer: that it failed, that it is partial, or something that changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from cds.fhir.root import Issue, OperationOutcome

LONGEST: Final = 200
"""Characters of a server's own words that are kept."""

_HARMLESS: Final = frozenset({"information", "warning", "success"})
_CALM: Final = frozenset({"information", "success"})
_PARTIAL: Final = frozenset(
    {"incomplete", "suppressed", "forbidden", "security", "login", "throttled", "timeout", "too-costly", "transient"}
)


class Weight(Enum):
    """How much an outcome means for the data it came with."""

    FAILED = "failed"
    PARTIAL = "partial"
    WARNED = "warned"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Said:
    """An outcome's weight and its words, cut to a sensible length."""

    weight: Weight
    words: str


def heard(outcome: OperationOutcome) -> Said:
    """The outcome's weight and words. Without any issue, or without a severity, it is a failure."""
    severities = {(issue.severity or "").lower() for issue in outcome.issue} or {""}
    words = "; ".join(filter(None, map(_words, outcome.issue))) or "no reason given"
    return Said(_weight(severities, outcome.issue), words if len(words) <= LONGEST else words[: LONGEST - 1] + "…")


def _weight(severities: set[str], issues: tuple[Issue, ...]) -> Weight:
    """Failed on any error; partial if a warning says that data was withheld; else warned, or merely noted."""
    if not severities <= _HARMLESS:
        return Weight.FAILED
    if any((issue.code or "").lower() in _PARTIAL for issue in issues):
        return Weight.PARTIAL
    return Weight.NOTED if severities <= _CALM else Weight.WARNED


def _words(issue: Issue) -> str:
    """The most telling words of an issue."""
    details = issue.details
    told = details.text or next((c.display for c in details.coding if c.display), None) if details else None
    return " ".join((issue.diagnostics or told or issue.code or "").split())
