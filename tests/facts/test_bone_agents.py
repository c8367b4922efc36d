"""Bone drugs: on which, at which indication's dose, since when, and what cannot be told."""

from datetime import date
from typing import Any

import pytest

import cds.facts.bone_agents  # noqa: F401
from cds.engine.fact import Cause, Known, Span, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, RXNORM, concept, condition, drug, known, view, why

ALENDRONATE, PROLIA, XGEVA, DENOSUMAB = "904431", "993456", "1046402", "993449"
RECLAST, ZOMETA, ZOLEDRONIC = "705875", "351114", "77655"
ADMINISTRATION, STATEMENT, DISPENSE = "MedicationAdministration", "MedicationStatement", "MedicationDispense"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
FACTS = (
    "on_osteoporosis_agent",
    "on_oncology_agent",
    "bisphosphonate_active",
    "zoledronic_oncology_active",
    "denosumab_120_active",
)
OSTEOPOROSIS, ONCOLOGY, BISPHOSPHONATE, ZOLEDRONIC_4, DENOSUMAB_120 = FACTS


def given(code: str, on: str, mg: float | None = None, **more: Any) -> dict[str, Any]:
    """One administration, with a dose if stated."""
    dosage: dict[str, Any] = {} if mg is None else {"dosage": {"dose": {"value": mg, "unit": "mg"}}}
    return drug(code, kind=ADMINISTRATION, on=on, **dosage, **more)


def holds(seen: Any) -> set[str]:
    """Which of the five are true; none may be unknown."""
    return {name for name in FACTS if known(seen[f"drug.{name}"])}


EPIC = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "authoredOn": "2026-03-01",
    "medicationReference": {"reference": "#m", "display": "alendronate (FOSAMAX) 70 mg tablet"},
    "contained": [{"resourceType": "Medication", "id": "m", "code": concept((RXNORM, ALENDRONATE))}],
    "dosageInstruction": [{"text": "Take 1 tablet (70 mg total) by mouth every 7 days."}],
}
CERNER = {
    "resourceType": STATEMENT,
    "status": "active",
    "effectivePeriod": {"start": "2025-01-01"},
    "medicationCodeableConcept": {
        "coding": [{"system": "urn:cerner", "code": "7"}],
        "text": "Prolia 60 mg/mL subcutaneous",
    },
}
J0897 = concept((HCPCS, "J0897"), text="denosumab inj")


