"""What is wrong with an export: each broken file or line, and whose data may be missing because of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

ANY_KIND: Final = "*"
_MOST_TOLD: Final = 3
Reasons = Mapping[str, tuple[str, ...]]
"""Why something may be missing, by resource type."""


class Fault(msgspec.Struct, frozen=True, order=True):
    """One thing that could not be read. ``line`` counts from 1 (0: the file as a whole).

    ``kind`` is the resource type that is concerned, ``*`` if it cannot be told; ``patient`` whose it is, '' if it may
    be anybody's.
    """

    file: str
    line: int
    what: str
    why: str
    fix: str
    kind: str = ANY_KIND
    patient: str = ""

    def __str__(self) -> str:
        """The finding in three lines."""
        return f"{self.place}: {self.what}\n    why: {self.why}\n    fix: {self.fix}"

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Wanting:
    """What may be missing: from everybody's data and from single patients', by resource type.

    ``absent`` are the types of which the export holds no file although nobody said that they were asked for.
    """

    everybody: Reasons = field(default_factory=dict)
    own: Mapping[str, Reasons] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    def reasons(self, patient: str, kind: str) -> tuple[str, ...]:
        """Why resources of this type may be missing from the patient's data; none if all were read."""
        own: Reasons = self.own.get(patient, {})
        places: tuple[Reasons, ...] = (self.everybody, own)
        found = [why for place in places for name in (kind, ANY_KIND) for why in place.get(name, ())]
        return tuple(found)


def wanting(faults: Iterable[Fault], absent: Iterable[str] = ()) -> Wanting:
    """What may be missing because of these faults."""
    everybody: dict[str, list[Fault]] = {}
    own: dict[str, dict[str, list[Fault]]] = {}
    for fault in sorted(set(faults)):
        place = own.setdefault(fault.patient, {}) if fault.patient else everybody
        place.setdefault(fault.kind, []).append(fault)
    return Wanting(_told(everybody), {name: _told(kinds) for name, kinds in own.items()}, frozenset(absent))


def _told(kinds: Mapping[str, list[Fault]]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(_words(faults)) for kind, faults in kinds.items()}


def _words(faults: list[Fault]) -> list[str]:
    """The first few in words, and how many more there are."""
    told = [f"{fault.place}: {fault.what}" for fault in faults[:_MOST_TOLD]]
    more = len(faults) - _MOST_TOLD
    return [*told, f"{more} more lines like these"] if more > 0 else told
