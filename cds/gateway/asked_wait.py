"""How long a server asks us to wait: ``Retry-After``, as seconds or as a date."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime


def asked_wait(told: str, now: float) -> float | None:
    """Seconds from ``now`` (seconds since 1970), none for a moment that has passed; None if nothing can be read."""
    words = told.strip()
    if words.isascii() and words.isdigit():
        return float(words)
    try:
        moment = parsedate_to_datetime(words)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, OverflowError, TypeError):
        return None
