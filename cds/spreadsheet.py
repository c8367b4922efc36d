"""Text for a cell of a CSV file that no spreadsheet takes for a formula, wherever it thinks that cells begin."""

from __future__ import annotations

import re
from typing import Final

SEPARATORS: Final = frozenset(";,\t\r\n")
"""Where one spreadsheet or another, set up for another country, begins a new cell."""

_BEFORE_FORMULA: Final = re.compile(r"(?<![\s\";,])[\s\";,]*+(?=[=+\-@＝＋－＠])")


def harmless(text: str) -> str:
    """The text; a quotation mark stands before what would begin a formula at its beginning or after a separator."""
    guarded = _BEFORE_FORMULA.sub(_guarded, text)
    return f"'{guarded}" if text.startswith(("\t", "\r", "\n")) else guarded


def _guarded(before: re.Match[str]) -> str:
    begins = before.start() == 0 or not SEPARATORS.isdisjoint(before.group())
    return f"{before.group()}'" if begins else before.group()
