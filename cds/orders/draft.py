"""An option as a FHIR R4 draft order for one patient, coded by the systems that the site uses."""

from __future__ import annotations

from typing import Any

from cds.ruleset.book import Site
from cds.ruleset.orderable import Code, Dose, DoseFor, Option

Plain = dict[str, Any]
UCUM = "http://unitsofmeasure.org"


def draft_order(option: Option, subject: str, site: Site, canonical: str, dosed: DoseFor | None = None) -> Plain:
    """A valid draft: MedicationRequest for a drug, ServiceRequest for anything else. ``subject`` is ``Patient/id``.

    ``dosed`` is the dose that fits the patient, for an option that has several.
    """
    common: Plain = {
        "extension": [{"url": f"{canonical}/StructureDefinition/option", "valueCode": option.id}],
        "status": "draft",
        "intent": site.intent,
    }
    concept = codeable(option, site, dosed.title if dosed else option.title)
    dose = dosed.dose if dosed else option.dose
    if option.kind == "drug":
        order: Plain = {"resourceType": "MedicationRequest", **common, "medicationCodeableConcept": concept}
        dosage = {"dosageInstruction": [_dosage(dose)]} if dose else {}
        return {**order, "subject": {"reference": subject}, **dosage}
    return {"resourceType": "ServiceRequest", **common, "code": concept, "subject": {"reference": subject}}


def codeable(option: Option, site: Site, title: str) -> Plain:
    """The option's codes, the site's own first, without those whose switch is off; the title as text."""
    codes = [*site.order_codes.get(option.id, ()), *option.codes]
    coding = [_coding(code) for code in codes if not code.switch or (code.switch == "cpt" and site.cpt)]
    return {"coding": coding, "text": title} if coding else {"text": title}


def _coding(code: Code) -> Plain:
    named = {"display": code.display} if code.display else {}
    return {"system": code.system, "code": code.code, **named}


def _dosage(dose: Dose) -> Plain:
    timing = dose.timing
    repeat: Plain = {"frequency": timing.frequency, "period": timing.period, "periodUnit": timing.period_unit}
    if timing.count is not None:
        repeat = {"count": timing.count, **repeat}
    quantity = {"value": dose.value, "unit": dose.unit, "system": UCUM, "code": dose.code}
    return {
        "text": dose.text,
        "timing": {"repeat": repeat},
        "route": {"coding": [_coding(dose.route)], "text": dose.route.display},
        "doseAndRate": [{"doseQuantity": quantity}],
    }
