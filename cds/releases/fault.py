"""What whoever works on a release hears when something is refused: what, why, and how to go on."""

from __future__ import annotations


class ReleaseFault(ValueError):
    """A step that is refused; nothing was changed by it."""

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        self.what, self.why, self.fix = what, why, fix
        super().__init__("; ".join(filter(None, (what, why, fix))))


class UnreadableBook(ReleaseFault):
    """What was handed in cannot be a rule book; nothing of it was kept."""


class NoRelease(ReleaseFault):
    """There is no such release, or what is stored of it cannot be read."""
