"""Strong Kleene logic: a claim is true, false or unknown, and unknown never turns into false by itself."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """What is held of one claim. Asking Python for its ``bool`` is an error: say which of the three is meant."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("a Truth is not a bool: compare with Truth.TRUE, Truth.FALSE or Truth.UNKNOWN")


def truth(value: bool) -> Truth:
    """The Truth of a plain bool."""
    return Truth.TRUE if value else Truth.FALSE


def negate(claim: Truth) -> Truth:
    """True and false change places; unknown stays unknown."""
    if claim is Truth.UNKNOWN:
        return claim
    return Truth.FALSE if claim is Truth.TRUE else Truth.TRUE


def all_of(claims: Iterable[Truth]) -> Truth:
    """False if any is false; else unknown if any is unknown; else true. Of nothing: true."""
    result = Truth.TRUE
    for claim in claims:
        if claim is Truth.FALSE:
            return Truth.FALSE
        if claim is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def any_of(claims: Iterable[Truth]) -> Truth:
    """True if any is true; else unknown if any is unknown; else false. Of nothing: false."""
    result = Truth.FALSE
    for claim in claims:
        if claim is Truth.TRUE:
            return Truth.TRUE
        if claim is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result
