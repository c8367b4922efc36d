"""The records as they stood on an earlier day: what came to be known only afterwards is left out.

Statuses are those of the export: what was stopped since, and does not say when, was stopped then too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from msgspec.structs import replace

from cds.fhir.chart import Unreadable
from cds.fhir.elements import Period
from cds.fhir.medications import MedicationAdministration, MedicationDispense, MedicationRequest, MedicationStatement
from cds.fhir.reading import Mended, Read
from cds.fhir.resources import (
    AllergyIntolerance,
    Condition,
    DiagnosticReport,
    Observation,
    Patient,
    Procedure,
    ServiceRequest,
)
from cds.population.records import Records

_WHEN: Final[Mapping[type, tuple[str, ...]]] = {
    Patient: ("birth_date",),
    Condition: ("recorded_date", "onset_date_time", "onset_period"),
    Observation: ("effective_date_time", "effective_instant", "effective_period", "issued"),
    DiagnosticReport: ("effective_date_time", "effective_period", "issued"),
    Procedure: ("performed_date_time", "performed_period"),
    ServiceRequest: ("authored_on",),
    AllergyIntolerance: ("recorded_date", "onset_date_time"),
    MedicationRequest: ("authored_on",),
    MedicationStatement: ("effective_date_time", "effective_period", "date_asserted"),
    MedicationAdministration: ("effective_date_time", "effective_period"),
    MedicationDispense: ("when_handed_over", "when_prepared"),
}
"""By type: what tells when it was known, best first."""

_DAY: Final = len("2026-11-24")


def rewound(records: Records, as_of: date) -> Records:
    """The same without what is dated later than that day; what bears no date stays. A patient who died later lives."""
    day = as_of.isoformat()
    kinds = {kind: tuple(_then(each, day) for each in reads if not _is_later(each, day))
             for kind, reads in records.by_kind.items()}  # fmt: skip
    return Records(records.patient, {kind: reads for kind, reads in kinds.items() if reads}, records.repeated)


def _is_later(read: Read, day: str) -> bool:
    it = read.resource if isinstance(read, Mended) else read
    told = (_day(getattr(it, name)) for name in _WHEN.get(type(it), ()))
    return next(filter(None, told), "") > day


def _day(told: str | Period | None) -> str:
    """The first day that it may mean, as text that sorts; '' if it means none."""
    text = told.start if isinstance(told, Period) else told
    return (text or "")[:_DAY]


def _then(read: Read, day: str) -> Read:
    """The resource without what was said of it later."""
    if isinstance(read, Mended):
        return replace(read, resource=_as_then(read.resource, day))
    return read if isinstance(read, Unreadable) else _as_then(read, day)


def _as_then(it: Any, day: str) -> Any:
    if isinstance(it, Patient) and _day(it.deceased_date_time) > day:
        return replace(it, deceased_boolean=None, deceased_date_time=None)
    if isinstance(it, Condition) and max(_day(it.abatement_date_time), _day(it.abatement_period)) > day:
        return replace(it, clinical_status=None, abatement_date_time=None, abatement_period=None)
    return it
