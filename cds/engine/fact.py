"""What is known of a patient: a value with the resources it was seen in, or the reason why there is none.

``Seen``, ``Known`` and ``Unknown`` are msgspec structs: a decision makes hundreds of them, and a frozen dataclass takes
five times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

import msgspec


class Seen(msgspec.Struct, frozen=True, gc=False):
    """One resource that a fact was read from: its reference (``Observation/7``) and its date as ISO text, or ''."""

    ref: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """A number known only to lie between two bounds (``<4``, or a count with members that could not be checked)."""

    low: float = float("-inf")
    high: float = float("inf")
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A date known only to lie between two days, both included (``2024-03`` is 1 to 31 March)."""

    earliest: date
    latest: date


Value = bool | float | int | str | date | Range | Span | frozenset[str] | None
"""A fact's value. ``None``: it does not apply to this patient, or is optional and absent; every test of it is false."""


class Cause(Enum):
    """Why a fact is unknown, for counting; the words beside it are for people."""

    NEVER_MEASURED = "never-measured"
    NOT_READABLE = "not-readable"
    NOT_ASKED = "not-asked"
    INCOMPLETE = "incomplete"
    UNIT = "unit"
    IMPLAUSIBLE = "implausible"
    TOO_OLD = "too-old"
    UNDATED = "undated"
    NOT_STATED = "not-stated"
    AMBIGUOUS = "ambiguous"


class Known(msgspec.Struct, frozen=True, gc=False):
    """A value, where it was seen, and what a reader should hear about it ('uncorrected: albumin unknown')."""

    value: Value
    seen_in: tuple[Seen, ...] = ()
    note: str = ""


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """No value: why in plain words, the kind of reason, and the resources that were looked at in vain."""

    why: str
    cause: Cause
    seen_in: tuple[Seen, ...] = ()


Fact = Known | Unknown
