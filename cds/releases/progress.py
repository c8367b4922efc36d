"""How far a long step is, told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Hears what is counted, how many of them are done, and how many there are."""


def unwatched(_counted: str, _done: int, _total: int) -> None:
    """Nobody watches."""