@pytest.mark.parametrize(
    ("name", "sources", "true"),
    [
        ("nothing", {}, set()),
        (
            "Epic: alendronate ordered long ago, still active",
            {"medicationRequests": [EPIC]},
            {OSTEOPOROSIS, BISPHOSPHONATE},
        ),
        ("Cerner: Prolia stated by name", {"medicationStatements": [CERNER]}, {OSTEOPOROSIS}),
        (
            "alendronate supplied 90 days ago",
            {"medicationDispenses": [drug(ALENDRONATE, kind=DISPENSE, on="2026-08-26")]},
            {OSTEOPOROSIS, BISPHOSPHONATE},
        ),
        (
            "alendronate supplied 91 days ago",
            {"medicationDispenses": [drug(ALENDRONATE, kind=DISPENSE, on="2026-08-25")]},
            set(),
        ),
        (
            "a supply for half a year still lasts",
            {
                "medicationDispenses": [
                    drug(ALENDRONATE, kind=DISPENSE, on="2026-07-01", daysSupply={"value": 168, "unit": "d"})
                ]
            },
            {OSTEOPOROSIS, BISPHOSPHONATE},
        ),
        ("alendronate stopped", {"medicationRequests": [drug(ALENDRONATE, on="2026-11-01", status="stopped")]}, set()),
        (
            "Reclast 365 days ago",
            {"medicationAdministrations": [given(RECLAST, "2025-11-24")]},
            {OSTEOPOROSIS, BISPHOSPHONATE},
        ),
        ("Reclast 366 days ago", {"medicationAdministrations": [given(RECLAST, "2025-11-23")]}, set()),
        (
            "Zometa 122 days ago",
            {"medicationAdministrations": [given(ZOMETA, "2026-07-25")]},
            {ONCOLOGY, BISPHOSPHONATE, ZOLEDRONIC_4},
        ),
        ("Zometa 123 days ago", {"medicationAdministrations": [given(ZOMETA, "2026-07-24")]}, set()),
        ("Prolia 213 days ago", {"medicationAdministrations": [given(PROLIA, "2026-04-25")]}, {OSTEOPOROSIS}),
        ("Prolia 214 days ago", {"medicationAdministrations": [given(PROLIA, "2026-04-24")]}, set()),
        ("Xgeva 61 days ago", {"medicationAdministrations": [given(XGEVA, "2026-09-24")]}, {ONCOLOGY, DENOSUMAB_120}),
        ("Xgeva 62 days ago", {"medicationAdministrations": [given(XGEVA, "2026-09-23")]}, set()),
        (
            "denosumab by its ingredient, 60 mg",
            {"medicationAdministrations": [given(DENOSUMAB, "2026-10-01", 60)]},
            {OSTEOPOROSIS},
        ),
        (
            "denosumab by its ingredient, 120 mg",
            {"medicationAdministrations": [given(DENOSUMAB, "2026-10-01", 120)]},
            {ONCOLOGY, DENOSUMAB_120},
        ),
        (
            "J0897 and a dose",
            {"medicationAdministrations": [{**given("", "2026-10-01", 60), "medicationCodeableConcept": J0897}]},
            {OSTEOPOROSIS},
        ),
        (
            "an ingredient code with a telling name",
            {
                "medicationRequests": [
                    {
                        **drug(DENOSUMAB),
                        "medicationCodeableConcept": {
                            **concept((RXNORM, DENOSUMAB)),
                            "text": "denosumab (XGEVA) 120 mg/1.7 mL",
                        },
                    }
                ]
            },
            {ONCOLOGY, DENOSUMAB_120},
        ),
        (
            "denosumab with its dose in words",
            {
                "medicationRequests": [
                    drug(DENOSUMAB, dosageInstruction=[{"text": "Inject 60 mg subcutaneously every 6 months"}])
                ]
            },
            {OSTEOPOROSIS},
        ),
        (
            "zoledronic acid by its ingredient, 5 mg",
            {"medicationAdministrations": [given(ZOLEDRONIC, "2026-02-01", 5)]},
            {OSTEOPOROSIS, BISPHOSPHONATE},
        ),
        (
            "zoledronic acid reduced for the kidney, 3.3 mg",
            {"medicationAdministrations": [given(ZOLEDRONIC, "2026-10-01", 3.3)]},
            {ONCOLOGY, BISPHOSPHONATE, ZOLEDRONIC_4},
        ),
        ("pamidronate", {"medicationAdministrations": [given("1737449", "2026-10-01")]}, {ONCOLOGY, BISPHOSPHONATE}),
        ("teriparatide by name", {"medicationRequests": [drug(text="teriparatide 20 mcg daily")]}, {OSTEOPOROSIS}),
        ("not given", {"medicationAdministrations": [given(PROLIA, "2026-10-01", status="not-done")]}, set()),
        ("a drug for hypoparathyroidism", {"medicationRequests": [drug("2693637")]}, set()),
    ],
)
def test_on_an_agent(name: str, sources: dict[str, Any], true: set[str]) -> None:
    assert holds(view(**sources)) == true


def test_the_draft_is_not_something_that_the_patient_is_on() -> None:
    draft = drug(PROLIA, status="draft", id="d1", on="2026-11-24")
    seen = view(draft=[draft], medicationRequests=[{**draft, "status": "active"}])
    assert holds(seen) == set()
    assert known(seen["drug.antiresorptive_drafted"]) is True
    assert known(view()["drug.antiresorptive_drafted"]) is False


@pytest.mark.parametrize(
    ("name", "use", "unknown"),
    [
        ("denosumab without a dose", given(DENOSUMAB, "2026-10-01"), {OSTEOPOROSIS, ONCOLOGY, DENOSUMAB_120}),
        ("denosumab 90 mg", given(DENOSUMAB, "2026-10-01", 90), {OSTEOPOROSIS, ONCOLOGY, DENOSUMAB_120}),
        ("denosumab without a dose, too long ago for 120 mg", given(DENOSUMAB, "2026-06-01"), {OSTEOPOROSIS}),
        ("zoledronic acid without a dose", given(ZOLEDRONIC, "2026-10-01"), {OSTEOPOROSIS, ONCOLOGY, ZOLEDRONIC_4}),
        ("the same, too long ago for 4 mg", given(ZOLEDRONIC, "2026-02-01"), {OSTEOPOROSIS, BISPHOSPHONATE}),
    ],
)
def test_an_untold_dose_leaves_the_indication_open(name: str, use: dict[str, Any], unknown: set[str]) -> None:
    seen = view(medicationAdministrations=[{**use, "id": "a1"}])
    for fact in FACTS:
        found = seen[f"drug.{fact}"]
        assert isinstance(found, Unknown) is (fact in unknown), fact
        if isinstance(found, Unknown):
            assert found.cause is Cause.AMBIGUOUS
            assert why(found) == "neither code nor dose tells which product it is: MedicationAdministration/a1"
    if "zoledronic" in name and BISPHOSPHONATE not in unknown:
        assert known(seen["drug.bisphosphonate_active"]) is True
    assert known(seen["drug.prior_antiresorptive"]) is True


