"""The patients of the sandbox: those of the FHIR server, each with the story that the fixtures tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from cds.engine.fact import Span
from cds.facts.dates import days_of
from cds.facts.demographics import years_between
from cds.web.sandbox.stories import Person

Plain = dict[str, Any]
STORY: Final = "/StructureDefinition/synthetic-story"


@dataclass(frozen=True, slots=True)
class Row:
    """One patient as a list shows it: ``meta`` is age and sex in words."""

    id: str
    name: str
    meta: str
    story: str = ""
    expected: str = ""

    def has(self, words: Sequence[str]) -> bool:
        """Whether every word stands somewhere in what is told of the patient."""
        told = f"{self.name} {self.id} {self.meta} {self.story} {self.expected}".casefold()
        return all(word in told for word in words)


def row(patient: Plain, stories: Mapping[str, Person], today: date) -> Row:
    """The patient with its story."""
    id_ = str(patient.get("id", ""))
    story = stories.get(id_) or Person(id_, Path(), _own_story(patient))
    told = [age_words(patient.get("birthDate"), today), str(patient.get("gender") or "sex not recorded")]
    if patient.get("deceasedDateTime") or patient.get("deceasedBoolean") is True:
        told.append("deceased")
    return Row(id_, name_of(patient), " · ".join(told), story.story, story.expected)


def _own_story(patient: Plain) -> str:
    """The story that a synthetic patient bears itself, as plain text; '' without one."""
    told = (each for each in patient.get("extension") or () if isinstance(each, dict))
    found = (each.get("valueString") for each in told if str(each.get("url")).endswith(STORY))
    return next((each for each in found if isinstance(each, str)), "")


def found(rows: Iterable[Row], query: str) -> list[Row]:
    """The rows that have every word of the query, those with a story first."""
    words = query.casefold().split()
    return sorted((each for each in rows if each.has(words)), key=lambda each: (not each.story, each.name.casefold()))


def name_of(patient: Plain) -> str:
    """The patient's name as a record writes it, or that there is none."""
    names = patient.get("name")
    for each in names if isinstance(names, list) else ():
        if not isinstance(each, dict):
            continue
        given = each.get("given")
        first = " ".join(str(part) for part in given) if isinstance(given, list) else ""
        family = str(each.get("family") or "")
        told = ", ".join(part for part in (family, first) if part) or str(each.get("text") or "")
        if told:
            return told
    return f"Unnamed patient {patient.get('id', '')}".strip()


def age_words(born: object, today: date) -> str:
    """The age in whole years, as far as the birth date tells."""
    days = days_of(born) if isinstance(born, str) else None
    if days is None:
        return "age not recorded"
    years = years_between(days, Span(today, today))
    return f"{years.low:g} years" if years.low == years.high else f"{years.low:g} or {years.high:g} years"
