"""What the audit keeps of one patient: a row of plain values, and how it is made from a chart."""

from __future__ import annotations

from typing import Final

import msgspec

YES, NO, UNKNOWN, NOT_ASKED = "yes", "no", "unknown", "not-asked"
ANSWERS: Final = (YES, NO, UNKNOWN, NOT_ASKED)
"""What can be said of a gap: there is one, there is none, it cannot be told, it is not asked of this patient."""


class Plain(msgspec.Struct, frozen=True, gc=False, rename=None):
    """Anything that is kept: plain values in a fixed order."""


class CardTold(Plain, frozen=True):
    """One card that the patient's prescriber would get."""

    topic: str
    rule: str
    stratum: str
    indicator: str
    summary: str


class Decided(Plain, frozen=True):
    """What one rule set makes of the patient.

    ``stratum`` is the one of fracture risk that acts, '' if none does; ``settled`` is false where more knowledge could
    change it, and ``possible`` lists what it could become.
    """

    in_scope: str
    stratum: str
    settled: bool
    possible: tuple[str, ...]
    gaps: dict[str, str]
    cards: tuple[CardTold, ...]


class Row(Plain, frozen=True):
    """One patient. ``years`` and ``fractures`` are counted from the start of the course that is followed.

    ``incomplete`` says in words what of the patient's data may be missing. ``after`` is what the compared rule set
    makes of them, None if none is compared.
    """

    patient: str
    status: str
    why: str
    hook: str
    age: float | None
    sex: str
    agents: tuple[str, ...]
    course_start: str
    decided: Decided | None
    baseline: dict[str, str]
    years: float | None
    fractures: int | None
    incomplete: tuple[str, ...]
    repeated: int
    after: Decided | None = None


class Passed(Plain, frozen=True):
    """What else a partition held: patients without a checkpoint inhibitor, and lines of older versions."""

    untreated: int
    repeated: int


class Result(Plain, frozen=True):
    """One partition, audited: its rows sorted by patient, and what else it held."""

    rows: tuple[Row, ...]
    passed: Passed
