"""Codes that are easily taken for something that counts: a chart that holds one has the facts of an empty chart.

Every row of every concept that says ``never`` in ``concepts.yaml`` is put into a chart in each way in which a record
may hold it; nothing but what is written below may differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from cds.engine.fact import Fact, Known
from cds.facts.subjects import CATALOGUE
from cds.facts.view import View
from cds.fhir.codes import CodeRow
from cds.fhir.systems import ATC, CPT, HCPCS, ICD_10_CM, LOINC, NDC, RXNORM, SNOMED
from cds.ruleset.codebook import ValueSets, read_value_sets
from cds.ruleset.fault import RuleFault
from tests.facts.builders import RULES, code_book, concept, condition, view

DAY = "2026-11-01"
DRUG_SYSTEMS = frozenset({RXNORM, NDC, ATC, HCPCS})
TAKEN = [{"text": "9 mg daily by mouth", "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
          "doseAndRate": [{"doseQuantity": {"value": 9, "unit": "mg", "code": "mg"}}]}]  # fmt: skip
BISPHOSPHONATE = {"drug.bisphosphonate_active", "drug.prior_antiresorptive"}
COUNTS_AS = {
    "risedronate-30mg-product": BISPHOSPHONATE,
    "other-fracture-history": {"fracture.any_ever", "risk.modifiers", "risk.named"},
    "pathological-fracture-other": {"fracture.any_ever", "risk.modifiers", "risk.named"},
}
"""The one way in which some of them do count, and nothing more."""


@cache
def sets() -> ValueSets:
    """The value sets as shipped; they have no faults."""
    faults: list[RuleFault] = []
    found = read_value_sets(RULES, faults)
    assert faults == []
    return found


def excluded() -> list[CodeRow]:
    """Every row that must not count."""
    return [each.row for each in sets().rows if sets().concepts[each.row.concept].it.never]


def told(row: CodeRow) -> Iterator[tuple[str, dict[str, Any]]]:
    """The ways in which a record may hold the code: source and resource."""
    code = concept((row.system, row.code))
    dated = {"status": "completed", "code": code}
    if row.system in DRUG_SYSTEMS:
        drug = {"medicationCodeableConcept": code}
        order = {"status": "active", "intent": "order", "authoredOn": DAY, "dosageInstruction": TAKEN}
        given = {"status": "completed", "effectiveDateTime": DAY, "dosage": {"dose": {"value": 9, "unit": "mg"}}}
        yield "medicationRequests", {"resourceType": "MedicationRequest", **drug, **order}
        yield "medicationAdministrations", {"resourceType": "MedicationAdministration", **drug, **given}
    if row.system in {ICD_10_CM, SNOMED}:
        yield "conditions", condition((row.system, row.code), onsetDateTime=DAY)
    if row.system in {LOINC, SNOMED}:
        for value, unit in ((-3.6, "1"), (25, "mL/min/{1.73_m2}"), (9, "{drinks}/d")):
            quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
            result = {"status": "final", "code": code, "effectiveDateTime": DAY, "valueQuantity": quantity}
            for source in ("boneDensity", "labs", "observations"):
                yield source, {"resourceType": "Observation", **result}
        yield "diagnosticReports", {"resourceType": "DiagnosticReport", "status": "final", "code": code,
                                    "effectiveDateTime": DAY}  # fmt: skip
    if row.system in {LOINC, SNOMED, CPT}:
        yield "procedures", {"resourceType": "Procedure", **dated, "performedDateTime": DAY}
        yield "serviceRequests", {"resourceType": "ServiceRequest", "status": "active", "intent": "order",
                                  "code": code, "authoredOn": DAY}  # fmt: skip


def values(chart: View) -> dict[str, object]:
    """Every fact: its value, or the kind of reason why there is none."""
    return {name: value(chart[name]) for name in CATALOGUE}


def value(fact: Fact) -> object:
    """What a rule sees of it."""
    return fact.value if isinstance(fact, Known) else fact.cause


def with_one(source: str, resource: dict[str, Any]) -> dict[str, object]:
    """The facts of a patient of whom this is all that was found."""
    sources: dict[str, Any] = {source: [resource]}
    return values(view(codes=code_book(), **sources))


@cache
def nothing() -> dict[str, object]:
    """The facts of a patient of whom everything was read and nothing found."""
    return values(view(codes=code_book()))


@pytest.mark.parametrize("row", excluded(), ids=lambda row: f"{row.concept} {row.code}")
def test_a_code_that_never_counts_changes_no_fact(row: CodeRow) -> None:
    for source, resource in told(row):
        found = with_one(source, resource)
        changed = {name for name in CATALOGUE if found[name] != nothing()[name]}
        assert changed <= COUNTS_AS.get(row.concept, set()), f"as {resource['resourceType']} in {source}"


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("local-glucocorticoid", 30),
        ("palopegteriparatide", 7),
        ("dxa-calcaneus", 3),
        ("other-fracture-history", 3),
        ("egfr-race-based", 4),
        ("gnrh-analogue-paediatric", 5),
    ],
)
def test_the_groups_that_were_collected_to_be_excluded_are_there(name: str, at_least: int) -> None:
    assert sum(row.concept == name for row in excluded()) >= at_least


def test_every_system_of_an_excluded_row_was_tried() -> None:
    assert all(list(told(row)) for row in excluded())
    assert all(sets().concepts[each].it.never for each in COUNTS_AS)


@pytest.mark.parametrize("code", sorted(sets().left_out))
def test_a_code_left_out_on_purpose_stands_for_nothing(code: str) -> None:
    assert code_book().rows_for(sets().left_out[code].it.system, code) == ()


def test_a_code_that_is_named_instead_stands_for_something() -> None:
    for placed in sets().left_out.values():
        if placed.it.instead:
            assert code_book().rows_for(placed.it.system, placed.it.instead)


def test_what_is_not_excluded_would_have_been_noticed() -> None:
    counted = CodeRow("t-score-hip", LOINC, "38267-1")
    changed = [with_one(*each) != nothing() for each in told(counted)]
    assert any(changed)
    steroid = CodeRow("prednisone-systemic", RXNORM, "8640")
    assert all(with_one(*each) != nothing() for each in told(steroid))
