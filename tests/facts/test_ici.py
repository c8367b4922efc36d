"""The course of checkpoint inhibitor treatment, from orders, administrations, statements and supplies."""

from datetime import date
from typing import Any

import pytest

import cds.facts.ici  # noqa: F401
from cds.engine.fact import Cause, Known, Range, Span, Unknown
from cds.fhir.chart import Failed, NotAsked
from tests.facts.builders import RXNORM, concept, drug, known, view, why

NIVOLUMAB, PEMBROLIZUMAB, IPILIMUMAB = "1597876", "1547545", "1094833"
ADMINISTRATION, STATEMENT, DISPENSE = "MedicationAdministration", "MedicationStatement", "MedicationDispense"
DRAFT = drug(NIVOLUMAB, status="draft", on="2026-11-24", id="new")
CERNER = {
    "resourceType": ADMINISTRATION,
    "status": "completed",
    "medicationCodeableConcept": {"coding": [{"system": "urn:cerner", "code": "2753"}], "text": "nivolumab 240 mg"},
    "effectivePeriod": {"start": "2026-09-01T10:00:00-05:00", "end": "2026-09-01T10:30:00-05:00"},
}
EPIC = {
    "resourceType": "MedicationRequest",
    "id": "e1",
    "status": "completed",
    "intent": "order",
    "authoredOn": "2026-08-01",
    "medicationReference": {"reference": "#m"},
    "contained": [{"resourceType": "Medication", "id": "m", "code": concept((RXNORM, NIVOLUMAB))}],
}


@pytest.mark.parametrize(
    ("name", "sources", "start", "months"),
    [
        (
            "an administration",
            {"medicationAdministrations": [drug(NIVOLUMAB, kind=ADMINISTRATION, on="2026-09-01")]},
            date(2026, 9, 1),
            2,
        ),
        ("Cerner: by name, over half an hour", {"medicationAdministrations": [CERNER]}, date(2026, 9, 1), 2),
        ("Epic: an order by contained Medication", {"medicationRequests": [EPIC]}, date(2026, 8, 1), 3),
        (
            "another agent of the class",
            {"medicationAdministrations": [drug(PEMBROLIZUMAB, kind=ADMINISTRATION, on="2026-09-01")]},
            date(2026, 9, 1),
            2,
        ),
        (
            "a statement",
            {"medicationStatements": [drug(NIVOLUMAB, kind=STATEMENT, on="2026-05-24")]},
            date(2026, 5, 24),
            6,
        ),
        (
            "a dispense",
            {"medicationDispenses": [drug(NIVOLUMAB, kind=DISPENSE, on="2026-10-20")]},
            date(2026, 10, 20),
            1,
        ),
        (
            "an old order that is still active",
            {"medicationRequests": [drug(NIVOLUMAB, on="2025-11-24")]},
            date(2025, 11, 24),
            12,
        ),
        (
            "a stopped order",
            {"medicationRequests": [drug(NIVOLUMAB, on="2026-10-01", status="stopped")]},
            date(2026, 10, 1),
            1,
        ),
        (
            "a chain without long gaps",
            {
                "medicationAdministrations": [
                    drug(NIVOLUMAB, kind=ADMINISTRATION, on=day) for day in ("2025-09-01", "2026-02-20", "2026-08-10")
                ]
            },
            date(2025, 9, 1),
            14,
        ),
        (
            "a gap of 180 days is none",
            {"medicationAdministrations": [drug(NIVOLUMAB, kind=ADMINISTRATION, on="2026-05-28")]},
            date(2026, 5, 28),
            5,
        ),
        (
            "what came before a long gap is another course",
            {
                "medicationAdministrations": [
                    drug(NIVOLUMAB, kind=ADMINISTRATION, on=day) for day in ("2024-01-01", "2026-08-10")
                ]
            },
            date(2026, 8, 10),
            3,
        ),
    ],
)
def test_continuation(name: str, sources: dict[str, Any], start: date, months: float) -> None:
    seen = view(draft=[DRAFT], **sources)
    assert known(seen["ici.phase"]) == "continuation"
    assert known(seen["ici.course_start"]) == start
    assert known(seen["ici.months_on_treatment"]) == months


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("nothing", {}),
        (
            "an administration that was not done",
            {"medicationAdministrations": [drug(NIVOLUMAB, kind=ADMINISTRATION, on="2026-09-01", status="not-done")]},
        ),
        ("a cancelled order", {"medicationRequests": [drug(NIVOLUMAB, on="2026-09-01", status="cancelled")]}),
        (
            "an order entered in error",
            {"medicationRequests": [drug(NIVOLUMAB, on="2026-09-01", status="entered-in-error")]},
        ),
        ("the very draft, echoed as active", {"medicationRequests": [{**DRAFT, "status": "active"}]}),
        (
            "an order of the same day under another id",
            {"medicationRequests": [drug(NIVOLUMAB, on="2026-11-24T08:00:00Z")]},
        ),
        ("an order of the future", {"medicationRequests": [drug(NIVOLUMAB, on="2026-12-24")]}),
        ("only a plan", {"medicationRequests": [drug(NIVOLUMAB, on="2026-11-01", intent="plan")]}),
        (
            "a course that ended 181 days ago",
            {"medicationAdministrations": [drug(NIVOLUMAB, kind=ADMINISTRATION, on="2026-05-27")]},
        ),
        (
            "ipilimumab alone",
            {"medicationAdministrations": [drug(text="ipilimumab", kind=ADMINISTRATION, on="2026-09-01")]},
        ),
    ],
)
def test_initiation(name: str, sources: dict[str, Any]) -> None:
    seen = view(draft=[DRAFT], **sources)
    assert known(seen["ici.phase"]) == "initiation"
    assert known(seen["ici.course_start"]) is None
    assert known(seen["ici.months_on_treatment"]) == 0


