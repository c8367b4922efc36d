"""Check digits: whether a LOINC or SNOMED CT code can be a code at all, or has a slip of the pen in it."""

from __future__ import annotations

import re
from typing import Final

_LOINC: Final = re.compile(r"^([0-9]{1,7})-([0-9])$")
_SNOMED: Final = re.compile(r"^[1-9][0-9]{5,17}$")

_TIMES: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 2, 3, 4, 0, 6, 7, 8, 9, 5), (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7), (4, 0, 1, 2, 3, 9, 5, 6, 7, 8), (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2), (7, 6, 5, 9, 8, 2, 1, 0, 4, 3), (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)  # fmt: skip
"""The dihedral group of order ten (Verhoeff 1969)."""
_MOVED: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7), (9, 4, 5, 3, 1, 2, 6, 8, 7, 0), (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5), (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)  # fmt: skip
"""Where a digit goes, by its place counted from the right, modulo eight."""


def loinc_check_digit(number: str) -> int:
    """The mod-10 check digit of the part before the hyphen: every second digit from the right counts double."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number)))
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def is_loinc(code: str) -> bool:
    """Whether the code has the form of a LOINC code and the right check digit."""
    parts = _LOINC.match(code)
    return parts is not None and loinc_check_digit(parts[1]) == int(parts[2])


def is_snomed(code: str) -> bool:
    """Whether the code is a SNOMED CT identifier: 6 to 18 digits whose Verhoeff sum comes to nothing."""
    if not _SNOMED.match(code):
        return False
    total = 0
    for place, digit in enumerate(reversed(code)):
        total = _TIMES[total][_MOVED[place % 8][int(digit)]]
    return total == 0
