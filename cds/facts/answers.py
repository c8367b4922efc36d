"""Yes or no, however a form or a laboratory says it: as a boolean, a code or a word."""

from __future__ import annotations

import re
from typing import Final

from cds.facts.recognise import names_of
from cds.fhir.elements import CodeableConcept

_YES: Final = frozenset({"y", "yes", "true", "pos", "positive", "detected", "reactive", "present", "pregnant", "1"})
_NO: Final = frozenset(
    {"n", "no", "false", "neg", "negative", "not detected", "nonreactive", "absent", "none", "not pregnant", "0"}
)
_YES_CODES: Final = frozenset({"LA33-6", "373066001", "10828004", "POS", "Y"})
_NO_CODES: Final = frozenset({"LA32-8", "373067005", "260385009", "NEG", "N"})
"""LOINC answers and SNOMED CT qualifiers for yes, no, positive and negative (as in public CMS measure logic and HL7
examples), and the HL7 flags for them."""

_PUNCTUATION: Final = re.compile(r"[^\w ]")


def yes_or_no(value: object) -> bool | None:
    """What the value says; None if it is neither yes nor no, or both."""
    if isinstance(value, bool):
        return value
    if isinstance(value, CodeableConcept):
        codes = (each.code or "" for each in value.coding)
        return _one({*map(_by_code, codes), *map(word, names_of((value,)))})
    return word(value) if isinstance(value, str) else None


def word(text: str) -> bool | None:
    """What the text says, if it says nothing but that."""
    plain = _PUNCTUATION.sub("", text).strip().casefold()
    return True if plain in _YES else False if plain in _NO else None


def _by_code(code: str) -> bool | None:
    return True if code in _YES_CODES else False if code in _NO_CODES else None


def _one(said: set[bool | None]) -> bool | None:
    told = said - {None}
    return told.pop() if len(told) == 1 else None
