"""What a FHIR reference points at: the same patient or another, and which Medication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cds.fhir.resources import (
    Medication,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
    OtherResource,
)

MedicationUse = MedicationRequest | MedicationStatement | MedicationAdministration | MedicationDispense | OtherResource
"""Every resource that names a drug by code or by reference."""

_URNS: Final = ("urn:uuid:", "urn:oid:")


def bare_id(reference: str) -> str:
    """The id alone: ``Patient/123``, ``https://ehr/fhir/Patient/123/_history/2`` and ``urn:uuid:123`` are ``123``."""
    text = reference.strip().partition("/_history/")[0].partition("|")[0].rstrip("/")
    for urn in _URNS:
        if text.lower().startswith(urn):
            return text[len(urn) :]
    return text.rpartition("/")[2]


def relative(reference: str) -> str:
    """``Type/id`` without server and version; a reference that has no type stays as it is."""
    parts = reference.strip().partition("/_history/")[0].rstrip("/").rsplit("/", 2)
    return "/".join(parts[-2:])


def points_at_patient(reference: str, patient_id: str, urls: Mapping[str, str]) -> bool:
    """True if the reference is this patient, or tells nothing (contained, conditional, a URN that nothing bears).

    ``patient_id`` is a bare id; ``urls`` are fullUrls of Patient entries with their ids.
    """
    if reference.startswith("#") or "?" in reference:
        return True
    if reference in urls:
        return urls[reference] == patient_id
    if reference.lower().startswith(_URNS):
        return True
    kind = relative(reference).rpartition("/")[0]
    return kind in ("", "Patient") and bare_id(reference) == patient_id


def medication_of(use: MedicationUse, medications: Mapping[str, Medication]) -> Medication | None:
    """The Medication that the resource refers to: its own contained one, or one that came along; None if neither."""
    pointer = use.medication_reference
    if pointer is None or not pointer.reference:
        return None
    if pointer.reference.startswith("#"):
        return _contained(use, pointer.reference)
    return find_medication(pointer.reference, medications)


def find_medication(reference: str, medications: Mapping[str, Medication]) -> Medication | None:
    """The Medication of that reference: by the reference as written, else by type and id, whichever server it names."""
    return medications.get(reference) or medications.get(relative(reference))


def _contained(use: MedicationUse, reference: str) -> Medication | None:
    """The contained Medication with that ``#id``, with or without the hash in its own id; None if there is none."""
    wanted = reference.lstrip("#")
    drugs = [drug for drug in use.contained if isinstance(drug, Medication)]
    return next((drug for drug in drugs if (drug.id or "").lstrip("#") == wanted), None)


def index_medication(medication: Medication, full_url: str | None, into: dict[str, Medication]) -> None:
    """``into`` finds the Medication by its fullUrl and by ``Medication/id``; what is there already stays."""
    if full_url:
        into.setdefault(full_url, medication)
    if medication.id:
        into.setdefault(f"Medication/{medication.id}", medication)
