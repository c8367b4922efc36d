"""What happened to one person, before any of it is written as FHIR. Every day is counted back from the present.

``days`` is how many days ago; None: the chart does not say when.
"""

from __future__ import annotations

import msgspec


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything that a story's file may hold."""


class Problem(Plan, frozen=True):
    """A condition. ``also``: a further meaning coded on the same resource."""

    what: str
    days: int | None = 400
    status: str = "active"
    certain: bool = True
    also: str = ""


class Reading(Plan, frozen=True):
    """A result in its usual unit, unless another is told; ``low`` and ``high``: the laboratory's range, if unusual."""

    what: str
    value: float | str
    days: int | None = 14
    unit: str = ""
    comparator: str = ""
    status: str = "final"
    low: float | None = None
    high: float | None = None


class Scan(Plan, frozen=True):
    """A DXA with what it measured, by result (``t-score-spine``). ``reported``: a report came with it."""

    scores: dict[str, float]
    days: int | None = 200
    reported: bool = True


class Use(Plan, frozen=True):
    """A drug: ordered, stated, given or supplied, from ``days`` until ``until`` ago (None: it goes on).

    ``mg``: 0: as usual; below 0: no dose is stated. Given drugs are given every ``every`` days.
    """

    what: str
    how: str = "ordered"
    days: int | None = 100
    until: int | None = None
    mg: float = 0
    every: int = 0


class Done(Plan, frozen=True):
    """A procedure, or a test that was ordered."""

    what: str
    days: int | None = 100
    status: str = ""


class Course(Plan, frozen=True):
    """Checkpoint inhibitors: the first dose so many days ago (0: ordered today), the last ``ended`` days ago."""

    agents: tuple[str, ...] = ("nivolumab",)
    days: int = 0
    every: int = 28
    ended: int = 0


class Life(msgspec.Struct, kw_only=True):
    """One person. ``born``: how the birth date is told – day, year, not, or implausible."""

    story: str
    told: str
    sex: str
    age: int
    given: str
    family: str
    cancer: str
    course: Course
    cancer_days: int = 120
    born: str = "day"
    birthday: int = 180
    weight: float = 72
    height: float = 170
    died: int | None = None
    problems: list[Problem] = []
    readings: list[Reading] = []
    scans: list[Scan] = []
    uses: list[Use] = []
    procedures: list[Done] = []
    orders: list[Done] = []
    allergies: list[str] = []
    drafts: list[Use] = []

    @property
    def cycles(self) -> list[int]:
        """How many days ago each dose was given, the first one first; none if the first is only ordered."""
        if not self.course.days:
            return []
        return list(range(self.course.days, max(self.course.ended, 1) - 1, -self.course.every))
