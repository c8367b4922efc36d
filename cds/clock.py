"""The only clock, and the only source of what cannot be guessed. Whoever needs the time is handed it from here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from os import urandom
from uuid import UUID


def now() -> datetime:
    """This moment."""
    return datetime.now(tz=UTC)


def today() -> date:
    """The day on which this is read."""
    return now().astimezone().date()


def moment() -> float:
    """Seconds since 1970."""
    return now().timestamp()


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(moment() * 1000)


def fresh_uuid() -> str:
    """A random (version 4) UUID that nobody has; written by hand, as a response takes a dozen."""
    drawn = urandom(16).hex()
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{'89ab'[int(drawn[16], 16) & 3]}{drawn[17:20]}-{drawn[20:]}"


def counted_uuids() -> Callable[[], str]:
    """UUIDs that are the same in every run: 1, 2, 3 …"""
    numbers = count(1)
    return lambda: str(UUID(int=next(numbers)))
