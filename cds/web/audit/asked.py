"""What an address of the audit asks for: a stretch of days, a service, a page. Days are UTC, as the journal's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from cds.hooks.refusal import BAD_REQUEST, Refusal
from cds.journal.figures import Period

USUAL_DAYS: Final = 30
LEAST: Final = 6
"""So many characters of a pseudonym are needed to look for it."""

_PSEUDONYM: Final = re.compile(rf"[0-9a-f]{{{LEAST},32}}")

EARLIEST, LATEST = date(1970, 1, 1), date(2999, 12, 31)
"""Days that may be asked for: nothing was decided before, and the calendar ends well after."""


@dataclass(frozen=True, slots=True)
class Asked:
    """From one day to another, both included, of one service or all."""

    first: date
    last: date
    service: str = ""

    @property
    def period(self) -> Period:
        """The same in the journal's time."""
        return Period(_ms(self.first), _ms(self.last + timedelta(days=1)), self.service)

    @property
    def query(self) -> str:
        """The same as it stands in an address."""
        asked = {"first": self.first.isoformat(), "last": self.last.isoformat(), "service": self.service}
        return urlencode({name: value for name, value in asked.items() if value})


def asked(query: Mapping[str, str], now: int) -> Asked:
    """What the query asks for, the last thirty days if it names none; raises Refusal (400)."""
    today = datetime.fromtimestamp(now / 1000, tz=UTC).date()
    last = _day(query, "last") or today
    first = _day(query, "first") or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise Refusal(BAD_REQUEST, "value", "the first day comes after the last", "first")
    return Asked(first, last, query.get("service", ""))


def number(query: Mapping[str, str], name: str) -> int:
    """The number of a page, 1 if it is none."""
    text = query.get(name, "")
    return int(text) if text.isdecimal() and 0 < len(text) < 8 and int(text) else 1


def pseudonym(query: Mapping[str, str], name: str) -> str:
    """How the pseudonym begins, '' if none is asked for; raises Refusal (400) if it is none, or too short."""
    text = query.get(name, "").strip().lower()
    if text and not _PSEUDONYM.fullmatch(text):
        why = f"a pseudonym is looked for by at least {LEAST} of its first characters, each 0-9 or a-f"
        raise Refusal(BAD_REQUEST, "value", why, name)
    return text


def _day(query: Mapping[str, str], name: str) -> date | None:
    text = query.get(name, "")
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise Refusal(BAD_REQUEST, "value", f"{name} is not a day, as 2026-11-24", name) from None
    if day is not None and not EARLIEST <= day <= LATEST:
        raise Refusal(BAD_REQUEST, "value", f"{name} is not a day from {EARLIEST} to {LATEST}", name)
    return day


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
