"""What whoever works on a release hears when something is refused: what, why, and how to go on."""

from __future__ import annotations

import re
from typing import Final

_COMMAND: Final = re.compile(r"bone-cds |--[a-z]")
"""What is typed at a terminal."""


class ReleaseFault(ValueError):
    """A step that is refused; nothing was changed by it. ``fix`` is for a terminal, ``on_page`` for audit pages."""

    def __init__(self, what: str, why: str = "", fix: str = "", on_page: str = "") -> None:
        self.what, self.why, self.fix, self._on_page = what, why, fix, on_page
        super().__init__("; ".join(filter(None, (what, why, fix))))

    @property
    def on_page(self) -> str:
        """The same for a page, where nobody types commands."""
        fix = self._on_page or ("" if _COMMAND.search(self.fix) else self.fix)
        return "; ".join(filter(None, (self.what, self.why, fix)))


class UnreadableBook(ReleaseFault):
    """What was handed in cannot be a rule book; nothing of it was kept."""


class NoRelease(ReleaseFault):
    """There is no such release, or what is stored of it cannot be read."""
