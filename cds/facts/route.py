"""Where in the body a drug goes: everywhere, or only where it is put. Said by route, else by the form in its name.

Routes are the SNOMED CT codes of the FHIR R4 value set route-codes, the HL7 v3 route abbreviations, and plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from cds.fhir.elements import CodeableConcept


class Reach(Enum):
    """How far a drug gets; UNSTATED is not a third reach, it is not knowing."""

    SYSTEMIC = "systemic"
    LOCAL = "local"
    UNSTATED = "unstated"


_SYSTEMIC_CODES = frozenset(
    ("26643006", "47625008", "78421000", "34206005", "po", "iv", "ivpush", "ivpb", "im", "sc", "sq", "subq", "oral")
)
_LOCAL_CODES = frozenset(
    ("6064005", "10547007", "12130007", "18679011", "37161004", "46713006", "54485002", "447694001", "nasinhl", "ihl")
)
_LOCAL_WORDS = re.compile(
    r"\b(?:topical\w*|cream|ointment|lotion|gel|foam|shampoo|paste|patch|drops?|ophthalmic|otic|ear|eyes?|nasal|nostrils?|"
    r"spray|inhal\w*|nebuli\w*|rectal\w*|enema|suppositor\w*|intra-?articular|intralesional|intravitreal|intradermal|"
    r"epidural|intrathecal|vaginal|cutaneous|transdermal|implant|mouthwash|rinse)\b",
    re.IGNORECASE,
)
_SYSTEMIC_WORDS = re.compile(
    r"\b(?:oral(?:ly)?|by mouth|p\.?o\.?|tab(?:let)?s?|cap(?:sule)?s?|elixir|syrup|intravenous\w*|iv|i\.v\.|"
    r"intramuscular\w*|im|subcutaneous\w*|inject(?:ion|able|ions)?|infusion|vial|syringe)\b",
    re.IGNORECASE,
)


def reach(routes: Iterable[CodeableConcept], names: Iterable[str], instructions: Iterable[str] = ()) -> Reach:
    """By the routes if one of them says, else by the product's name (local words win), else by the instructions."""
    by_route = {_of_route(route) for route in routes} - {Reach.UNSTATED}
    if by_route:
        return Reach.SYSTEMIC if Reach.SYSTEMIC in by_route else Reach.LOCAL
    by_name = _of_words(" | ".join(names))
    return by_name if by_name is not Reach.UNSTATED else _of_instructions(" | ".join(instructions))


def _of_route(route: CodeableConcept) -> Reach:
    codes = {(coding.code or "").lower() for coding in route.coding}
    if codes & _LOCAL_CODES:
        return Reach.LOCAL
    if codes & _SYSTEMIC_CODES:
        return Reach.SYSTEMIC
    return _of_words(" | ".join([route.text or "", *(coding.display or coding.code or "" for coding in route.coding)]))


def _of_words(text: str) -> Reach:
    if _LOCAL_WORDS.search(text):
        return Reach.LOCAL
    return Reach.SYSTEMIC if _SYSTEMIC_WORDS.search(text) else Reach.UNSTATED


def _of_instructions(text: str) -> Reach:
    """Instructions also name what the drug is for ("by mouth for eye inflammation"): two answers are none."""
    return Reach.UNSTATED if _LOCAL_WORDS.search(text) and _SYSTEMIC_WORDS.search(text) else _of_words(text)
