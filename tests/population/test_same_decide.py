"""The audit puts the same question as the order: same chart, same draft, same cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cds.cards.compose import respond
from cds.decide import decide
from cds.fhir.chart import Draft
from cds.fhir.resources import MedicationRequest
from cds.gateway.bundle import chart_of_bundle
from cds.population.row import Row
from cds.population.store import WORK, Workbench
from cds.population.treatment import NEXT_DOSE, Status
from cds.releases.in_force import rules_for
from cds.resources import fixtures_directory
from cds.settings import Settings
from tests.population.made import AS_OF, CANONICAL, audited, export, resources

PATIENTS = fixtures_directory() / "patients"
UNREADABLE = {"source-conditions-failed", "source-medications-truncated", "deceased"}
NAMES = sorted(path.stem for path in PATIENTS.glob("*.json"))
NIVOLUMAB = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1597876"}]}
RULESET = rules_for(Settings())


def patient_id(found: list[dict[str, Any]]) -> str:
    """The id of the one Patient."""
    return str(next(each["id"] for each in found if each["resourceType"] == "Patient"))


def order(patient: str, day: str = "2026-11-24", status: str = "active", name: str = "order-now") -> dict[str, Any]:
    """An order of nivolumab."""
    return {
        "resourceType": "MedicationRequest", "id": f"{name}-{patient}", "status": status, "intent": "order",
        "medicationCodeableConcept": NIVOLUMAB, "subject": {"reference": f"Patient/{patient}"}, "authoredOn": day,
    }  # fmt: skip


def rows(folder: Path) -> dict[str, Row]:
    """The rows of the audit that was made there, by patient."""
    return {row.patient: row for result in Workbench(folder / WORK).results() for row in result.rows}


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """Every fixture patient with an order of today."""
    folder = tmp_path_factory.mktemp("audit")
    people = [[*found, order(patient_id(found))] for found in map(resources, NAMES)]
    audited(export(folder / "export", *people), folder / "out")
    return rows(folder / "out")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNREADABLE])
def test_a_patient_gets_the_cards_of_the_order(name: str, everybody: dict[str, Row]) -> None:
    found = resources(name)
    row = everybody[patient_id(found)]
    chart = chart_of_bundle(json.dumps({"resourceType": "Bundle", "entry": [{"resource": r} for r in found]}).encode())
    plain = MedicationRequest(id=f"order-now-{row.patient}", status="active", intent="order")
    draft = Draft(orders=(replace_drug(plain),), medications=chart.medications)
    decision = decide(chart, draft, RULESET, "order-sign", AS_OF)
    cards = respond(decision, f"Patient/{row.patient}", CANONICAL, lambda: "").cards
    assert row.decided is not None
    assert [(card.topic, card.indicator, card.summary) for card in row.decided.cards] == [
        (card.source.topic.code if card.source.topic else "", card.indicator, card.summary) for card in cards
    ]


def replace_drug(request: MedicationRequest) -> MedicationRequest:
    """The order, of nivolumab."""
    from msgspec.structs import replace as struct_replace

    from cds.fhir.elements import CodeableConcept, Coding

    coding = Coding(system=NIVOLUMAB["coding"][0]["system"], code=NIVOLUMAB["coding"][0]["code"])
    return struct_replace(
        request, medication_codeable_concept=CodeableConcept(coding=(coding,)), authored_on="2026-11-24"
    )


def test_who_is_on_treatment_is_told_from_the_history(tmp_path: Path) -> None:
    started, going_on, dose_only = (
        resources("high-frax"),
        resources("on-treatment-6-months"),
        resources("ctx-above-range"),
    )
    audited(
        export(tmp_path / "e", [*started, order(patient_id(started), status="draft")], going_on, dose_only),
        tmp_path / "o",
    )
    found = rows(tmp_path / "o")
    assert found[patient_id(started)].status == Status.STARTING
    assert found[patient_id(started)].course_start == ""
    assert found[patient_id(going_on)].status == Status.ON_TREATMENT
    assert found[patient_id(going_on)].hook == "order-sign"
    assert found[patient_id(going_on)].course_start != ""
    assert found[patient_id(dose_only)].status == Status.ON_TREATMENT


def test_patients_without_a_checkpoint_inhibitor_are_counted_and_have_no_row(tmp_path: Path) -> None:
    result = audited(export(tmp_path / "e", resources("high-frax"), resources("ipilimumab-alone")), tmp_path / "o")
    assert rows(tmp_path / "o") == {}
    assert result.tally.statuses["untreated"] == 2
    assert result.tally.treated == 0


def test_an_old_order_alone_is_a_course_and_not_a_start(tmp_path: Path) -> None:
    found = resources("high-frax")
    patient = patient_id(found)
    audited(export(tmp_path / "e", [*found, order(patient, "2026-03-01")]), tmp_path / "o")
    row = rows(tmp_path / "o")[patient]
    assert (row.status, row.course_start) == (Status.ON_TREATMENT, "2026-03-01")
    assert NEXT_DOSE not in row.why


def test_a_course_that_ended_is_followed_up_on_opening_the_chart(tmp_path: Path) -> None:
    found = resources("high-frax")
    patient = patient_id(found)
    over = order(patient, "2026-02-01", status="completed")
    audited(export(tmp_path / "e", [*found, over]), tmp_path / "o")
    row = rows(tmp_path / "o")[patient]
    assert (row.status, row.hook) == (Status.FOLLOWED_UP, "patient-view")
    assert row.decided is not None
    assert row.decided.gaps["untreated-high-risk"] == "not-asked"


def test_a_course_of_years_ago_is_none(tmp_path: Path) -> None:
    found = resources("high-frax")
    over = order(patient_id(found), "2022-02-01", status="completed")
    result = audited(export(tmp_path / "e", [*found, over]), tmp_path / "o")
    assert result.tally.statuses["untreated"] == 1
