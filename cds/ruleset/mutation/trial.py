"""A condition of the rule book, each change to it, and whether a case noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cds.engine.rule import Condition
from cds.ruleset.mutation.change import Units, changes
from cds.ruleset.page import Spot


@dataclass(frozen=True, slots=True, order=True)
class Trial:
    """One mutant: where it stands, to what it belongs, what was changed, and whether a case noticed."""

    file: str
    line: int
    where: str
    change: str
    killed: bool


@dataclass(frozen=True, slots=True)
class Mutable:
    """A condition as it stands in the rule book, and whether a case comes out otherwise with another in its place."""

    where: str
    condition: Condition
    spot: Spot
    noticed: Callable[[Condition], bool]

    def trials(self, units: Units) -> Iterator[Trial]:
        """Every change to the condition, tried."""
        for each in changes(self.condition, self.spot, units):
            killed = self.noticed(each.condition)
            yield Trial(self.spot.page.file, each.spot.line, self.where, each.words, killed)