def test_an_earlier_course_is_mentioned() -> None:
    earlier = drug(NIVOLUMAB, kind=ADMINISTRATION, on="2024-05-27", id="a1")
    phase = view(draft=[DRAFT], medicationAdministrations=[earlier])["ici.phase"]
    assert isinstance(phase, Known)
    assert phase.note == "an earlier course ended too long ago to count"
    assert [each.ref for each in phase.seen_in] == ["MedicationAdministration/a1"]


@pytest.mark.parametrize("unread", [Failed("the server said 500"), NotAsked()])
def test_what_was_not_read_keeps_the_phase_open(unread: Failed | NotAsked) -> None:
    seen = view(draft=[DRAFT], medicationAdministrations=unread)
    assert why(seen["ici.phase"]).startswith(
        "earlier PD-1/PD-L1 treatment cannot be ruled out: medication administrations"
    )
    assert isinstance(seen["ici.course_start"], Unknown)
    assert isinstance(seen["ici.months_on_treatment"], Unknown)


def test_found_in_one_source_is_found_although_another_failed() -> None:
    seen = view(
        draft=[DRAFT],
        medicationRequests=[drug(NIVOLUMAB, on="2026-05-24")],
        medicationAdministrations=Failed("timeout"),
    )
    assert known(seen["ici.phase"]) == "continuation"
    start = seen["ici.course_start"]
    assert known(start) == date(2026, 5, 24)
    assert isinstance(start, Known)
    assert start.note == "at least since then: medication administrations could not be read: timeout"
    assert known(seen["ici.months_on_treatment"]) == Range(6)


def test_a_partial_start_is_a_range_of_months() -> None:
    seen = view(draft=[DRAFT], medicationRequests=[drug(NIVOLUMAB, on="2026-03")])
    assert known(seen["ici.course_start"]) == Span(date(2026, 3, 1), date(2026, 3, 31))
    assert known(seen["ici.months_on_treatment"]) == Range(7, 8)


