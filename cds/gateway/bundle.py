"""A whole patient in one Bundle, as an export or a fixture holds it: every source answered from that one file."""

from __future__ import annotations

from dataclasses import replace

from cds.facts.sources import SOURCES
from cds.fhir.admission import make_chart
from cds.fhir.chart import Chart, Draft, Empty, Failed, Found, Source
from cds.fhir.decode import decode_source
from cds.fhir.elements import CodeableConcept, Coding
from cds.fhir.resources import MedicationRequest, Patient


class NotAPatient(ValueError):
    """The file holds no patient bundle; the message says what it holds instead."""


def chart_of_bundle(bundle: bytes) -> Chart:
    """The chart of the bundle's one patient: a source is empty if the bundle has nothing of its kind.

    Raises NotAPatient if there is no patient, or more than one, or no FHIR at all; TooManyEntries for a huge one.
    """
    whole = decode_source(bundle)
    if isinstance(whole, Failed):
        raise NotAPatient(whole.why)
    if not isinstance(whole, Found):
        raise NotAPatient("the bundle is empty")
    patients = [each for each in whole.resources if isinstance(each, Patient)]
    if len(patients) != 1 or not patients[0].id:
        raise NotAPatient(f"the bundle holds {len(patients)} patients with an id; exactly one is needed")
    return make_chart(patients[0].id, {name: _source(whole, name) for name in SOURCES})


def _source(whole: Found, name: str) -> Source:
    kind = SOURCES[name].resource_type
    alike = [each for each, about in SOURCES.items() if about.resource_type == kind]
    mine = tuple(each for each in whole.resources if type(each).__name__ == kind) if name == alike[0] else ()
    if not mine and whole.complete:
        return Empty()
    return replace(whole, resources=mine, notes=whole.notes if name == "patient" else ())


def draft_of(drug: str, coding: Coding | None = None) -> Draft:
    """A draft with one order for that drug, coded if a code is known for its name."""
    concept = CodeableConcept(coding=(coding,) if coding else (), text=drug)
    order = MedicationRequest(id="draft-1", status="draft", intent="order", medication_codeable_concept=concept)
    return Draft(orders=(order,))
