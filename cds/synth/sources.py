"""The data of ``fixtures/synthetic``, read strictly: an unknown key is an error that names file and place."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from cds.resources import fixtures_directory
from cds.synth.life import Course, Done, Plan, Problem, Reading, Scan, Use

T = TypeVar("T")


class Figure(Plan, frozen=True):
    """A number with whose it is: cited (source, locator), or an assumption with its reason."""

    value: float
    words: str
    source: str = ""
    locator: str = ""
    assumption: str = ""


class Si(Plan, frozen=True):
    """How the same result is reported in SI units."""

    unit: str
    factor: float
    digits: int
    loinc: tuple[str, str] | None = None


class Coded(Plan, frozen=True):
    """A meaning with its code in each system, and what a drug order or a result looks like."""

    words: str = ""
    icd: tuple[str, str] | None = None
    sct: tuple[str, str] | None = None
    rx: tuple[str, str] | None = None
    ndc: tuple[str, str] | None = None
    atc: tuple[str, str] | None = None
    loinc: tuple[str, str] | None = None
    site_code: tuple[str, str] | None = None
    text: str = ""
    dose: float = 0
    route: str = "oral"
    every: tuple[int, str] = (1, "d")
    kind: str = ""
    unit: str = ""
    digits: int = 0
    low: float | None = None
    high: float | None = None
    si: Si | None = None
    site: str = ""
    answers: bool = False


class Codes(Plan, frozen=True):
    """Everything that charts are written with."""

    systems: dict[str, str]
    routes: dict[str, Coded]
    problems: dict[str, Coded]
    drugs: dict[str, Coded]
    results: dict[str, Coded]
    studies: dict[str, Coded]


class Habit(Plan, frozen=True):
    """How one hospital writes."""

    id: str
    share: float
    base: str
    ids: str
    dates: str
    problems: tuple[str, ...]
    drugs: tuple[str, ...]
    units: str
    local: str = ""
    spelled: dict[str, str] = msgspec.field(default_factory=dict)
    si: bool = False
    formulary: bool = False
    notes: bool = False


class People(Plan, frozen=True):
    """Names, and what occurs how often."""

    given_female: tuple[str, ...]
    given_male: tuple[str, ...]
    family_first: tuple[str, ...]
    family_last: tuple[str, ...]
    cancers_male: dict[str, float]
    cancers_female: dict[str, float]
    agents: dict[str, dict[str, float]]
    partners: dict[str, dict[str, float]]
    fractures: dict[str, float]
    bone_agents: dict[str, float]
    others: dict[str, float]


class Story(Plan, frozen=True):
    """A person of the gallery: what makes this one worth a look. ``labs`` is none, fresh or old."""

    id: str
    told: str
    sex: str = "either"
    age: tuple[int, int] = (66, 79)
    born: str = "day"
    died: int | None = None
    cancer: str = "lung-cancer"
    course: Course = Course()
    weight: float = 0
    labs: str = "fresh"
    supplements: bool = True
    problems: tuple[Problem, ...] = ()
    readings: tuple[Reading, ...] = ()
    scans: tuple[Scan, ...] = ()
    frax: tuple[float, float] | None = None
    uses: tuple[Use, ...] = ()
    procedures: tuple[Done, ...] = ()
    orders: tuple[Done, ...] = ()
    allergies: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()


class Answer(Plan, frozen=True):
    """How often a card is accepted and overridden (else it stays unanswered), and why it is overridden."""

    accepted: float
    overridden: float
    reasons: dict[str, float]
    comments: tuple[str, ...] = ()


class Prescribers(Plan, frozen=True):
    """How prescribers answer cards, by topic and stratum, and how often an EHR fails to send something."""

    unread: float
    cut_short: float
    unsent: float
    unresolvable: float
    users: int
    otherwise: Answer
    answers: dict[str, Answer]


def _read(name: str, kind: Callable[[Any], T]) -> T:
    path: Path = fixtures_directory() / "synthetic" / name
    try:
        return kind(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (msgspec.ValidationError, yaml.YAMLError) as fault:
        raise ValueError(f"{path}: {fault}") from fault


@lru_cache(maxsize=1)
def figures() -> dict[str, Figure]:
    """The numbers of the population, by name."""
    return _read("cohort.yaml", lambda found: msgspec.convert(found, dict[str, Figure]))


@lru_cache(maxsize=1)
def codes() -> Codes:
    """What charts are written with."""
    return _read("codes.yaml", lambda found: msgspec.convert(found, Codes))


@lru_cache(maxsize=1)
def habits() -> tuple[Habit, ...]:
    """The ways of writing."""
    return _read("habits.yaml", lambda found: msgspec.convert(found, tuple[Habit, ...]))


@lru_cache(maxsize=1)
def people() -> People:
    """Names and weights."""
    return _read("people.yaml", lambda found: msgspec.convert(found, People))


@lru_cache(maxsize=1)
def stories() -> tuple[Story, ...]:
    """The gallery."""
    return _read("stories.yaml", lambda found: msgspec.convert(found, tuple[Story, ...]))


@lru_cache(maxsize=1)
def prescribers() -> Prescribers:
    """How cards are answered, and how often an EHR fails."""
    return _read("prescribers.yaml", lambda found: msgspec.convert(found, Prescribers))
