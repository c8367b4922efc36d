"""What became of a card: it is answered once, and whoever answers it again learns what came of the first answer."""

from __future__ import annotations

from asyncio import Lock
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """One action that was carried out: in words, and the resource, if one came of it."""

    words: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an answer; ``outcome`` '' if nothing was done because something went wrong."""

    outcome: str
    told: tuple[str, ...]
    written: tuple[Written, ...] = ()
    feedback: dict[str, Any] | None = None


@dataclass(slots=True)
class Reply:
    """The answer to one card, None until there is one; ``lock`` is held by whoever is about to give it."""

    done: Done | None = None
    written: dict[tuple[str, int], Written] = field(default_factory=dict)
    """Actions that were carried out, by suggestion and place: after a failure they are not carried out again."""

    lock: Lock = field(default_factory=Lock)
