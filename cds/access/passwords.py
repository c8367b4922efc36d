"""Passwords of local accounts: argon2 alone is kept of them."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
_HASHER: Final = PasswordHasher()
_NOBODY: Final = _HASHER.hash(token_urlsafe(24))
"""What is checked where there is no account, so that asking for one takes as long as for another."""


def hashed(password: str) -> str:
    """What is kept of the password; raises ValueError if it is too short."""
    if len(password) < SHORTEST:
        raise ValueError(f"a password has at least {SHORTEST} characters")
    return _HASHER.hash(password)


def matches(kept: str, password: str) -> bool:
    """Whether it is the password; '' stands for an account that is not there, and takes as long."""
    try:
        _HASHER.verify(kept or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)
