"""The dose that fits this patient, where an option's dose depends on a fact."""

from __future__ import annotations

from collections.abc import Iterable

from cds.engine.fact import Unknown
from cds.engine.rule import Facts
from cds.engine.trace import trace, unknowns
from cds.engine.truth import Truth
from cds.orders.told import Told
from cds.ruleset.ruleset import LoadedDose, LoadedOption


def dose_for(option: LoadedOption, told: Told) -> LoadedDose | None:
    """The first dose whose condition is true; None where none is, or one before it cannot be told."""
    for each in option.doses:
        truth = told(each.when.held)
        if truth is not Truth.FALSE:
            return each if truth is Truth.TRUE else None
    return None


def dose_doubts(option: LoadedOption, facts: Facts, told: Told) -> Iterable[tuple[str, Unknown]]:
    """The facts that keep the dose from being told."""
    for each in option.doses:
        truth = told(each.when.held)
        if truth is Truth.UNKNOWN:
            yield from unknowns(trace(each.when.condition, facts))
        if truth is not Truth.FALSE:
            return
