"""The date that a resource goes by, and whether a list of them runs from new to old."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from cds.fhir.elements import Period
from cds.fhir.resources import Resource

_DATED_BY: Final[dict[str, tuple[str, ...]]] = {
    "Observation": ("effective_date_time", "effective_instant", "effective_period", "issued"),
    "DiagnosticReport": ("effective_date_time", "effective_period", "issued"),
    "Condition": ("recorded_date", "onset_date_time", "onset_period"),
    "AllergyIntolerance": ("recorded_date", "onset_date_time"),
    "Procedure": ("performed_date_time", "performed_period"),
    "ServiceRequest": ("authored_on", "occurrence_date_time", "occurrence_period"),
    "MedicationRequest": ("authored_on",),
    "MedicationStatement": ("effective_date_time", "effective_period", "date_asserted"),
    "MedicationAdministration": ("effective_date_time", "effective_period"),
    "MedicationDispense": ("when_handed_over", "when_prepared"),
}
_DAY: Final = 10
"""Length of ``YYYY-MM-DD``: order within a day is of no consequence, and zones would confuse it."""


def date_text(resource: Resource) -> str:
    """The date that a search of this type sorts by, as FHIR text; '' if it bears none."""
    for name in _DATED_BY.get(resource.kind, ()):
        when = getattr(resource, name)
        if isinstance(when, Period):
            when = when.start or when.end
        if when:
            return str(when)
    return ""


def is_newest_first(resources: Iterable[Resource]) -> bool:
    """True if every resource bears a full date and none is younger than the one before it."""
    days = [date_text(resource)[:_DAY] for resource in resources]
    return all(len(day) == _DAY for day in days) and all(before >= after for before, after in pairwise(days))
