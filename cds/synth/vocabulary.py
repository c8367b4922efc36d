"""The words of one hospital: meanings, drugs, results, units and days as its EHR writes them, each made once.

What is handed out is shared by every resource that says the same: it is to be read, never to be changed.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

from cds.synth.sources import Coded, Codes, Habit, codes, habits

Plain = dict[str, Any]
UCUM: Final = "http://unitsofmeasure.org"
_VARIANTS: Final = {
    "mg/dL": "MG/DL", "g/dL": "GM/DL", "ng/mL": "ng/ml", "pg/mL": "pg/ml", "mmol/L": "mmol/l", "umol/L": "µmol/L",
    "mL/min/{1.73_m2}": "mL/min/1.73m2", "{T-score}": "T-score", "{Z-score}": "Z-score", "[hnsf'U]": "HU",
    "{drinks}/d": "drinks/day", "{tbl}": "tablet",
}  # fmt: skip
_PLAIN: Final = {"mL/min/{1.73_m2}": "mL/min/1.73m2", "{T-score}": "T-score", "{Z-score}": "Z-score", "[hnsf'U]": "HU"}
_SCORES: Final = frozenset({"{T-score}", "{Z-score}"})
_TIMES: Final = {"day": "", "zone": "T09:30:00-05:00", "zulu": "T14:05:00Z"}
_EVERY_SYSTEM: Final = ("icd", "sct", "rx", "atc", "ndc")


class Vocabulary:
    """How one habit writes; ``as_of`` is the present day."""

    def __init__(self, habit: Habit, as_of: date) -> None:
        self.habit = habit
        self._codes: Codes = codes()
        self._as_of = as_of
        self._time = _TIMES[habit.dates]
        self._days: dict[int, str] = {}
        self._times: dict[int, str] = {}
        self._concepts: dict[tuple[str, str], Plain] = {}
        self._quantities: dict[tuple[float, str], Plain] = {}
        self._drugs: dict[str, Plain] = {}
        self._ranges: dict[tuple[str, float | None, float | None], list[Plain]] = {}

    def day(self, days: int) -> str:
        """The day so many days ago, as FHIR date."""
        found = self._days.get(days)
        if found is None:
            found = self._days[days] = (self._as_of - timedelta(days=days)).isoformat()
        return found

    def time(self, days: int) -> str:
        """The day so many days ago, as this EHR writes a dateTime."""
        found = self._times.get(days)
        if found is None:
            found = self._times[days] = self.day(days) + self._time
        return found

    def instant(self, days: int) -> str:
        """The afternoon of that day, as FHIR instant."""
        return self.day(days) + "T15:00:00Z"

    def problem(self, name: str, also: str = "") -> Plain:
        """A condition's code; ``also``: with that meaning beside it."""
        found = self._concepts.get((name, also))
        if found is None:
            both = [self._codes.problems[each] for each in (name, also) if each]
            found = self._concepts[name, also] = self._concept(both, self.habit.problems)
        return found

    def drug(self, name: str) -> Plain:
        """The members of a resource that name its drug: a reference to the formulary, or codes, or text alone."""
        found = self._drugs.get(name)
        if found is None:
            found = self._drugs[name] = self._named(name)
        return found

    def medication(self, name: str) -> Plain:
        """The formulary's entry."""
        return {"resourceType": "Medication", "id": self._formulary_id(name), "code": self.drug_code(name)}

    def drug_code(self, name: str) -> Plain:
        """A drug's code, or its text alone."""
        coded = self._codes.drugs[name]
        if not self.habit.drugs:
            return {"text": coded.text}
        return self._concept([coded], self.habit.drugs) | {"text": coded.words}

    def result(self, name: str) -> Plain:
        """A result's code."""
        found = self._concepts.get(("result", name))
        if found is None:
            coded = self._codes.results[name]
            loinc = (coded.si.loinc if self.habit.si and coded.si else None) or coded.loinc
            found = self._concepts["result", name] = self._coded(
                coded.words, [("loinc", loinc), ("site", coded.site_code)]
            )
        return found

    def study(self, name: str) -> Plain:
        """A study's or a procedure's code."""
        found = self._concepts.get(("study", name))
        if found is None:
            coded = self._codes.studies[name]
            found = self._concepts["study", name] = self._coded(
                coded.words, [("loinc", coded.loinc), ("sct", coded.sct)]
            )
        return found

    def quantity(self, value: float, unit: str) -> Plain:
        """The amount with its unit as this EHR spells it."""
        found = self._quantities.get((value, unit))
        if found is None:
            found = self._quantities[value, unit] = self._spelled(value, unit)
        return found

    def reported(self, coded: Coded) -> tuple[str, float, int]:
        """Unit, factor and digits of a result: SI where the habit is."""
        if self.habit.si and coded.si:
            return coded.si.unit, coded.si.factor, coded.si.digits
        return coded.unit, 1.0, coded.digits

    def usual_range(self, name: str, low: float | None, high: float | None) -> list[Plain]:
        """The laboratory's range of a result, its bounds in place of the usual ones; empty if it has none."""
        found = self._ranges.get((name, low, high))
        if found is None:
            coded = self._codes.results[name]
            unit, factor, digits = self.reported(coded)
            bounds = {"low": low or coded.low, "high": high or coded.high}
            told = {each: self.quantity(round(bound * factor, digits), unit) for each, bound in bounds.items() if bound}
            found = self._ranges[name, low, high] = [told] if told else []
        return found

    def route(self, name: str) -> Plain:
        """How a drug is given."""
        found = self._concepts.get(("route", name))
        if found is None:
            code = self._codes.routes[name].sct
            found = self._concepts["route", name] = {"coding": [self._coding("sct", code)] if code else []}
        return found

    def _spelled(self, value: float, unit: str) -> Plain:
        value = int(value) if value == int(value) else value
        if self.habit.units == "bare" and unit in _SCORES:
            return {"value": value}
        if self.habit.units == "variant":
            return {"value": value, "unit": _VARIANTS.get(unit, unit)}
        return {"value": value, "unit": _PLAIN.get(unit, unit), "system": UCUM, "code": unit}

    def _named(self, name: str) -> Plain:
        if self.habit.formulary:
            display = self._codes.drugs[name].words
            return {"medicationReference": {"reference": f"Medication/{self._formulary_id(name)}", "display": display}}
        return {"medicationCodeableConcept": self.drug_code(name)}

    def _formulary_id(self, name: str) -> str:
        return f"{self.habit.id}-{name}"

    def _concept(self, meanings: list[Coded], systems: tuple[str, ...]) -> Plain:
        """The meanings in the habit's systems; in another, where a meaning has no code in them."""
        pairs = []
        for each in meanings:
            wanted = [(system, code) for system in systems if (code := getattr(each, system))]
            others = ((system, code) for system in _EVERY_SYSTEM if (code := getattr(each, system)))
            pairs += wanted or [next(others, ("site", each.site_code))]
        return self._coded(meanings[0].words, pairs)

    def _coded(self, words: str, pairs: list[tuple[str, tuple[str, str] | None]]) -> Plain:
        coding = [self._coding(system, code) for system, code in pairs if code]
        if self.habit.local:
            number = str(900_000 + crc32(words.encode()) % 100_000)
            coding.insert(0, {"system": self.habit.local, "code": number, "display": words.upper()[:40]})
        return {"coding": coding, "text": words[:1].upper() + words[1:]}

    def _coding(self, system: str, code: tuple[str, str]) -> Plain:
        spelled = self.habit.spelled.get(system) or self._codes.systems[system]
        return {"system": spelled, "code": code[0], "display": code[1]}


@lru_cache(maxsize=4)
def vocabularies(as_of: date) -> tuple[Vocabulary, ...]:
    """One of each habit, for that day."""
    return tuple(Vocabulary(habit, as_of) for habit in habits())
