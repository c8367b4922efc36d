"""Sources become a chart: of one patient, and of no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter
from typing import Final, TypeVar

from cds.fhir.chart import Chart, Draft, Empty, Failed, Found, Source
from cds.fhir.references import bare_id, points_at_patient
from cds.fhir.resources import Medication, OtherResource, Patient, Resource

FOREIGN_ONLY: Final = "only another patient's resources came"
_MOST_NAMED: Final = 3
_OF_WHOM: Final = attrgetter("subject.reference")

AnyResource = TypeVar("AnyResource", bound=Resource | OtherResource)


def make_chart(patient_id: str, sources: Mapping[str, Source]) -> Chart:
    """The chart of that patient: resources of others are left out and noted, drugs are found by reference.

    ``patient_id`` may be ``123``, ``Patient/123`` or a URL. A resource without subject is taken as the patient's: it
    came as the answer to a question about them. A source that held only other people's resources has failed.
    """
    found = [source for source in sources.values() if isinstance(source, Found)]
    bare = bare_id(patient_id)
    patient = _Patient(bare, {url: its_id for source in found for url, its_id in source.patient_urls.items()})
    notes: list[str] = []
    admitted = {name: _admitted(name, source, patient, notes) for name, source in sources.items()}
    return Chart(bare, admitted, _medications(found), tuple(notes))


def admit_draft(patient_id: str, draft: Draft) -> Draft:
    """The draft without orders for other patients, which are noted."""
    strangers = _Patient(bare_id(patient_id), {}).strangers(draft.orders)
    if not strangers:
        return draft
    note = f"draft: {_left_out(strangers)}"
    return replace(draft, orders=_without(draft.orders, strangers), notes=(*draft.notes, note))


class _Patient:
    """The one whose resources are wanted; each spelling of a reference to them is looked at once."""

    __slots__ = ("_id", "_ours", "_urls")

    def __init__(self, patient_id: str, urls: Mapping[str, str]) -> None:
        self._id = patient_id
        self._urls = urls
        self._ours: set[str | None] = {None, "", f"Patient/{patient_id}"}

    def strangers(self, resources: Sequence[AnyResource]) -> list[AnyResource]:
        """Those resources that are about somebody else."""
        with suppress(AttributeError):  # a Patient is among them, or one that has no subject
            if self._ours.issuperset(map(_OF_WHOM, resources)):
                return []
        return [resource for resource in resources if not self._owns(resource)]

    def _owns(self, resource: Resource | OtherResource) -> bool:
        """True if the resource is the patient, about them, or about nobody in particular."""
        if isinstance(resource, Patient):
            return resource.id is None or bare_id(resource.id) == self._id
        reference = _subject(resource)
        if reference not in self._ours and points_at_patient(reference or "", self._id, self._urls):
            self._ours.add(reference)
        return reference in self._ours


def _subject(resource: Resource | OtherResource) -> str | None:
    """The reference of whom the resource is about, None if it does not say."""
    if isinstance(resource, Medication | Patient):
        return None
    subject = resource.subject
    if subject is None and isinstance(resource, OtherResource):
        subject = resource.patient
    return subject.reference if subject else None


def _admitted(name: str, source: Source, patient: _Patient, notes: list[str]) -> Source:
    """The source with the patient's own resources; what was left out, repaired or passed over goes into the notes."""
    if not isinstance(source, Found | Empty):
        return source
    notes.extend(f"{name}: {note}" for note in source.notes)
    if isinstance(source, Empty):
        return source
    strangers = patient.strangers(source.resources)
    if not strangers:
        return source
    notes.append(f"{name}: {_left_out(strangers)}")
    kept = _without(source.resources, strangers)
    return replace(source, resources=kept) if kept else Failed(FOREIGN_ONLY)


def _without(resources: Iterable[AnyResource], strangers: Iterable[AnyResource]) -> tuple[AnyResource, ...]:
    """The resources but for the strangers, these very ones, equal or not."""
    left_out = {id(stranger) for stranger in strangers}
    return tuple(resource for resource in resources if id(resource) not in left_out)


def _left_out(strangers: Sequence[Resource | OtherResource]) -> str:
    """In words, what was left out because it is about somebody else."""
    named = ", ".join(stranger.ref for stranger in strangers[:_MOST_NAMED])
    more = f" and {len(strangers) - _MOST_NAMED} more" if len(strangers) > _MOST_NAMED else ""
    return f"left out, about another patient: {named}{more}"


def _medications(found: Iterable[Found]) -> Mapping[str, Medication]:
    """The drugs of every source in one index; of two with the same reference, the first."""
    index: dict[str, Medication] = {}
    for source in reversed([*found]):
        index.update(source.medications)
    return index
