"""One fracture, as the chart tells it: where, when, and whether bone gave way that should have held."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from cds.engine.fact import Seen, Span
from cds.facts.fracture_place import ANYWHERE, Place

HIP, VERTEBRAL, LIMB, PELVIS = "fracture-hip", "fracture-vertebral", "fracture-forearm-humerus", "fracture-pelvis"
OTHER, UNSTATED = "other", "unstated"
SITES: Final = (HIP, VERTEBRAL, LIMB, PELVIS)
MAJOR: Final = frozenset({HIP, VERTEBRAL})
LESSER: Final = frozenset({LIMB, PELVIS})


class Fragility(Enum):
    """Whether bone gave way that should have held."""

    YES = 3
    UNCLEAR = 2
    NO = 1


class Fracture(msgspec.Struct, frozen=True):
    """One fracture. ``why``: what keeps it unclear, or tells that it is none. ``history``: known only as past.

    ``follows``: told by after-care or a sequela without an onset of its own, so of a fracture that was there before.
    ``onset_told``: ``when`` is not merely the day of a record.
    """

    site: str
    fragility: Fragility
    when: Span | None
    seen: tuple[Seen, ...]
    why: str = ""
    history: bool = False
    follows: bool = False
    onset_told: bool = False
    place: Place = ANYWHERE

    @property
    def counts(self) -> bool:
        """Whether it is a fragility fracture."""
        return self.fragility is Fragility.YES

    @property
    def may_count(self) -> bool:
        """Whether it may be one, and that is not sure."""
        return self.fragility is Fragility.UNCLEAR
