"""Every subject, loaded: importing this module registers all facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds.engine.fact import Fact
from cds.facts import (
    also_present,
    bone_agents,
    bone_density,
    bone_scores,
    calcium,
    calcium_range,
    cancer,
    cautions,
    ct_density,
    demographics,
    duplicates,
    fractures,
    glucocorticoids,
    ici,
    kidney,
    labs,
    lifestyle,
    orders,
    other_drugs,
    pregnancy,
    reading,
    recent,
    risk,
    risk_scores,
    turnover,
)
from cds.facts.catalogue import CATALOGUE, FactDef
from cds.facts.view import View

__all__ = ["CATALOGUE", "SUBJECTS", "FactDef", "Facts"]

SUBJECTS = (
    demographics, orders, ici, cancer, bone_density, bone_scores, ct_density, fractures, risk_scores, glucocorticoids,
    other_drugs, bone_agents, duplicates, calcium, calcium_range, labs, kidney, recent, turnover, cautions, pregnancy,
    lifestyle, risk, also_present, reading,
)  # fmt: skip
"""The modules that hold the facts."""


class Facts(Mapping[str, Fact]):
    """Every fact of the catalogue about one view, each read when it is first asked for and remembered."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.as_of = view.as_of

    def __getitem__(self, name: str, /) -> Fact:
        """The fact of that id; KeyError if the catalogue has none."""
        return self.view[name]

    def __iter__(self) -> Iterator[str]:
        """The ids of the catalogue."""
        return iter(CATALOGUE)

    def __len__(self) -> int:
        """How many facts the catalogue has."""
        return len(CATALOGUE)
