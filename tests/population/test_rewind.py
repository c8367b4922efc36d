"""An audit as of an earlier day sees what was known on that day, and nothing that came later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cds.fhir.decode import read_resource
from cds.fhir.reading import Mended
from cds.population.audit import audit
from cds.population.files import find_export
from cds.population.local import Here
from cds.population.records import Records
from cds.population.rewind import rewound
from cds.population.treatment import Status
from tests.population.made import ALL, Plain, export, line, question, resources
from tests.population.test_same_decide import order, patient_id

DAY = date(2026, 5, 1)
NAME = "continuation-without-dxa"


def kept(*told: Plain) -> list[Any]:
    """What is left of these on the day."""
    by_kind: dict[str, tuple[Any, ...]] = {}
    for each in told:
        kind = each["resourceType"]
        by_kind[kind] = (*by_kind.get(kind, ()), read_resource(line(each)))
    return [each for kind in by_kind for each in rewound(Records("p", by_kind), DAY).of(kind)]


@pytest.mark.parametrize(
    ("kind", "dated"),
    [
        ("Observation", {"effectiveDateTime": "{}T08:00:00Z"}),
        ("Observation", {"effectivePeriod": {"start": "{}"}}),
        ("Observation", {"issued": "{}T08:00:00Z"}),
        ("Condition", {"recordedDate": "{}", "onsetDateTime": "2020-01-01"}),
        ("Condition", {"onsetDateTime": "{}"}),
        ("DiagnosticReport", {"issued": "{}T08:00:00Z"}),
        ("Procedure", {"performedPeriod": {"start": "{}"}}),
        ("ServiceRequest", {"authoredOn": "{}"}),
        ("AllergyIntolerance", {"recordedDate": "{}"}),
        ("MedicationRequest", {"authoredOn": "{}"}),
        ("MedicationStatement", {"effectiveDateTime": "{}"}),
        ("MedicationAdministration", {"effectiveDateTime": "{}"}),
        ("MedicationDispense", {"whenHandedOver": "{}"}),
        ("Patient", {"birthDate": "{}"}),
    ],
)
def test_what_came_later_is_left_out(kind: str, dated: dict[str, Any]) -> None:
    def on(day: str) -> Plain:
        vague = "T08:00:00Z" if len(day) == 4 else ""
        told = {name: {"start": day} if isinstance(form, dict) else form.format(day).removesuffix(vague)
                for name, form in dated.items()}  # fmt: skip
        return {"resourceType": kind, "id": "x", **told}

    assert len(kept(on("2026-05-01"))) == 1
    assert kept(on("2026-05-02")) == []
    assert len(kept(on("2026"))) == 1, "it may have been before"
    assert len(kept({"resourceType": kind, "id": "x"})) == 1, "it bears no date"


def test_what_was_mended_and_what_could_not_be_read() -> None:
    mended: Plain = {
        "resourceType": "Observation",
        "id": "x",
        "status": None,
        "component": {},
        "issued": "2026-05-02T08:00:00Z",
    }
    assert isinstance(read_resource(line(mended)), Mended)
    assert kept(mended) == []
    assert len(kept({"resourceType": "Observation", "id": "x", "status": {"a": [1]}, "issued": 7})) == 1


def test_who_died_later_lives_and_what_ended_later_goes_on() -> None:
    died = {"resourceType": "Patient", "id": "p", "deceasedDateTime": "2026-06-01"}
    ended = {"resourceType": "Condition", "id": "c", "clinicalStatus": {"coding": [{"code": "resolved"}]}}
    patient, condition = kept(died, {**ended, "abatementDateTime": "2026-06-01"})
    assert (patient.deceased_date_time, condition.clinical_status, condition.abatement_date_time) == (None, None, None)
    patient, condition = kept({**died, "deceasedDateTime": "2026-04-01"}, {**ended, "abatementDateTime": "2026-04-01"})
    assert (patient.deceased_date_time, condition.abatement_date_time) == ("2026-04-01", "2026-04-01")
    assert condition.clinical_status is not None


def test_an_order_that_was_not_written_yet_is_none(tmp_path: Path) -> None:
    people = resources(NAME)
    folder = export(tmp_path / "export", [*people, order(patient_id(people))])
    statuses = {}
    for then in (False, True):
        asked = replace(question(), as_of=date(1990, 1, 1), as_then=then)
        (tmp_path / f"{then}").mkdir()
        found = audit(find_export(folder, ALL), asked, tmp_path / f"{then}", engine=Here())
        statuses[then] = found.tally.statuses[Status.STARTING]
    assert statuses == {False: 1, True: 0}
