"""One order-sign request of the size that a real EHR sends: about 200 kB, 132 resources, the same bytes every time."""

from __future__ import annotations

import json
from typing import Any

Plain = dict[str, Any]
PATIENT = "Patient/bench-1"
LOINC, RXNORM, ICD10, SNOMED = (
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://snomed.info/sct",
)
LABS = (
    ("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", 9.1),
    ("1751-7", "Albumin [Mass/volume] in Serum or Plasma", "g/dL", 3.9),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.9),
    ("98979-8", "Glomerular filtration rate/1.73 sq M.predicted", "mL/min/{1.73_m2}", 74.0),
    ("62292-8", "25-Hydroxyvitamin D3+25-Hydroxyvitamin D2 [Mass/volume] in Serum or Plasma", "ng/mL", 34.0),
    ("2339-0", "Glucose [Mass/volume] in Blood", "mg/dL", 101.0),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 12.4),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 6.1),
)
CONDITIONS = (
    ("C34.90", "Malignant neoplasm of unspecified part of unspecified bronchus or lung"),
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("M81.0", "Age-related osteoporosis without current pathological fracture"),
)
DRUGS = (
    ("199362", "cholecalciferol 0.025 MG Oral Tablet"),
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("860975", "metformin hydrochloride 500 MG Extended Release Oral Tablet"),
)
PADDING = "Generated narrative, as electronic health records add it to each resource that they send. " * 8


def request() -> bytes:
    """The request as bytes: prefetch complete, nothing to fetch."""
    return json.dumps(_request(), separators=(",", ":")).encode()


def resources() -> int:
    """How many resources the request holds, the draft order included."""
    bundles = [each for each in _request()["prefetch"].values() if each.get("resourceType") == "Bundle"]
    return 2 + sum(len(bundle["entry"]) for bundle in bundles)


def _request() -> Plain:
    return {
        "hook": "order-sign",
        "hookInstance": "6a3f5c1e-7f56-4a5c-9f0e-1d2c3b4a5968",
        "context": {"userId": "Practitioner/1", "patientId": "bench-1", "draftOrders": _bundle([_nivolumab()])},
        "prefetch": {
            "patient": {**_head("Patient", "bench-1"), "gender": "female", "birthDate": "1958-03-14"},
            "conditions": _bundle([_condition(number) for number in range(16)]),
            "medicationRequests": _bundle([_order(number) for number in range(18)]),
            "medicationStatements": _bundle([]),
            "medicationAdministrations": _bundle([]),
            "medicationDispenses": _bundle([]),
            "allergies": _bundle([_allergy()]),
            "procedures": _bundle([_procedure(number) for number in range(9)]),
            "serviceRequests": _bundle([]),
            "diagnosticReports": _bundle([_report(number) for number in range(6)]),
            "labs": _bundle([_lab(number) for number in range(64)]),
            "boneDensity": _bundle([_density(number) for number in range(4)]),
            "observations": _bundle([_weight(number) for number in range(12)]),
        },
    }


def _head(kind: str, name: str) -> Plain:
    return {
        "resourceType": kind,
        "id": name,
        "meta": {"versionId": "1", "lastUpdated": "2026-11-01T09:00:00.000Z", "source": "urn:bench"},
        "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{PADDING}</div>'},
    }


def _bundle(resources: list[Plain]) -> Plain:
    entries = [
        {"fullUrl": f"https://ehr.example.org/fhir/{each['resourceType']}/{each['id']}", "resource": each}
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _concept(system: str, code: str, display: str) -> Plain:
    return {"coding": [{"system": system, "code": code, "display": display, "userSelected": False}], "text": display}


def _about() -> Plain:
    return {"subject": {"reference": PATIENT, "display": "Synthetic Patient"}}


def _category(code: str) -> list[Plain]:
    return [_concept("http://terminology.hl7.org/CodeSystem/observation-category", code, code.title())]


def _nivolumab() -> Plain:
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": _concept(RXNORM, "1597876", "nivolumab"),
        **_about(),
    }


def _condition(number: int) -> Plain:
    code, display = CONDITIONS[number % len(CONDITIONS)]
    status = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        **_head("Condition", f"condition-{number}"),
        "clinicalStatus": _concept(status, "active", "Active"),
        "code": _concept(ICD10, code, display),
        "onsetDateTime": f"20{10 + number}-02-01",
        "recordedDate": f"20{10 + number}-02-03",
        **_about(),
    }


def _order(number: int) -> Plain:
    code, display = DRUGS[number % len(DRUGS)]
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    dose = [{"doseQuantity": {"value": 1, "unit": "tablet"}}]
    return {
        **_head("MedicationRequest", f"order-{number}"),
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(RXNORM, code, display),
        "authoredOn": f"2026-{1 + number % 10:02d}-11",
        "dosageInstruction": [{"text": "one tablet by mouth daily", "timing": timing, "doseAndRate": dose}],
        **_about(),
    }


def _allergy() -> Plain:
    return {
        **_head("AllergyIntolerance", "allergy-1"),
        "code": _concept(SNOMED, "91936005", "Allergy to penicillin"),
        "patient": {"reference": PATIENT},
    }


def _procedure(number: int) -> Plain:
    code = _concept(SNOMED, "71388002", "Procedure")
    return {
        **_head("Procedure", f"procedure-{number}"),
        "status": "completed",
        "code": code,
        "performedDateTime": f"20{15 + number}-05-01",
        **_about(),
    }


def _report(number: int) -> Plain:
    code = _concept(LOINC, "58410-2", "CBC panel - Blood by Automated count")
    return {
        **_head("DiagnosticReport", f"report-{number}"),
        "status": "final",
        "code": code,
        "effectiveDateTime": f"20{18 + number}-05-01",
        **_about(),
    }


def _lab(number: int) -> Plain:
    code, display, unit, value = LABS[number % len(LABS)]
    day = f"20{26 - number // 24}-{11 - number % 11:02d}-02"
    return {
        **_measured(f"lab-{number}", code, display, unit, value, f"{day}T07:30:00Z"),
        "category": _category("laboratory"),
    }


def _density(number: int) -> Plain:
    spine = ("38267-1", "DXA Lumbar spine [T-score] Bone density")
    hip = ("38264-8", "DXA Hip [T-score] Bone density")
    code, display = (spine, hip)[number % 2]
    return _measured(f"density-{number}", code, display, "{T-score}", -2.7 + number / 10, f"20{22 + number // 2}-04-02")


def _weight(number: int) -> Plain:
    day = f"2026-{11 - number % 11:02d}-01"
    return {
        **_measured(f"weight-{number}", "29463-7", "Body weight", "kg", 62.0, day),
        "category": _category("vital-signs"),
    }


def _measured(name: str, code: str, display: str, unit: str, value: float, day: str) -> Plain:
    return {
        **_head("Observation", name),
        "status": "final",
        "code": _concept(LOINC, code, display),
        "effectiveDateTime": day,
        "issued": "2026-11-01T09:00:00Z",
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        **_about(),
    }