def test_an_order_without_a_date() -> None:
    active = view(draft=[DRAFT], medicationRequests=[drug(NIVOLUMAB, on="")])
    assert known(active["ici.phase"]) == "continuation"
    assert why(active["ici.course_start"]) == "the PD-1/PD-L1 orders bear no date"
    over = view(draft=[DRAFT], medicationRequests=[drug(NIVOLUMAB, on="", status="completed")])
    assert isinstance(over["ici.phase"], Unknown)
    assert over["ici.phase"].cause is Cause.UNDATED


@pytest.mark.parametrize(
    ("name", "draft", "sources", "dual"),
    [
        ("one agent", [DRAFT], {}, False),
        ("both in the draft", [DRAFT, drug(IPILIMUMAB, status="draft", id="i")], {}, True),
        ("partner by name", [DRAFT, drug(text="Yervoy 3 mg/kg", status="draft", id="i")], {}, True),
        ("partner active", [DRAFT], {"medicationRequests": [drug(IPILIMUMAB, on="2026-01-01")]}, True),
        (
            "partner given 90 days ago",
            [DRAFT],
            {"medicationAdministrations": [drug(IPILIMUMAB, kind=ADMINISTRATION, on="2026-08-26")]},
            True,
        ),
        (
            "partner given 91 days ago",
            [DRAFT],
            {"medicationAdministrations": [drug(IPILIMUMAB, kind=ADMINISTRATION, on="2026-08-25")]},
            False,
        ),
        (
            "partner not given",
            [DRAFT],
            {"medicationAdministrations": [drug(IPILIMUMAB, kind=ADMINISTRATION, on="2026-11-01", status="not-done")]},
            False,
        ),
        (
            "partner stopped",
            [DRAFT],
            {"medicationRequests": [drug(IPILIMUMAB, on="2026-11-01", status="stopped")]},
            False,
        ),
        ("partner alone", [], {"medicationRequests": [drug(IPILIMUMAB)]}, False),
        ("both without a draft", [], {"medicationRequests": [drug(IPILIMUMAB), drug(NIVOLUMAB)]}, True),
        ("fixed combination", [drug(text="Opdualag", status="draft", id="o")], {}, True),
        ("cadonilimab", [drug(text="cadonilimab", status="draft", id="o")], {}, True),
    ],
)
def test_dual(name: str, draft: list[dict[str, Any]], sources: dict[str, Any], dual: bool) -> None:
    assert known(view(draft=draft, **sources)["ici.dual"]) is dual


def test_dual_is_open_while_a_partner_may_have_been_given() -> None:
    assert isinstance(view(draft=[DRAFT], medicationAdministrations=Failed("timeout"))["ici.dual"], Unknown)
    undated = drug(IPILIMUMAB, kind=ADMINISTRATION, on="")
    assert isinstance(view(draft=[DRAFT], medicationAdministrations=[undated])["ici.dual"], Unknown)


def test_agents_of_course_and_draft() -> None:
    past = [
        drug(PEMBROLIZUMAB, on="2026-08-01"),
        drug(IPILIMUMAB, on="2026-10-01"),
        drug(text="avelumab", on="2020-01-01", status="completed"),
    ]
    seen = view(draft=[DRAFT], medicationRequests=past)
    assert known(seen["ici.agents"]) == {"nivolumab", "pembrolizumab", "ipilimumab"}
    assert isinstance(view(medicationRequests=Failed("timeout"))["ici.agents"], Unknown)


@pytest.mark.parametrize(
    ("on", "status", "found"),
    [
        ("2025-11-24", "completed", True),
        ("2025-11-23", "completed", False),
        ("2020-01-01", "active", True),
        ("2020-01-01", "stopped", False),
    ],
)
def test_in_the_last_12_months(on: str, status: str, found: bool) -> None:
    assert known(view(medicationRequests=[drug(NIVOLUMAB, on=on, status=status)])["ici.in_last_12_months"]) is found


def test_the_draft_is_no_treatment_in_the_last_12_months() -> None:
    assert known(view(draft=[DRAFT])["ici.in_last_12_months"]) is False
    assert isinstance(view(draft=[DRAFT], medicationDispenses=NotAsked())["ici.in_last_12_months"], Unknown)
