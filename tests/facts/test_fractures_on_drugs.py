"""Fractures on a glucocorticoid, and since the course of a checkpoint inhibitor began."""

from __future__ import annotations

from typing import Any

import pytest

from cds.engine.fact import Known, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, WOMAN, condition, drug, known, view

PREDNISONE_20MG = "312615"
NIVOLUMAB = "1597876"
PROVISIONAL: dict[str, Any] = {"verificationStatus": {"coding": [{"code": "provisional"}]}}


def fracture(code: str, on: str = "", **more: Any) -> dict[str, Any]:
    """A fracture by ICD-10-CM code, with its onset."""
    return condition((ICD, code), **({"onsetDateTime": on} if on else {}), **more)


ON_THE_DAY = fracture("M80.08XA", "2026-05-10")


@pytest.mark.parametrize(
    ("use", "taken"),
    [
        ({"medicationRequests": [drug(PREDNISONE_20MG, on="2026-04-01")]}, True),
        ({"medicationRequests": [drug(PREDNISONE_20MG, on="2026-06-01")]}, False),
        ({"medicationRequests": [drug(PREDNISONE_20MG, on="2026-04-01", status="stopped")]}, None),
        ({"medicationRequests": [drug(PREDNISONE_20MG, on="2020-04-01", status="completed")]}, False),
        ({"medicationStatements": [drug(PREDNISONE_20MG, on="", kind="MedicationStatement", status="completed",
                                        effectivePeriod={"start": "2026-05-01", "end": "2026-05-31"})]}, True),
        ({"medicationStatements": [drug(PREDNISONE_20MG, on="", kind="MedicationStatement", status="completed",
                                        effectivePeriod={"start": "2026-05-01", "end": "2026-05-05"})]}, False),
        ({"medicationDispenses": [drug(PREDNISONE_20MG, on="2026-05-01", kind="MedicationDispense",
                                       daysSupply={"value": 30, "unit": "days"})]}, True),
        ({"medicationDispenses": [drug(PREDNISONE_20MG, on="2026-04-01", kind="MedicationDispense",
                                       daysSupply={"value": 10, "unit": "days"})]}, False),
        ({"medicationAdministrations": [
            drug(PREDNISONE_20MG, on="2026-05-10", kind="MedicationAdministration")]}, False),
        ({"medicationRequests": [drug(text="Prednisone 20 mg tablet", on="2026-04-01")]}, True),
        ({"medicationRequests": Failed("403")}, None),
        ({}, False),
    ],
)  # fmt: skip
def test_a_fracture_on_a_glucocorticoid(use: dict[str, Any], taken: bool | None) -> None:
    fact = view(conditions=[ON_THE_DAY], **use)["fracture.on_glucocorticoid"]
    assert isinstance(fact, Unknown) if taken is None else known(fact) is taken


def test_no_fracture_is_no_fracture_on_a_glucocorticoid_whatever_drugs_were_read() -> None:
    assert known(view(medicationRequests=Failed("403"))["fracture.on_glucocorticoid"]) is False


DAYS = ("2026-03-01", "2026-06-01", "2026-09-01", "2026-11-01")
GIVEN = [drug(NIVOLUMAB, on=day, kind="MedicationAdministration") for day in DAYS]
COURSE: dict[str, Any] = {"medicationAdministrations": GIVEN}


@pytest.mark.parametrize(
    ("fact", "told", "new"),
    [
        ("new_on_course", [fracture("M80.08XA", "2026-03-01")], True),
        ("new_on_course", [fracture("M80.08XA", "2026-02-28")], False),
        ("new_on_course", [fracture("S32.010A", recordedDate="2026-08-01")], True),
        ("new_on_course", [fracture("M80.08XA")], None),
        ("new_on_course", [fracture("M80.08XA", "2026")], None),
        ("new_on_course", [fracture("M80.08XA", "2026-08-01", **PROVISIONAL)], None),
        ("new_on_course", [fracture("M80.08XA", "2026-02-01", **PROVISIONAL)], False),
        ("new_on_course", [fracture("Z87.310", recordedDate="2026-08-01")], False),
        ("new_on_course", [fracture("M84.58XA", "2026-08-01")], False),
        ("new_on_course", Failed("403"), None),
        ("pathological_on_course", [fracture("M84.58XA", "2026-08-01")], True),
        ("pathological_on_course", [fracture("M84.48XA", "2026-08-01")], True),
        ("pathological_on_course", [fracture("M84.58XA", "2025-08-01")], False),
        ("pathological_on_course", [fracture("M80.08XA", "2026-08-01")], False),
        ("osteolytic_on_course", [], False),
    ],
)
def test_what_is_new_since_the_course_began(fact: str, told: Any, new: bool | None) -> None:
    found = view(conditions=told, **COURSE)[f"fracture.{fact}"]
    assert isinstance(found, Unknown) if new is None else known(found) is new


def test_a_young_womans_vertebral_injury_is_new_on_the_course_though_not_a_fragility_fracture() -> None:
    it = view(patient={**WOMAN, "birthDate": "1990-01-01"}, conditions=[fracture("S32.010A", "2026-08-01")], **COURSE)
    assert known(it["fracture.new_on_course"]) is True
    assert known(it["fracture.fragility_ever"]) is False


def test_nothing_is_new_without_a_course_and_open_where_the_course_is_unknown() -> None:
    told = [fracture("M80.08XA", "2026-08-01")]
    assert view(conditions=told)["fracture.new_on_course"] == Known(False, note="no course of a checkpoint inhibitor")
    unread = view(conditions=told, medicationAdministrations=Failed("403"))
    assert isinstance(unread["fracture.new_on_course"], Unknown)
