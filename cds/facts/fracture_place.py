"""What an ICD-10-CM code tells of a fracture beyond its site: which side or vertebra, and whether it is after-care.

The tables are the classification's own (tabular list of April 2026). A code that does not tell leaves the place open.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache
from typing import Final, TypeVar

import msgspec

from cds.facts.search import ConditionSeen
from cds.fhir.systems import ICD_10_CM, same_code

_Codings = tuple[tuple[str, str], ...]

_NEW: Final = frozenset("ABC")
_FULL_LENGTH: Final = 7
_T1, _L1 = 8, 20
"""Vertebrae are counted from the first cervical: the first thoracic is the 8th, the first lumbar the 20th."""

_VERTEBRAE: Final[dict[str, frozenset[int | str]]] = {
    "S2200": frozenset(range(_T1, _L1)), "S2201": frozenset({_T1}), "S2202": frozenset({_T1 + 1}),
    "S2203": frozenset({_T1 + 2}), "S2204": frozenset({_T1 + 3}), "S2205": frozenset({_T1 + 4, _T1 + 5}),
    "S2206": frozenset({_T1 + 6, _T1 + 7}), "S2207": frozenset({_T1 + 8, _T1 + 9}),
    "S2208": frozenset({_T1 + 10, _T1 + 11}), "S3200": frozenset(range(_L1, _L1 + 5)),
    **{f"S320{number}": frozenset({_L1 + number - 1}) for number in range(1, 6)},
    "M4851": frozenset({1, 2}), "M4852": frozenset(range(1, _T1)), "M4853": frozenset({_T1 - 1, _T1, _T1 + 1}),
    "M4854": frozenset(range(_T1, _L1)), "M4855": frozenset(range(_T1 + 9, _L1 + 2)),
    "M4856": frozenset(range(_L1, _L1 + 5)), "M4857": frozenset({_L1 + 4, _L1 + 5}), "M4858": frozenset({_L1 + 5}),
}  # fmt: skip
"""By the first five characters; M48.55, the thoracolumbar region, is taken widely: from the 10th thoracic."""

_HUMERUS, _FOREARM = "2", "3"
_ANY_BONE: Final = {"M80": "8X", "M84": "0X"}
"""In the 5th character: of M80 the spine, whose vertebra it does not tell; of M84 an unspecified site."""

_RIGHT: Final = {"S": "14", "M": "1"}
_LEFT: Final = {"S": "25", "M": "2"}
_SIDED: Final = ("S72", "S52", "S42", "S323", "S324", "S325", "S326", "M80", "M844", "M845", "M846")
_DISEASED: Final = ("M80", "M844", "M845", "M846")

_T = TypeVar("_T", bound=int | str)


class Match(Enum):
    """Whether two records tell of one fracture."""

    SAME = 1
    UNCLEAR = 2
    APART = 3


class Place(msgspec.Struct, frozen=True):
    """Where in its site: the bones or vertebrae, and the sides, that may be meant; None: any."""

    parts: frozenset[int | str] | None = None
    sides: frozenset[str] | None = None

    def match(self, other: Place) -> Match:
        """Same if one tells only more exactly what the other tells; apart if both cannot be true."""
        return furthest(_match(self.parts, other.parts), _match(self.sides, other.sides))

    def joined(self, other: Place) -> Place:
        """What both tell together."""
        return Place(_both(self.parts, other.parts), _both(self.sides, other.sides))


ANYWHERE: Final = Place()


def furthest(*matches: Match) -> Match:
    """The one that keeps two records furthest apart."""
    return max(matches, key=lambda it: it.value)


def places_of(hit: ConditionSeen) -> tuple[Place, ...]:
    """Where it was by its codes: one place, and several only where codes of one record exclude one another."""
    return _places(hit.codings)


def is_aftercare(hit: ConditionSeen) -> bool:
    """Whether its 7th character tells of after-care or a sequela, and none of a new fracture."""
    return _is_aftercare(hit.codings)


@lru_cache(maxsize=1024)
def _places(codings: _Codings) -> tuple[Place, ...]:
    """The places; remembered."""
    found: list[Place] = []
    for code in _codes(codings):
        place = _place(code)
        at = next((number for number, other in enumerate(found) if place.match(other) is not Match.APART), None)
        if at is None:
            found.append(place)
        else:
            found[at] = found[at].joined(place)
    return tuple(found) or (ANYWHERE,)


@lru_cache(maxsize=1024)
def _is_aftercare(codings: _Codings) -> bool:
    """Whether it is; remembered."""
    seventh = [code[-1] for code in _codes(codings) if len(code) == _FULL_LENGTH]
    return bool(seventh) and not any(letter in _NEW for letter in seventh)


def _codes(codings: _Codings) -> Iterable[str]:
    return [same_code(system, code) for system, code in codings if system == ICD_10_CM]


def _place(code: str) -> Place:
    whole = code.ljust(_FULL_LENGTH, "X")
    return Place(_VERTEBRAE.get(whole[:5]) or _bone(whole), _side(whole))


def _bone(code: str) -> frozenset[int | str] | None:
    """The bone: of an arm by its category, of diseased bone by the 5th character."""
    if code.startswith(("S422", "S525")):
        return frozenset(_HUMERUS if code.startswith("S422") else _FOREARM)
    told = code.startswith(_DISEASED) and code[4] not in _ANY_BONE[code[:3]]
    return frozenset(code[4]) if told else None


def _side(code: str) -> frozenset[str] | None:
    """Right or left, in the 6th character; of a subtrochanteric fracture (S72.2) in the 5th."""
    if not code.startswith(_SIDED):
        return None
    letter = code[4] if code.startswith("S722") else code[5]
    if letter in _RIGHT[code[0]]:
        return frozenset("R")
    return frozenset("L") if letter in _LEFT[code[0]] else None


def _both(one: frozenset[_T] | None, two: frozenset[_T] | None) -> frozenset[_T] | None:
    return one or two if one is None or two is None else one & two or one


def _match(one: frozenset[_T] | None, two: frozenset[_T] | None) -> Match:
    if one is None or two is None or one <= two or two <= one:
        return Match.SAME
    return Match.UNCLEAR if one & two else Match.APART