def test_unread_and_undated() -> None:
    failed = view(medicationDispenses=Failed("timeout"))
    assert all(why(failed[f"drug.{name}"]) == "medication dispenses could not be read: timeout" for name in FACTS)
    undated = view(medicationAdministrations=[given(PROLIA, "", id="a1")])["drug.on_osteoporosis_agent"]
    assert isinstance(undated, Unknown)
    assert undated.cause is Cause.UNDATED
    found = view(medicationRequests=[EPIC], medicationDispenses=Failed("timeout"))
    assert known(found["drug.on_osteoporosis_agent"]) is True


@pytest.mark.parametrize(
    ("name", "sources", "last"),
    [
        ("never", {}, None),
        (
            "given twice",
            {"medicationAdministrations": [given(PROLIA, "2025-06-01"), given(PROLIA, "2025-12-01")]},
            date(2025, 12, 1),
        ),
        (
            "by month",
            {"medicationStatements": [drug(PROLIA, kind=STATEMENT, on="2026-03", status="completed")]},
            Span(date(2026, 3, 1), date(2026, 3, 31)),
        ),
        (
            "by its ingredient and dose",
            {"medicationAdministrations": [given(DENOSUMAB, "2025-12-01", 60)]},
            date(2025, 12, 1),
        ),
        ("120 mg is another drug", {"medicationAdministrations": [given(XGEVA, "2026-10-01")]}, None),
        (
            "an untold one before it does not matter",
            {"medicationAdministrations": [given(DENOSUMAB, "2025-01-01"), given(PROLIA, "2025-12-01")]},
            date(2025, 12, 1),
        ),
        (
            "found although a source failed",
            {"medicationAdministrations": [given(PROLIA, "2025-12-01")], "medicationStatements": Failed("timeout")},
            date(2025, 12, 1),
        ),
        (
            "ordered again, and no record that it was given",
            {
                "medicationAdministrations": [given(PROLIA, "2026-01-20")],
                "medicationRequests": [drug(PROLIA, on="2026-09-20")],
            },
            date(2026, 1, 20),
        ),
        (
            "supplied after it was given",
            {
                "medicationAdministrations": [given(PROLIA, "2026-01-20")],
                "medicationDispenses": [drug(PROLIA, kind=DISPENSE, on="2026-07-20")],
            },
            date(2026, 7, 20),
        ),
        (
            "stated as taken later",
            {
                "medicationAdministrations": [given(PROLIA, "2026-01-20")],
                "medicationStatements": [drug(PROLIA, kind=STATEMENT, on="2026-07-20")],
            },
            Span(date(2026, 1, 20), date(2026, 7, 20)),
        ),
        (
            "intended later",
            {
                "medicationAdministrations": [given(PROLIA, "2026-01-20")],
                "medicationStatements": [drug(PROLIA, kind=STATEMENT, on="2026-07-20", status="intended")],
            },
            date(2026, 1, 20),
        ),
        ("orders alone", {"medicationRequests": [drug(PROLIA, on="2026-09-20")]}, date(2026, 9, 20)),
        (
            "orders alone, the newer one stopped",
            {"medicationRequests": [drug(PROLIA, on="2026-01-20"), drug(PROLIA, on="2026-09-20", status="stopped")]},
            date(2026, 1, 20),
        ),
    ],
)
def test_last_denosumab_60(name: str, sources: dict[str, Any], last: date | Span | None) -> None:
    assert known(view(**sources)["drug.denosumab_60_last"]) == last


@pytest.mark.parametrize(
    ("name", "sources", "cause"),
    [
        (
            "an untold one after it",
            {"medicationAdministrations": [given(DENOSUMAB, "2026-06-01"), given(PROLIA, "2025-12-01")]},
            Cause.AMBIGUOUS,
        ),
        ("only an untold one", {"medicationAdministrations": [given(DENOSUMAB, "2026-06-01")]}, Cause.AMBIGUOUS),
        ("no date", {"medicationAdministrations": [given(PROLIA, "")]}, Cause.UNDATED),
        (
            "given without a date, and ordered",
            {
                "medicationAdministrations": [given(PROLIA, "")],
                "medicationRequests": [drug(PROLIA, on="2026-09-20")],
            },
            Cause.UNDATED,
        ),
        (
            "ordered, and what was given before may have been another",
            {
                "medicationAdministrations": [given(DENOSUMAB, "2026-01-20")],
                "medicationRequests": [drug(PROLIA, on="2026-09-20")],
            },
            Cause.AMBIGUOUS,
        ),
        ("not read", {"medicationAdministrations": Failed("timeout")}, Cause.NOT_READABLE),
    ],
)
def test_last_denosumab_60_unknown(name: str, sources: dict[str, Any], cause: Cause) -> None:
    seen = view(**sources)
    found = seen["drug.denosumab_60_last"]
    assert isinstance(found, Unknown)
    assert found.cause is cause
    assert seen["drug.follow_on_after_denosumab"] == found


