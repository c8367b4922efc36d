"""The same resource with the habits of different EHRs: how they code, date, unit and wrap what they send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Resource = dict[str, Any]
Style = Callable[[Resource], Resource]

OIDS: Final[Mapping[str, str]] = {
    "http://loinc.org": "urn:oid:2.16.840.1.113883.6.1",
    "http://snomed.info/sct": "urn:oid:2.16.840.1.113883.6.96",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "urn:oid:2.16.840.1.113883.6.88",
    "http://hl7.org/fhir/sid/icd-10-cm": "urn:oid:2.16.840.1.113883.6.90",
}
SPELLINGS: Final[Mapping[str, str]] = {
    "http://loinc.org": "https://loinc.org",
    "http://snomed.info/sct": "http://snomed.info/sct/",
    "http://hl7.org/fhir/sid/icd-10-cm": "https://hl7.org/fhir/sid/icd-10-cm/",
}
DATES: Final = ("effectiveDateTime", "onsetDateTime", "authoredOn", "performedDateTime", "whenHandedOver")
VERSION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def epic(resource: Resource) -> Resource:
    """A local code before the public ones, these by OID; times with a zone; drugs as a contained Medication."""
    told = resource | _timed(resource, "T07:42:00-06:00")
    for name in ("code", "medicationCodeableConcept"):
        if name in told:
            told[name] = _coded(told[name], OIDS, {"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.696580", "code": "5"})
    if "medicationCodeableConcept" in told:
        drug = told.pop("medicationCodeableConcept")
        told["contained"] = [{"resourceType": "Medication", "id": "drug", "code": drug}]
        told["medicationReference"] = {"reference": "#drug"}
    return _valued(told, lambda each: {key: value for key, value in each.items() if key not in ("system", "code")})


def oracle(resource: Resource) -> Resource:
    """Other spellings of the same systems, a vendor's drug code beside RxNorm, UTC instants, a narrative, flags."""
    told = resource | _timed(resource, "T13:05:11.000Z")
    told["text"] = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Record</p></div>'}
    for name in ("code", "medicationCodeableConcept"):
        if name in told:
            told[name] = _coded(
                told[name], SPELLINGS, {"system": "urn:multum:drug", "code": "d00000", "userSelected": True}
            )
    if told["resourceType"] == "Condition":
        told["verificationStatus"] = {"coding": [{"system": VERSION, "code": "confirmed"}]}
    if told["resourceType"] == "Observation":
        told["category"] = [{"coding": [{"code": "laboratory"}], "text": "Laboratory"}]
    return _valued(told, lambda each: each)


def plain(resource: Resource) -> Resource:
    """As the implementation guides write it."""
    return resource


STYLES: Final[Mapping[str, Style]] = {"plain": plain, "Epic habits": epic, "Oracle Health habits": oracle}


def _timed(resource: Resource, time: str) -> Resource:
    return {name: f"{resource[name]}{time}" for name in DATES if name in resource}


def _coded(concept: Resource, systems: Mapping[str, str], own: Resource) -> Resource:
    codings = [{**each, "system": systems.get(each["system"], each["system"])} for each in concept.get("coding", ())]
    return {**concept, "coding": [own, *codings]}


def _valued(told: Resource, turned: Callable[[Resource], Resource]) -> Resource:
    return {**told, "valueQuantity": turned(told["valueQuantity"])} if "valueQuantity" in told else told
