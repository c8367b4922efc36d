"""A patient's record as it would be if something were otherwise. The record itself is never changed.

A change takes resources away by what they mean, and puts one in their place: the service reads the supposed record as
any other, and draws its own conclusions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from cds.facts.view import View
from cds.fhir.chart import Draft
from cds.gateway.bundle import chart_of_bundle
from cds.ruleset.ruleset import RuleSet
from cds.web.sandbox.offers import Change, number_of
from cds.web.sandbox.state import UNKNOWN

Plain = dict[str, Any]
Record = list[Plain]
_DAY: Final = re.compile(r"\{day:(-?\d+)\}")
_VALUE: Final = "{value}"
_DAYS_IN_YEAR: Final = 365.2425


@dataclass(frozen=True, slots=True)
class Supposing:
    """Makes supposed records, for one rule set and one day."""

    ruleset: RuleSet
    as_of: date

    def record(self, record: Record, supposed: Iterable[tuple[str, str]], changes: Mapping[str, Change]) -> Record:
        """The record with every change made, one after the other."""
        for name, value in supposed:
            record = self._changed(record, changes[name], value)
        return record

    def _changed(self, record: Record, change: Change, value: str) -> Record:
        if change.born:
            return [self._born(each, value) if each["resourceType"] == "Patient" else each for each in record]
        gone = self._seen(record, change)
        kept = [left for each in record if (left := _without(each, gone)) is not None]
        given = change.doubt if value == UNKNOWN else None if value == "no" else change.gives
        number = number_of(value)
        if given is None or (number == 0 and change.doubt is not None):
            return kept
        patient = next(each["id"] for each in record if each["resourceType"] == "Patient")
        made = {
            "id": f"supposed-{change.id}",
            **self._filled(given, number),
            "subject": {"reference": f"Patient/{patient}"},
        }
        return [*kept, made]

    def _born(self, patient: Plain, value: str) -> Plain:
        """The patient of that age today; of no age if it is unknown."""
        other = {name: member for name, member in patient.items() if name != "birthDate"}
        years = number_of(value)
        if years is None:
            return other
        born = self.as_of - timedelta(days=int(years * _DAYS_IN_YEAR) + 1)
        return {**other, "birthDate": born.isoformat()}

    def _seen(self, record: Record, change: Change) -> frozenset[str]:
        """The references of what the change takes away."""
        view = View(chart_of(record), Draft(), self.ruleset.codes, self.ruleset.numbers, self.as_of)
        found = [hit.seen.ref for hit in view.observations(*change.takes.get("observations", ())).hits]
        found += [hit.seen.ref for hit in view.conditions(*change.takes.get("conditions", ())).hits]
        found += [hit.seen.ref for hit in view.exposures(*change.takes.get("drugs", ())).hits]
        return frozenset(found)

    def _filled(self, template: Any, number: float | None) -> Any:
        """The template with the number and the days filled in."""
        if isinstance(template, dict):
            return {name: self._filled(each, number) for name, each in template.items()}
        if isinstance(template, list):
            return [self._filled(each, number) for each in template]
        if template == _VALUE:
            return number
        if isinstance(template, str):
            told = _DAY.sub(lambda found: (self.as_of + timedelta(days=int(found[1]))).isoformat(), template)
            return told.replace(_VALUE, f"{number:g}") if number is not None else told
        return template


def chart_of(record: Record) -> Any:
    """The record as a chart in which every source was read."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in record]}
    return chart_of_bundle(msgspec.json.encode(bundle))


def _without(resource: Plain, gone: frozenset[str]) -> Plain | None:
    """The resource without what is gone from inside it; None if it is gone itself."""
    ref = f"{resource['resourceType']}/{resource.get('id', '')}"
    if ref in gone:
        return None
    inside = {each.partition("#")[2] for each in gone if each.startswith(f"{ref}#")}
    if not inside:
        return resource
    return {**resource, "contained": [each for each in resource.get("contained", []) if each.get("id") not in inside]}
