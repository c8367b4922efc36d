"""A View from plain FHIR dicts by source name: complete unless said otherwise; what is not named was read and empty."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from cds.engine.fact import Fact, Known, Unknown
from cds.facts.sources import SOURCES
from cds.facts.view import View
from cds.fhir.admission import admit_draft, make_chart
from cds.fhir.chart import Draft, Empty, Source
from cds.fhir.codes import CodeBook
from cds.fhir.decode import decode_draft, decode_source
from cds.ruleset.book import Site
from cds.ruleset.codebook import read_codes
from cds.ruleset.fault import RuleFault

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2026, 11, 24)

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SCT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

WOMAN: dict[str, Any] = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1955-04-02"}
MAN: dict[str, Any] = {**WOMAN, "gender": "male"}

Sent = Source | Iterable[dict[str, Any]]


@lru_cache
def code_book(**local_codes: tuple[tuple[str, str], ...]) -> CodeBook:
    """The code book of ``rules/codes``; keyword arguments are a site's own (system, code) pairs by concept."""
    faults: list[RuleFault] = []
    local = {
        concept.replace("_", "-"): [{"system": system, "code": code} for system, code in pairs]
        for concept, pairs in local_codes.items()
    }
    book = read_codes(RULES, Site.model_validate({"local_codes": local}), faults)
    assert not faults, faults
    return book


@lru_cache
def numbers() -> Mapping[str, float]:
    """Every parameter of the rule book by name."""
    told = yaml.safe_load((RULES / "parameters.yaml").read_text(encoding="utf-8"))
    return {name: entry["value"] for name, entry in told.items()}


def bundle(resources: Iterable[dict[str, Any]]) -> bytes:
    """A searchset as a server sends it."""
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}).encode()


def view(
    *, as_of: date = AS_OF, patient: dict[str, Any] | Source = WOMAN, draft: Draft | Iterable[dict[str, Any]] = (),
    codes: CodeBook | None = None, changed: Mapping[str, float] | None = None, **sources: Sent,
) -> View:  # fmt: skip
    """A view of patient ``p1``: each source as FHIR dicts, or as Failed, NotAsked and so on; ``changed`` numbers."""
    unknown = sources.keys() - SOURCES.keys()
    assert not unknown, f"no such sources: {unknown}"
    sent: dict[str, Sent] = dict.fromkeys(SOURCES, ()) | sources
    sent["patient"] = [patient] if isinstance(patient, dict) else patient
    read = {name: _source(each) for name, each in sent.items()}
    orders = draft if isinstance(draft, Draft) else decode_draft(bundle(_identified(draft)))
    return View(
        make_chart("p1", read), admit_draft("p1", orders), codes or code_book(), {**numbers(), **(changed or {})}, as_of
    )


def _source(sent: Sent) -> Source:
    if isinstance(sent, Source):
        return sent
    resources = _identified(sent)
    return decode_source(bundle(resources)) if resources else Empty()


def _identified(resources: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The resources, those without id given one."""
    return [{"id": f"{each['resourceType'].lower()}-{number}", **each} for number, each in enumerate(resources, 1)]


def concept(*codings: tuple[str, str], text: str = "") -> dict[str, Any]:
    """A CodeableConcept of (system, code) pairs."""
    told: dict[str, Any] = {"coding": [{"system": system, "code": code} for system, code in codings]} if codings else {}
    return {**told, "text": text} if text else told


def condition(*codings: tuple[str, str], text: str = "", status: str = "active", **more: Any) -> dict[str, Any]:
    """A Condition; ``status`` '' leaves the clinical status out; further members as they are in FHIR."""
    told = {"resourceType": "Condition", "code": concept(*codings, text=text), **more}
    return {**told, "clinicalStatus": {"coding": [{"code": status}]}} if status else told


def observation(
    code: str, value: float | str | None = None, unit: str = "", on: str = "2026-11-01", **more: Any
) -> dict[str, Any]:
    """A final Observation by LOINC code, on a day; a number is a quantity with a UCUM unit, a text a string."""
    told: dict[str, Any] = {
        "resourceType": "Observation", "status": "final", "code": concept((LOINC, code)), "effectiveDateTime": on,
    }  # fmt: skip
    if isinstance(value, str):
        told["valueString"] = value
    elif value is not None:
        told["valueQuantity"] = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return {**told, **more}


def drug(
    code: str = "", text: str = "", on: str = "2026-11-01", kind: str = "MedicationRequest", **more: Any
) -> dict[str, Any]:
    """A use of a drug by RxNorm code or text: an active order unless ``kind`` and further members say otherwise."""
    status = {"MedicationRequest": "active", "MedicationStatement": "active"}.get(kind, "completed")
    dated = {
        "MedicationRequest": "authoredOn", "MedicationStatement": "effectiveDateTime",
        "MedicationAdministration": "effectiveDateTime", "MedicationDispense": "whenHandedOver",
    }[kind]  # fmt: skip
    drug_code = concept(*(((RXNORM, code),) if code else ()), text=text)
    told = {
        "resourceType": kind,
        "status": status,
        "medicationCodeableConcept": drug_code,
        **({dated: on} if on else {}),
    }
    return {**told, **({"intent": "order"} if kind == "MedicationRequest" else {}), **more}


def known(fact: Fact) -> Any:
    """The value; fails with the reason if the fact is unknown."""
    assert isinstance(fact, Known), fact
    return fact.value


def why(fact: Fact) -> str:
    """The reason; fails with the value if the fact is known."""
    assert isinstance(fact, Unknown), fact
    return fact.why
