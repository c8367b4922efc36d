"""What can be ordered and supposed in the sandbox: the code book's drugs, the data file's regimens and changes.

Nothing here says what follows from an order or a change; that is the service's to answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from cds.fhir.codes import CodeBook
from cds.fhir.elements import Coding
from cds.web.sandbox.state import UNKNOWN

Plain = dict[str, Any]
FILE: Final = "sandbox.yaml"
AGENTS: Final = "pd-1-pd-l1-inhibitor"
PARTNERS: Final = ("ctla-4-inhibitor", "lag-3-inhibitor")
_CLASSES: Final = frozenset({AGENTS, "pd-1-inhibitor", "pd-l1-inhibitor", *PARTNERS})
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Agent:
    """A checkpoint inhibitor that can be ordered, and the coding of its order, if one is known.

    ``partner``: alone it is not a PD-1 or PD-L1 inhibitor.
    """

    concept: str
    title: str
    coding: Coding | None
    partner: bool = False


class Regimen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Drugs that are ordered together."""

    title: str
    drugs: tuple[str, ...]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that can be supposed: how it is asked for, what it takes from the chart and what it puts there."""

    id: str
    title: str
    fact: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    step: float | None = None
    born: bool = False
    """The change is one of the birth date."""

    takes: dict[str, tuple[str, ...]] = {}
    gives: Plain | None = None
    doubt: Plain | None = None

    @property
    def is_number(self) -> bool:
        """Whether a number is asked for, not yes or no."""
        return self.step is not None

    def objection(self, value: str) -> str:
        """Why the value cannot be supposed, as a sentence; '' if it can."""
        if value == UNKNOWN:
            return ""
        if not self.is_number:
            return "" if value in (_YES, _NO) else f"{self.title} can be yes, no or unknown, not “{value}”."
        number = number_of(value)
        least, most = self.least or 0.0, self.most or 0.0
        if number is None or not least <= number <= most:
            return f"{self.title} can be a number from {least:g} to {most:g}, or unknown, not “{value}”."
        return ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data file."""

    regimens: tuple[Regimen, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Offers:
    """Everything that the page lets a person choose."""

    codes: CodeBook
    fixtures: Path

    @cached_property
    def agents(self) -> Mapping[str, Agent]:
        """Every checkpoint inhibitor that the code book knows, by concept, in order of name."""
        known = (name for name in sorted(self.codes.concepts) if name not in _CLASSES)
        lineages = ((name, self.codes.lineage(name)) for name in known)
        return {name: self._agent(name) for name, above in lineages if above & {AGENTS, *PARTNERS}}

    def _agent(self, name: str) -> Agent:
        title = self.codes.concepts[name].title
        return Agent(name, title, self.codes.coding_for(name), AGENTS not in self.codes.lineage(name))

    def agent_named(self, text: str) -> Agent | None:
        """The checkpoint inhibitor of that name, title or brand; None if there is none, or the name fits several."""
        wanted = " ".join(text.casefold().split())
        for each in self.agents.values():
            if wanted in (each.concept, each.title.casefold()):
                return each
        named = [each for each in self.codes.named_in(text) if each in self.agents]
        finest = [
            each for each in named if not any(each != other and each in self.codes.lineage(other) for other in named)
        ]
        return self.agents[finest[0]] if len(finest) == 1 else None

    @property
    def _file(self) -> _File:
        return _read(self.fixtures / FILE)

    @property
    def regimens(self) -> tuple[Regimen, ...]:
        """The usual regimens."""
        return self._file.regimens

    @cached_property
    def changes(self) -> Mapping[str, Change]:
        """What can be supposed, by id, in the order in which it is shown."""
        return {each.id: each for each in self._file.changes}


@cache
def _read(path: Path) -> _File:
    """The data file, read once."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), _File)


def number_of(text: str) -> float | None:
    """The finite number that was typed, with a comma or a point or a typographic minus; None if it is none."""
    try:
        number = float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
