"""One entry of a chart in a few words, as the FHIR resource that an EHR would send: ``given denosumab, 30 days ago``.

An entry names its code by concept, so a row proves what is read from a code and not which codes there are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from cds.facts.sources import SOURCE_OF
from cds.fhir.codes import CodeRow
from cds.fhir.systems import ICD_10_CM
from cds.ruleset.case_values import NUMBER_TEXT

Resource = dict[str, Any]

BY_CONCEPT: Final = "urn:bone-cds:concept"
"""The code system whose codes are the names of concepts."""

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "result": ("", "Observation"),
    "condition": ("conditions", "Condition"),
    "diagnosed": ("conditions", "Condition"),
    "recorded": ("conditions", "Condition"),
    "allergy": ("allergies", "AllergyIntolerance"),
    "procedure": ("procedures", "Procedure"),
    "test": ("serviceRequests", "ServiceRequest"),
    "order": ("medicationRequests", "MedicationRequest"),
    "draft": ("", "MedicationRequest"),
    "taking": ("medicationStatements", "MedicationStatement"),
    "given": ("medicationAdministrations", "MedicationAdministration"),
    "supplied": ("medicationDispenses", "MedicationDispense"),
}
"""What an entry may be: the source that it comes from, and its FHIR type. ``diagnosed`` is the diagnosis of a visit,
``recorded`` a condition that says when it was written down and not when it began."""

HOW: Final = (
    "an entry is: kind concept, then where it fits an amount with its unit, “text”, (status), for N days; a comma, and "
    f"`N days ago`, `N days ahead` or `from N to M days ago`. Kinds: {', '.join(KINDS)}"
)
_ENTRY = re.compile(
    rf"^(?P<kind>\w+) (?P<what>[\w.:-]+)"
    rf"(?: (?P<amount>{NUMBER_TEXT})(?: (?P<unit>[^\s(“,]+))?)?"
    rf"(?: “(?P<text>[^”]+)”)?(?: \((?P<status>[a-z-]+)\))?(?: for (?P<supply>\d+) days)?"
    rf"(?:, (?:from (?P<since>\d+) to (?P<until>\d+) days ago|(?P<days>\d+) days (?P<way>ago|ahead)))?$"
)
_DATED: Final[Mapping[str, str]] = {
    "Observation": "effectiveDateTime", "Condition": "onsetDateTime", "Procedure": "performedDateTime",
    "ServiceRequest": "authoredOn", "AllergyIntolerance": "recordedDate", "MedicationRequest": "authoredOn",
    "MedicationStatement": "effectiveDateTime", "MedicationAdministration": "effectiveDateTime",
    "MedicationDispense": "whenHandedOver",
}  # fmt: skip
_STATUS: Final[Mapping[str, str]] = {
    "Observation": "final", "ServiceRequest": "active", "MedicationRequest": "active", "MedicationStatement": "active",
}  # fmt: skip
_OF_DRUGS: Final = "Medication"


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource and the source that it came from; '' for the draft."""

    source: str
    resource: Resource


def entry_from(text: str, as_of: date, number: int) -> Entry:
    """The resource that the words stand for; ValueError when they stand for none."""
    said = _ENTRY.match(text)
    if said is None or said["kind"] not in KINDS:
        raise ValueError(HOW)
    source, kind = KINDS[said["kind"]]
    drug = kind.startswith(_OF_DRUGS)
    told = {"resourceType": kind, "id": f"{said['kind']}-{number}", **_status(kind, said["status"])}
    told["medicationCodeableConcept" if drug else "code"] = {"coding": [_coding(said["what"])]}
    told |= _dated(kind, said, as_of)
    if said["kind"] == "diagnosed":
        told["category"] = [{"coding": [{"code": "encounter-diagnosis"}]}]
    told |= _dosed(kind, said) if drug else _measured(said)
    if kind in {"MedicationRequest", "ServiceRequest"}:
        told["intent"] = "order"
    if kind == "Observation":
        source = SOURCE_OF.get(said["what"], "observations")
    return Entry(source, told)


def rows_by_concept(concepts: Mapping[str, object]) -> tuple[CodeRow, ...]:
    """The rows that make every concept's name a code for it."""
    return tuple(CodeRow(name, BY_CONCEPT, name, "", "", "", "") for name in concepts)


def _coding(what: str) -> Resource:
    system, found, code = what.partition(":")
    return {"system": ICD_10_CM, "code": code} if found and system == "ICD" else {"system": BY_CONCEPT, "code": what}


def _status(kind: str, told: str | None) -> Resource:
    if kind in {"Condition", "AllergyIntolerance"}:
        return {"clinicalStatus": {"coding": [{"code": told or "active"}]}}
    return {"status": told or _STATUS.get(kind, "completed")}


def _dated(kind: str, said: re.Match[str], as_of: date) -> Resource:
    if said["since"]:
        first, last = (_day(as_of, -int(said[each])) for each in ("since", "until"))
        return {"effectivePeriod": {"start": first, "end": last}, "status": said["status"] or "completed"}
    if said["days"] is None:
        return {}
    dated = "recordedDate" if said["kind"] == "recorded" else _DATED[kind]
    return {dated: _day(as_of, int(said["days"]) * (-1 if said["way"] == "ago" else 1))}


def _day(as_of: date, days: int) -> str:
    return (as_of + timedelta(days=days)).isoformat()


def _measured(said: re.Match[str]) -> Resource:
    if said["amount"]:
        return {"valueQuantity": _quantity(said)}
    return {"valueString": said["text"]} if said["text"] else {}


def _quantity(said: re.Match[str]) -> Resource:
    return {"value": float(said["amount"]), **({"unit": said["unit"]} if said["unit"] else {})}


def _dosed(kind: str, said: re.Match[str]) -> Resource:
    """The dosage in the words of that kind of entry, and for how long it was supplied."""
    told: Resource = {}
    dosage: Resource = {"text": said["text"]} if said["text"] else {}
    if kind == "MedicationAdministration":
        dosage |= {"dose": _quantity(said)} if said["amount"] else {}
        return {"dosage": dosage} if dosage else {}
    if said["amount"]:
        dosage["doseAndRate"] = [{"doseQuantity": _quantity(said)}]
    if dosage:
        told["dosage" if kind == "MedicationStatement" else "dosageInstruction"] = [dosage]
    if said["supply"]:
        length = {"value": int(said["supply"]), "unit": "days", "code": "d"}
        told |= {"daysSupply": length} if kind == "MedicationDispense" else _to_dispense(length)
    return told


def _to_dispense(length: Resource) -> Resource:
    return {"dispenseRequest": {"expectedSupplyDuration": length}}