@pytest.mark.parametrize(
    ("name", "sources", "note"),
    [
        ("an order alone", {}, "last order: whether it was given is not recorded"),
        (
            "an order after a dose",
            {"medicationAdministrations": [given(PROLIA, "2026-01-20")]},
            "ordered again on 2026-09-20: whether it was given then is not recorded",
        ),
        (
            "a statement after a dose",
            {
                "medicationAdministrations": [given(PROLIA, "2026-01-20")],
                "medicationStatements": [drug(PROLIA, kind=STATEMENT, on="2026-07-20")],
            },
            "stated again on 2026-07-20: whether it was given then is not recorded",
        ),
        ("an order before a dose", {"medicationAdministrations": [given(PROLIA, "2026-10-01")]}, ""),
    ],
)
def test_what_is_no_dose_is_said(name: str, sources: dict[str, Any], note: str) -> None:
    found = view(medicationRequests=[drug(PROLIA, on="2026-09-20", id="m1")], **sources)["drug.denosumab_60_last"]
    assert isinstance(found, Known)
    assert found.note == note
    assert ("MedicationRequest/m1" in {seen.ref for seen in found.seen_in}) is ("order" in note)


LAST = given(PROLIA, "2025-12-01")
AFTER = {"start": "2026-03-01", "end": "2026-10-01"}
TAKEN: dict[str, Any] = {"kind": STATEMENT, "on": "", "effectivePeriod": AFTER}


@pytest.mark.parametrize(
    ("name", "sources", "followed"),
    [
        ("never on it", {"medicationAdministrations": []}, None),
        ("nothing after it", {"medicationAdministrations": [LAST]}, False),
        ("a bisphosphonate after it", {"medicationAdministrations": [LAST, given(RECLAST, "2026-07-01")]}, True),
        ("a bisphosphonate before it", {"medicationAdministrations": [LAST, given(RECLAST, "2025-07-01")]}, False),
        ("alendronate going on", {"medicationAdministrations": [LAST], "medicationRequests": [EPIC]}, True),
        (
            "the next dose in the draft",
            {"medicationAdministrations": [LAST], "draft": [drug(PROLIA, status="draft")]},
            True,
        ),
        (
            "alendronate stopped, how long it was taken is not said",
            {
                "medicationAdministrations": [LAST],
                "medicationRequests": [drug(ALENDRONATE, on="2026-03-20", status="stopped")],
            },
            False,
        ),
        (
            "alendronate on hold",
            {
                "medicationAdministrations": [LAST],
                "medicationRequests": [drug(ALENDRONATE, on="2026-03-20", status="on-hold")],
            },
            False,
        ),
        (
            "alendronate stopped after months",
            {
                "medicationAdministrations": [LAST],
                "medicationStatements": [drug(ALENDRONATE, status="stopped", **TAKEN)],
            },
            True,
        ),
        (
            "alendronate stopped before its planned end",
            {
                "medicationAdministrations": [LAST],
                "medicationStatements": [
                    drug(ALENDRONATE, status="stopped", **{**TAKEN, "effectivePeriod": {**AFTER, "end": "2027-03-01"}})
                ],
            },
            False,
        ),
        (
            "alendronate finished",
            {
                "medicationAdministrations": [LAST],
                "medicationRequests": [drug(ALENDRONATE, on="2026-03-20", status="completed")],
            },
            True,
        ),
        (
            "the next dose ordered, but not given",
            {"medicationAdministrations": [LAST], "medicationRequests": [drug(PROLIA, on="2026-09-20")]},
            False,
        ),
        (
            "teriparatide is no antiresorptive",
            {"medicationAdministrations": [LAST], "medicationRequests": [drug(text="teriparatide")]},
            False,
        ),
    ],
)
def test_follow_on_after_denosumab(name: str, sources: dict[str, Any], followed: bool | None) -> None:
    assert known(view(**sources)["drug.follow_on_after_denosumab"]) is followed


