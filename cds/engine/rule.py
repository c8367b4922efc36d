"""A rule as data: conditions over named facts, strata read downwards, parts asked one by one.

The vocabulary is closed. A condition is ``all``, ``any``, ``not`` or one test of one fact against one limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from cds.engine.fact import Fact

Limit = bool | str | float | int | frozenset[str]


@dataclass(frozen=True, slots=True)
class Test:
    """One fact held against one limit; ``parameter`` names the cited number that the limit came from, or is ''."""

    fact: str
    op: str
    limit: Limit
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """True when every condition is."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True when at least one condition is."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the condition is false."""

    of: Condition


Condition = Test | All | Any | Not


@dataclass(frozen=True, slots=True)
class Stratum:
    """One answer a rule can give. A ``quiet`` stratum settles the question and says nothing."""

    id: str
    when: Condition
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a rule may ask for, on its own condition (a DXA, a calcium)."""

    id: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Rule:
    """A question with a first-match answer. With ``parts``, a stratum only fires when some part is asked for."""

    id: str
    version: int
    applies: Condition
    strata: tuple[Stratum, ...]
    parts: tuple[Part, ...] = ()


class Facts(Protocol):
    """What the engine needs of a patient: facts by name, and the day on which the question is put."""

    @property
    def as_of(self) -> date:
        """The day on which the question is put."""
        ...

    def __getitem__(self, name: str, /) -> Fact:
        """The fact of that name."""
        ...


def tests_in(condition: Condition) -> Iterator[Test]:
    """Every test in the condition, in reading order."""
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from tests_in(condition.of)
    else:
        for each in condition.of:
            yield from tests_in(each)


def conditions_of(rule: Rule) -> Iterator[Condition]:
    """Every top-level condition of the rule, in reading order."""
    yield rule.applies
    yield from (stratum.when for stratum in rule.strata)
    yield from (part.when for part in rule.parts)


def facts_in(rule: Rule) -> tuple[str, ...]:
    """The names of the facts that the rule reads, each once, in reading order."""
    names: Mapping[str, None] = {test.fact: None for condition in conditions_of(rule) for test in tests_in(condition)}
    return tuple(names)
