"""The gaps as FHIR R4: a Measure that defines them and a MeasureReport that counts them.

Each gap is a group of a proportion measure: asked of whom it can be asked (denominator), there is one (numerator). Who
cannot be told is excluded from the denominator, and counted. Hidden counts are left out and marked as masked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from cds.population.row import NOT_ASKED, UNKNOWN, YES
from cds.population.summary import Summary
from cds.population.tables import Table
from cds.ruleset.audit import AuditPlan, Gap
from cds.ruleset.ruleset import RuleSet

Plain = dict[str, Any]
MEASURE_ID: Final = "ici-bone-health-gaps"
_TERMS: Final = "http://terminology.hl7.org/CodeSystem"
_POPULATIONS: Final = ("initial-population", "denominator", "denominator-exclusion", "numerator")
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
Subjects = Mapping[str, tuple[str, ...]]
"""Patients by gap, for a report that names them."""


def measure(plan: AuditPlan, ruleset: RuleSet, canonical: str, day: date) -> Plain:
    """The Measure that the reports are about."""
    return {
        "resourceType": "Measure",
        "id": MEASURE_ID,
        "url": f"{canonical}/Measure/{MEASURE_ID}",
        "version": ruleset.book.version,
        "name": "IciBoneHealthGaps",
        "title": "Gaps in bone health on PD-1/PD-L1 inhibitors",
        "status": "active",
        "subjectCodeableConcept": {
            "coding": [{"system": "http://hl7.org/fhir/resource-types", "code": "Patient", "display": "Patient"}]
        },
        "date": day.isoformat(),
        "publisher": ruleset.book.source_label,
        "description": "Patients on, about to start or followed up after a PD-1/PD-L1 inhibitor, and what their bone "
        f"health lacks by the rule book with the fingerprint {ruleset.fingerprint}.",
        "scoring": _coded("measure-scoring", "proportion"),
        "type": [_coded("measure-type", "process")],
        "improvementNotation": _coded("measure-improvement-notation", "decrease"),
        "group": [_defined(gap, canonical) for gap in plan.gaps],
    }


def _defined(gap: Gap, canonical: str) -> Plain:
    of = "Whom the question fits and whose data answer it"
    words = {
        "initial-population": "On, about to start or followed up after a PD-1/PD-L1 inhibitor",
        "denominator": of,
        "denominator-exclusion": "Cannot be told from the data",
        "numerator": gap.about,
    }
    return {
        "code": _gap_code(gap, canonical),
        "description": gap.about,
        "population": [
            {
                "code": _coded("measure-population", name),
                "description": words[name],
                "criteria": {"language": "text/plain", "expression": words[name]},
            }
            for name in _POPULATIONS
        ],
    }


def measure_report(summary: Summary, canonical: str, subjects: Subjects | None = None) -> Plain:
    """The counts as a summary report, or with ``subjects`` as a report that lists the patients of each gap."""
    plan, day = summary.audited.auditor.plan, summary.as_of.isoformat()
    report: Plain = {
        "resourceType": "MeasureReport",
        "id": f"{MEASURE_ID}-{day}" + ("-subjects" if subjects is not None else ""),
        "status": "complete",
        "type": "summary" if subjects is None else "subject-list",
        "measure": f"{canonical}/Measure/{MEASURE_ID}|{summary.ruleset.book.version}",
        "date": day,
        "period": {"start": day, "end": day},
        "improvementNotation": _coded("measure-improvement-notation", "decrease"),
        "group": [_counted(gap, summary.table(f"gap.{gap.id}"), canonical, subjects) for gap in plan.gaps],
    }
    if subjects:
        report = {"contained": list(_lists(plan, subjects)), **report}
    return report


def _counted(gap: Gap, table: Table, canonical: str, subjects: Subjects | None) -> Plain:
    counts = _populations(table)
    group: Plain = {"code": _gap_code(gap, canonical), "population": [_population(*each) for each in counts.items()]}
    if subjects is not None and subjects.get(gap.id):
        group["population"][-1]["subjectResults"] = {"reference": f"#{_list_id(gap.id)}"}
    asked, there = counts["denominator"], counts["numerator"]
    excluded = counts["denominator-exclusion"]
    if asked is not None and there is not None and excluded is not None and asked - excluded > 0:
        group["measureScore"] = {"value": round(there / (asked - excluded), 4)}
    return group


def _populations(table: Table) -> dict[str, int | None]:
    """The counts by population; None where a hidden number would be told."""
    counts = {cell.key: cell.count for cell in table.cells}
    not_asked = counts[NOT_ASKED]
    denominator = None if table.total is None or not_asked is None else table.total - not_asked
    return dict(zip(_POPULATIONS, (table.total, denominator, counts[UNKNOWN], counts[YES]), strict=True))


def _population(name: str, count: int | None) -> Plain:
    told: Plain = {"code": _coded("measure-population", name)}
    if count is None:
        return told | {"_count": {"extension": [{"url": _ABSENT, "valueCode": "masked"}]}}
    return told | {"count": count}


def _lists(plan: AuditPlan, subjects: Subjects) -> Iterator[Plain]:
    for gap in plan.gaps:
        if subjects.get(gap.id):
            yield {
                "resourceType": "List",
                "id": _list_id(gap.id),
                "status": "current",
                "mode": "snapshot",
                "title": gap.title,
                "entry": [{"item": {"reference": f"Patient/{each}"}} for each in subjects[gap.id]],
            }


def _list_id(gap: str) -> str:
    return f"list-{gap}"


def _gap_code(gap: Gap, canonical: str) -> Plain:
    coding = {"system": f"{canonical}/CodeSystem/bone-health-gap", "code": gap.id, "display": gap.title}
    return {"coding": [coding], "text": gap.title}


def _coded(system: str, code: str) -> Plain:
    return {"coding": [{"system": f"{_TERMS}/{system}", "code": code}]}
