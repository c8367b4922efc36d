"""Conditions, allergies, procedures and ordered tests, written as FHIR."""

from __future__ import annotations

from typing import Any, Final

from cds.synth.life import Done, Life, Problem
from cds.synth.pen import Pen

Plain = dict[str, Any]
_HL7: Final = "http://terminology.hl7.org/CodeSystem/"


def _said(system: str, code: str) -> Plain:
    return {"coding": [{"system": _HL7 + system, "code": code}]}


_CLINICAL: Final = {each: _said("condition-clinical", each) for each in ("active", "resolved", "inactive")}
_CERTAIN: Final = {
    True: _said("condition-ver-status", "confirmed"),
    False: _said("condition-ver-status", "provisional"),
}
_PROBLEM_LIST: Final = [_said("condition-category", "problem-list-item")]
_ALLERGY_ACTIVE: Final = _said("allergyintolerance-clinical", "active")
_ALLERGY_CERTAIN: Final = _said("allergyintolerance-verification", "confirmed")


def write_problems(pen: Pen, life: Life) -> None:
    """The cancer, and everything else on the problem list."""
    _problem(pen, Problem(life.cancer, life.course.days + life.cancer_days))
    for each in life.problems:
        _problem(pen, each)
    for name in life.allergies:
        _allergy(pen, name)
    for done in life.procedures:
        _procedure(pen, done)
    for ordered in life.orders:
        _order(pen, ordered)


def _problem(pen: Pen, problem: Problem) -> None:
    words = pen.words
    condition = pen.begin(
        "Condition",
        clinicalStatus=_CLINICAL[problem.status],
        verificationStatus=_CERTAIN[problem.certain],
        category=_PROBLEM_LIST,
        code=words.problem(problem.what, problem.also),
        subject=pen.subject,
    )
    if problem.days is not None:
        condition["onsetDateTime"] = words.time(problem.days)
        condition["recordedDate"] = words.day(problem.days)
    if words.habit.notes:
        condition["note"] = [{"text": f"Seen in clinic: {condition['code']['text'].lower()}."}]


def _allergy(pen: Pen, drug: str) -> None:
    pen.begin(
        "AllergyIntolerance",
        clinicalStatus=_ALLERGY_ACTIVE,
        verificationStatus=_ALLERGY_CERTAIN,
        category=["medication"],
        criticality="high",
        code=pen.words.drug_code(drug),
        patient=pen.subject,
        recordedDate=pen.words.day(900),
    )


def _procedure(pen: Pen, done: Done) -> None:
    procedure = pen.begin(
        "Procedure", status=done.status or "completed", code=pen.words.study(done.what), subject=pen.subject
    )
    if done.days is not None:
        procedure["performedDateTime"] = pen.words.time(done.days)


def _order(pen: Pen, ordered: Done) -> None:
    order = pen.begin(
        "ServiceRequest",
        status=ordered.status or "active",
        intent="order",
        code=pen.words.study(ordered.what),
        subject=pen.subject,
    )
    if ordered.days is not None:
        order["authoredOn"] = pen.words.time(ordered.days)
