"""Whether a FRAX entry says that it is, or is not, adjusted for glucocorticoids: by its words, never by its value.

Only what says one of the two plainly is believed. Words that may mean either are told as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cds.engine.truth import Truth

LONGEST: Final = 200
"""Of a clause of more characters nobody tells what it says plainly."""

_STEROID: Final = r"(?:gluco)?cortico(?:id|steroid)s?|steroids?|prednis\w+|gcs?"
_STEROID_NAMED: Final = re.compile(rf"\b(?:{_STEROID})\b")
_BETWEEN: Final = rf"(?:(?:yet|been|any|a|the|further|for|{_STEROID}|dose|use|exposure|therapy)[\s-]++)*+"
_OF_STEROID: Final = rf"(?:\s++for\s++(?:(?:{_STEROID}|dose|use)\s*+)++)?"
_DENIED: Final = re.compile(
    r"\b(?:un|non)[\s-]*+(?:gluco\w++[\s-]*+)?adjust"
    rf"|\b(?:not|no|without|w/o|never|before|prior to|excluding)[\s-]++{_BETWEEN}adjust"
    rf"|\badjust\w*+{_OF_STEROID}\s*+(?:[:=-]|\bis\b|\bwas\b)?\s*+\b(?:no|not|none|false)\b"
)
_SAID: Final = re.compile(
    rf"\badjusted\b|\b(?:with|includ\w++|after)\b.{{0,{LONGEST}}}\badjustment\b|\badjustment (?:applied|made)\b"
)
_DOUBTED: Final = re.compile(
    r"\?|\b(?:not|no|non|without|w/o|never|partly)\b"
    r"|\b(?:need\w*|requir\w+|should|to be|pending|if|whether|or|may|consider\w*)\b"
)
_OF_SOMETHING_ELSE: Final = re.compile(r"\b(?:for|by|tbs|trabecular|bmd|bone)\b")


def says_adjusted(names: Iterable[str]) -> Truth:
    """True or false if its texts say so plainly, false too if none of them speaks of it; else unknown."""
    clauses = [clause for name in names for clause in re.split(r"[;,.()\[\]]", name.casefold())]
    spoken = {told for told in map(_of_one, clauses) if told is not None}
    if Truth.TRUE in spoken:
        return Truth.TRUE if len(spoken) == 1 else Truth.UNKNOWN
    return Truth.UNKNOWN if spoken == {Truth.UNKNOWN} else Truth.FALSE


def _of_one(clause: str) -> Truth | None:
    """What one clause says; None if it does not speak of it."""
    if len(clause) > LONGEST:
        return Truth.UNKNOWN if "adjust" in clause or "steroid" in clause else None
    steroid = _STEROID_NAMED.search(clause) is not None
    if "adjust" not in clause:
        return Truth.UNKNOWN if steroid else None
    of_something_else = not steroid and _OF_SOMETHING_ELSE.search(clause) is not None
    if _DENIED.search(clause):
        return None if of_something_else else Truth.FALSE
    if of_something_else or _DOUBTED.search(clause):
        return Truth.UNKNOWN
    return Truth.TRUE if _SAID.search(clause) else Truth.UNKNOWN
