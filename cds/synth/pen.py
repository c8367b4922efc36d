"""Writes what every resource of one person has in common: ids, the subject, days, and the person as Patient."""

from __future__ import annotations

from typing import Any, Final

from cds.synth.life import Life
from cds.synth.vocabulary import Vocabulary

Plain = dict[str, Any]
STORY: Final = "StructureDefinition/synthetic-story"
_TEST: Final = {
    "tag": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
            "code": "HTEST",
            "display": "test health data",
        }
    ]
}
_MOST: Final = 10_000
"""More resources than anyone has."""


class Pen:
    """Writes the resources of one person into ``written``."""

    def __init__(self, words: Vocabulary, seed: int, number: int) -> None:
        self.words = words
        self._prefix, self._first, self._style = _style(words.habit.ids, seed, number)
        self._count = 0
        self.patient_id = self._id()
        self.subject = {"reference": f"Patient/{self.patient_id}"}
        self.written: list[Plain] = []
        self._formulary: set[str] = set()

    def begin(self, kind: str, **members: Any) -> Plain:
        """A resource of the person, added to what is written."""
        self._count += 1
        resource = {"resourceType": kind, "id": self._id(), **members}
        self.written.append(resource)
        return resource

    def reference(self, resource: Plain) -> Plain:
        """A reference to what was written."""
        return {"reference": f"{resource['resourceType']}/{resource['id']}"}

    def drug(self, name: str) -> Plain:
        """The members that name the drug; its formulary entry is written once."""
        named = self.words.drug(name)
        if "medicationReference" in named and name not in self._formulary:
            self._formulary.add(name)
            self.written.append(self.words.medication(name))
        return named

    def _id(self) -> str:
        """The next id, in the style of the EHR; no two of one seed are alike."""
        return self._prefix + format(self._first + self._count, self._style)


def _style(ids: str, seed: int, number: int) -> tuple[str, int, str]:
    """What every id of the person begins with, the number added to the count, and how the sum is written."""
    match ids:
        case "letters":
            return f"e{seed:x}.{number:x}.", 0, "x"
        case "digits":
            return f"{seed % 1000:03d}{number:08d}", 0, "04d"
        case "uuid":
            return f"{seed % 2**32:08x}-0000-4000-8000-", number * _MOST, "012x"
    return f"s{seed}-{number}-", 0, "d"


def write_patient(pen: Pen, life: Life, story: str, canonical: str) -> None:
    """The Patient, whose extension and narrative tell the story."""
    patient: Plain = {
        "resourceType": "Patient",
        "id": pen.patient_id,
        "meta": _TEST,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{story}</div>',
        },
        "extension": [{"url": f"{canonical}/{STORY}", "valueString": story}],
        "name": [{"use": "official", "family": life.family, "given": [life.given]}],
        "address": [{"use": "home", "city": "Testville", "country": "US"}],
    }
    if life.sex:
        patient["gender"] = life.sex
    if born := _birth_date(pen, life):
        patient["birthDate"] = born
    if life.died is not None:
        patient["deceasedDateTime"] = pen.words.day(life.died)
    pen.written.append(patient)


def _birth_date(pen: Pen, life: Life) -> str:
    """As the chart tells it: to the day, only the year, implausibly long ago, or not at all."""
    year = int(pen.words.day(life.birthday)[:4])
    match life.born:
        case "day":
            return f"{year - life.age:04d}{pen.words.day(life.birthday)[4:].replace('02-29', '02-28')}"
        case "year":
            return f"{year - life.age:04d}"
        case "implausible":
            return f"{year - 150:04d}-01-01"
    return ""