def test_follow_on_is_open_while_a_source_is_unread() -> None:
    seen = view(medicationAdministrations=[LAST], medicationDispenses=Failed("timeout"))
    assert isinstance(seen["drug.follow_on_after_denosumab"], Unknown)


@pytest.mark.parametrize(
    ("name", "sources", "cause"),
    [
        (
            "a bisphosphonate without a date",
            {"medicationStatements": [drug(ALENDRONATE, kind=STATEMENT, on="", status="completed")]},
            Cause.UNDATED,
        ),
        (
            "a denosumab of untold dose that goes on",
            {"medicationRequests": [drug(DENOSUMAB, on="2025-11-01")]},
            Cause.AMBIGUOUS,
        ),
    ],
)
def test_follow_on_is_open(name: str, sources: dict[str, Any], cause: Cause) -> None:
    seen = view(medicationAdministrations=[LAST], **sources)
    assert known(seen["drug.denosumab_60_last"]) == date(2025, 12, 1)
    found = seen["drug.follow_on_after_denosumab"]
    assert isinstance(found, Unknown)
    assert found.cause is cause


LONG_TERM = condition((ICD, "Z79.83"), id="c1")
ENCOUNTER: dict[str, Any] = {"category": [{"coding": [{"code": "encounter-diagnosis"}]}]}
MAY_BE_BISPHOSPHONATE = {OSTEOPOROSIS, ONCOLOGY, BISPHOSPHONATE, ZOLEDRONIC_4}


@pytest.mark.parametrize(
    ("name", "coded", "sources", "unknown"),
    [
        ("no record of a drug", LONG_TERM, {}, MAY_BE_BISPHOSPHONATE),
        (
            "a record that is over",
            LONG_TERM,
            {"medicationRequests": [drug(ALENDRONATE, on="2024-01-01", status="completed")]},
            MAY_BE_BISPHOSPHONATE,
        ),
        ("alendronate going on is what was meant", LONG_TERM, {"medicationRequests": [EPIC]}, set()),
        ("so is Zometa", LONG_TERM, {"medicationAdministrations": [given(ZOMETA, "2026-10-01")]}, set()),
        (
            "denosumab does not tell which",
            LONG_TERM,
            {"medicationAdministrations": [given(PROLIA, "2026-10-01")]},
            MAY_BE_BISPHOSPHONATE - {OSTEOPOROSIS},
        ),
        ("resolved", condition((ICD, "Z79.83"), status="resolved"), {}, set()),
        (
            "coded at a visit a year ago",
            condition((ICD, "Z79.83"), recordedDate="2025-11-24", **ENCOUNTER),
            {},
            MAY_BE_BISPHOSPHONATE,
        ),
        (
            "at a visit longer ago than any dose works",
            condition((ICD, "Z79.83"), recordedDate="2025-11-23", **ENCOUNTER),
            {},
            set(),
        ),
        ("an aromatase inhibitor", condition((ICD, "Z79.811")), {}, set()),
    ],
)
def test_a_coded_long_term_bisphosphonate_is_not_nothing(
    name: str, coded: dict[str, Any], sources: dict[str, Any], unknown: set[str]
) -> None:
    seen = view(conditions=[coded], **sources)
    found = {fact: seen[f"drug.{fact}"] for fact in FACTS}
    assert {fact for fact, told in found.items() if isinstance(told, Unknown)} == unknown


def test_why_a_coded_long_term_bisphosphonate_is_unknown() -> None:
    found = view(conditions=[LONG_TERM])["drug.bisphosphonate_active"]
    assert why(found) == (
        "the problem list says long-term use of a bisphosphonate, but no drug record tells which, or that it goes on"
    )
    assert isinstance(found, Unknown)
    assert (found.cause, [seen.ref for seen in found.seen_in]) == (Cause.NOT_STATED, ["Condition/c1"])


def test_prior_antiresorptive() -> None:
    assert known(
        view(medicationRequests=[drug(ALENDRONATE, on="2015-01-01", status="completed")])["drug.prior_antiresorptive"]
    )
    assert known(view(conditions=[condition((ICD, "Z79.83"))])["drug.prior_antiresorptive"]) is True
    assert known(view()["drug.prior_antiresorptive"]) is False
    assert isinstance(view(conditions=Failed("timeout"))["drug.prior_antiresorptive"], Unknown)


def test_recognised_by_name_only_is_said() -> None:
    found = view(medicationStatements=[CERNER])["drug.on_osteoporosis_agent"]
    assert isinstance(found, Known)
    assert found.note == "recognised by name only"
