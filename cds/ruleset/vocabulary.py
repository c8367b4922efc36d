"""The closed list of words that conditions are made of: catalogue facts, named parameters, seven comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cds.facts.catalogue import FactDef, Type
from cds.ruleset.model import Parameter

Catalogue = Mapping[str, FactDef]

FITS: Mapping[str, frozenset[Type]] = {
    "is": frozenset({Type.BOOL, Type.CODE}),
    "in": frozenset({Type.CODE, Type.SET}),
    "at_least": frozenset({Type.NUMBER}),
    "at_most": frozenset({Type.NUMBER}),
    "above": frozenset({Type.NUMBER}),
    "below": frozenset({Type.NUMBER}),
    "within_days": frozenset({Type.DATE}),
}
"""Which comparison fits which type of fact."""

DAYS = "d"
NO_UNIT = "1"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every fact and every number that a rule may name."""

    facts: Catalogue
    parameters: Mapping[str, Parameter]
    spoilt: frozenset[str] = frozenset()
    """Parameters that are written but not readable: no fault of whoever names them."""

    def unit(self, fact: str, op: str) -> str:
        """The unit that the limit of this comparison must be written in."""
        return DAYS if op == "within_days" else self.facts[fact].unit or NO_UNIT
