"""Glucocorticoid exposure from orders, statements, supplies and administrations of different EHRs."""

from typing import Any

import pytest

import cds.facts.glucocorticoids  # noqa: F401
from cds.engine.fact import Cause, Fact, Known, Range, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import RXNORM, drug, known, view, why

TABLET_20, TABLET_5, PREDNISONE, DEXAMETHASONE, HYDROCORTISONE = "312615", "312617", "8640", "3264", "5492"
MEDROL_4, DEXA_4, SOLU_MEDROL_125, KENALOG, BUDESONIDE = "259966", "197582", "1743704", "1085754", "1244214"
ADMINISTRATION, STATEMENT, DISPENSE = "MedicationAdministration", "MedicationStatement", "MedicationDispense"
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
ORAL = {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}
TAPER = "Take 2 tablets (40 mg total) by mouth daily for 7 days, THEN 1 tablet (20 mg total) daily for 7 days"
FACTS = ("daily_mg", "days_very_high", "days_low", "cumulative_g")
YEAR = 366


def sig(mg: float, **more: Any) -> list[dict[str, Any]]:
    """So many milligrams once a day."""
    return [{"timing": DAILY, "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}], **more}]


def words(text: str) -> list[dict[str, Any]]:
    """An instruction in words alone."""
    return [{"text": text}]


def days(n: float) -> dict[str, Any]:
    """A duration."""
    return {"value": n, "unit": "days", "code": "d"}


def given(mg: float, on: str, code: str = SOLU_MEDROL_125, **more: Any) -> dict[str, Any]:
    """One administration."""
    return drug(code, kind=ADMINISTRATION, on=on, dosage={"dose": {"value": mg, "unit": "mg"}}, **more)


def read(**sources: Any) -> list[Any]:
    """The four facts: today, very high days, days, grams."""
    seen = view(**sources)
    return [known(seen[f"glucocorticoid.{name}"]) for name in FACTS]


EPIC = {
    "resourceType": "MedicationRequest",
    "id": "e1",
    "status": "active",
    "intent": "order",
    "authoredOn": "2026-11-15",
    "medicationReference": {"reference": "#m", "display": "predniSONE (DELTASONE) 20 MG tablet"},
    "contained": [
        {
            "resourceType": "Medication",
            "id": "m",
            "code": {
                "coding": [
                    {"system": RXNORM, "code": TABLET_20},
                    {"system": "http://hl7.org/fhir/sid/ndc", "code": "00054-0018-20"},
                ],
                "text": "predniSONE 20 mg tablet",
            },
        }
    ],
    "dosageInstruction": [
        {
            "text": "Take 2 tablets (40 mg total) by mouth daily with breakfast.",
            "route": ORAL,
            "timing": {"code": {"text": "Daily"}, "repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [
                {"type": {"text": "calculated"}, "doseQuantity": {"value": 40, "unit": "mg", "code": "mg"}},
                {"type": {"text": "admin-amount"}, "doseQuantity": {"value": 2, "unit": "tablet", "code": "{tbl}"}},
            ],
        }
    ],
}
CERNER = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "authoredOn": "2026-11-15T09:00:00-06:00",
    "medicationCodeableConcept": {
        "coding": [{"system": "urn:cerner", "code": "91"}],
        "text": "predniSONE 20 mg oral tablet",
    },
    "dosageInstruction": [
        {
            "text": "40 mg = 2 tab, PO, Daily",
            "doseAndRate": [{"doseQuantity": {"value": 40, "unit": "mg"}}],
            "timing": {"code": {"coding": [{"code": "1234"}], "text": "Daily"}},
        }
    ],
}


@pytest.mark.parametrize(
    ("name", "sources", "facts"),
    [
        ("nothing", {}, [0, 0, 0, 0]),
        ("Epic: 40 mg for ten days up to today", {"medicationRequests": [EPIC]}, [40, 10, 10, 0.4]),
        ("Cerner: by name, local code, frequency in words", {"medicationRequests": [CERNER]}, [40, 10, 10, 0.4]),
        (
            "Synthea: structured",
            {"medicationRequests": [drug(TABLET_5, on="2026-11-15", dosageInstruction=sig(5))]},
            [5, 0, 10, 0.05],
        ),
        (
            "text only; the code book knows the strength of the code",
            {
                "medicationRequests": [
                    drug(TABLET_5, on="2026-11-15", dosageInstruction=words("Take 2 tablets by mouth daily"))
                ]
            },
            [10, 0, 10, 0.1],
        ),
        (
            "bare prednisone, which has no local form",
            {"medicationRequests": [drug(PREDNISONE, on="2026-11-15", dosageInstruction=words("5 mg daily"))]},
            [5, 0, 10, 0.05],
        ),
        (
            "a statement over a period",
            {
                "medicationStatements": [
                    drug(
                        TABLET_5,
                        kind=STATEMENT,
                        on="",
                        status="completed",
                        dosage=sig(10),
                        effectivePeriod={"start": "2026-01-01", "end": "2026-01-31"},
                    )
                ]
            },
            [0, 0, 31, 0.31],
        ),
        (
            "a finished order with a supply duration",
            {
                "medicationRequests": [
                    drug(
                        TABLET_20,
                        on="2026-06-01",
                        status="completed",
                        dosageInstruction=sig(40),
                        dispenseRequest={"expectedSupplyDuration": days(14)},
                    )
                ]
            },
            [0, 14, 14, 0.56],
        ),
        (
            "a dispense with days of supply",
            {
                "medicationDispenses": [
                    drug(TABLET_20, kind=DISPENSE, on="2026-06-01", daysSupply=days(10), dosageInstruction=sig(20))
                ]
            },
            [0, 0, 10, 0.2],
        ),
        (
            "a dispense without a dose: what was supplied, spread out",
            {
                "medicationDispenses": [
                    drug(
                        TABLET_20,
                        kind=DISPENSE,
                        on="2026-06-01",
                        daysSupply=days(10),
                        quantity={"value": 20, "unit": "tablet"},
                    )
                ]
            },
            [0, 10, 10, 0.4],
        ),
        (
            "administrations add up within a day",
            {
                "medicationAdministrations": [
                    given(125, "2026-11-20T08:00:00Z"),
                    given(125, "2026-11-20T20:00:00Z"),
                    given(62.5, "2026-11-21"),
                ]
            },
            [0, 2, 2, 312.5 * 1.25 / 1000],
        ),
        ("an administration of today", {"medicationAdministrations": [given(40, "2026-11-24")]}, [50, 1, 1, 0.05]),
        (
            "one that was not given",
            {"medicationAdministrations": [given(40, "2026-11-24", status="not-done")]},
            [0, 0, 0, 0],
        ),
        (
            "order and administrations of one drug are not added",
            {
                "medicationRequests": [drug(SOLU_MEDROL_125, on="2026-11-24", dosageInstruction=sig(40))],
                "medicationAdministrations": [given(40, "2026-11-24")],
            },
            [50, 1, 1, 0.05],
        ),
        (
            "order and statement of one drug are not added",
            {
                "medicationRequests": [drug(TABLET_5, on="2026-11-15", dosageInstruction=sig(10))],
                "medicationStatements": [drug(PREDNISONE, kind=STATEMENT, on="2026-11-15", dosage=sig(10))],
            },
            [10, 0, 10, 0.1],
        ),
        (
            "a statement without a dose gives way to an order with one",
            {
                "medicationRequests": [drug(TABLET_5, on="2026-11-15", dosageInstruction=sig(10))],
                "medicationStatements": [drug(PREDNISONE, kind=STATEMENT, on="2026-11-15")],
            },
            [10, 0, 10, 0.1],
        ),
        (
            "two strengths ordered together make one dose",
            {
                "medicationRequests": [
                    drug(TABLET_20, on="2026-11-15", dosageInstruction=sig(20)),
                    drug(TABLET_5, on="2026-11-15", dosageInstruction=sig(5)),
                ]
            },
            [25, 0, 10, 0.25],
        ),
        (
            "the same order twice counts once",
            {
                "medicationRequests": [
                    drug(TABLET_20, on="2026-11-15", dosageInstruction=sig(20)),
                    drug(TABLET_20, on="2026-11-15", dosageInstruction=sig(20)),
                ]
            },
            [20, 0, 10, 0.2],
        ),
        (
            "a renewal takes the place of the order before",
            {
                "medicationRequests": [
                    drug(TABLET_20, on="2026-11-05", dosageInstruction=sig(20)),
                    drug(TABLET_20, on="2026-11-15", dosageInstruction=sig(20)),
                ]
            },
            [20, 0, 20, 0.4],
        ),
        (
            "two drugs are added",
            {
                "medicationRequests": [
                    drug(TABLET_20, on="2026-11-15", dosageInstruction=sig(20)),
                    drug(HYDROCORTISONE, on="2026-11-15", dosageInstruction=sig(40, route=ORAL)),
                ]
            },
            [30, 10, 10, 0.3],
        ),
        (
            "a taper in words",
            {
                "medicationRequests": [
                    drug(
                        TABLET_20,
                        on="2026-10-01",
                        status="completed",
                        dosageInstruction=words(TAPER),
                    )
                ]
            },
            [0, 7, 14, 0.42],
        ),
        (
            "30 mg for 31 days",
            {"medicationRequests": [drug(TABLET_20, on="2026-10-25", dosageInstruction=sig(30))]},
            [30, 31, 31, 0.93],
        ),
        (
            "below what counts",
            {"medicationRequests": [drug(TABLET_5, on="2026-11-15", dosageInstruction=sig(2))]},
            [2, 0, 0, 0.02],
        ),
        (
            "older than the window",
            {
                "medicationStatements": [
                    drug(
                        TABLET_5,
                        kind=STATEMENT,
                        on="",
                        status="completed",
                        dosage=sig(10),
                        effectivePeriod={"start": "2024-01-01", "end": "2025-11-23"},
                    )
                ]
            },
            [0, 0, 0, 0],
        ),
        (
            "long before the window and on",
            {"medicationRequests": [drug(TABLET_5, on="2020-01-01", dosageInstruction=sig(5))]},
            [5, 0, YEAR, 5 * YEAR / 1000],
        ),
        (
            "yet to begin",
            {"medicationRequests": [drug(TABLET_5, on="2026-12-01", dosageInstruction=sig(5))]},
            [0, 0, 0, 0],
        ),
    ],
)
def test_exposure(name: str, sources: dict[str, Any], facts: list[float]) -> None:
    assert read(**sources) == pytest.approx(facts)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("prednisone", 1),
        ("prednisolone", 1),
        ("methylprednisolone", 1.25),
        ("dexamethasone", 6.67),
        ("betamethasone", 8.33),
        ("hydrocortisone", 0.25),
        ("cortisone", 0.2),
        ("triamcinolone", 1.25),
        ("deflazacort", 0.83),
    ],
)
def test_prednisone_equivalents(name: str, factor: float) -> None:
    order = drug(text=name, on="2026-11-24", dosageInstruction=sig(10, route=ORAL))
    assert known(view(medicationRequests=[order])["glucocorticoid.daily_mg"]) == pytest.approx(10 * factor)


TOPICAL = {"coding": [{"system": "http://snomed.info/sct", "code": "6064005"}]}


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("a cream by name", drug(text="hydrocortisone 2.5 % cream", dosageInstruction=words("apply twice daily"))),
        ("an ingredient with a topical route", drug(HYDROCORTISONE, dosageInstruction=sig(10, route=TOPICAL))),
        ("eye drops", drug(text="prednisolone acetate 1 % ophthalmic suspension")),
        ("a joint injection", drug(KENALOG, dosageInstruction=sig(40))),
        ("Depo-Medrol into the joint", drug("1358610", dosageInstruction=sig(80, route={"text": "intra-articular"}))),
        ("gut-targeted budesonide", drug(BUDESONIDE, dosageInstruction=sig(9, route=ORAL))),
        ("an inhaled one", drug(text="dexamethasone", dosageInstruction=words("inhale 2 puffs"))),
        ("no glucocorticoid", drug("6809", dosageInstruction=sig(500))),
    ],
)
def test_local_forms_never_count(name: str, order: dict[str, Any]) -> None:
    assert read(medicationRequests=[order]) == [0, 0, 0, 0]


def cause(fact: Fact) -> Cause:
    """Why it is unknown."""
    assert isinstance(fact, Unknown), fact
    return fact.cause


@pytest.mark.parametrize(
    ("name", "order", "because", "words_"),
    [
        ("no dosage", drug(TABLET_20, on="2025-01-01"), Cause.NOT_STATED, "no dose is stated"),
        (
            "as directed",
            drug(TABLET_20, on="2025-01-01", dosageInstruction=words("as directed")),
            Cause.NOT_STATED,
            "no dose is stated",
        ),
        (
            "tablets of unknown strength",
            drug(text="prednisone", on="2025-01-01", dosageInstruction=words("2 tablets daily")),
            Cause.NOT_STATED,
            "the dose is stated in units of the product and its strength is not known",
        ),
        (
            "cream or tablet",
            drug(DEXAMETHASONE, on="2025-01-01", dosageInstruction=sig(4)),
            Cause.AMBIGUOUS,
            "neither route nor form tells whether it is systemic",
        ),
        (
            "no equivalent",
            drug("2669804", on="2025-01-01", dosageInstruction=sig(40)),
            Cause.NOT_STATED,
            "its prednisone equivalent is not known",
        ),
    ],
)
def test_a_dose_that_is_not_stated_is_unknown_not_zero(
    name: str, order: dict[str, Any], because: Cause, words_: str
) -> None:
    seen = view(medicationRequests=[{**order, "id": "m1"}])
    for fact in FACTS:
        assert cause(seen[f"glucocorticoid.{fact}"]) is because
        assert "(MedicationRequest/m1): " + words_ in why(seen[f"glucocorticoid.{fact}"])


def test_a_short_course_without_a_dose_is_short_whatever_the_dose() -> None:
    order = drug(
        TABLET_20, id="m1", on="2026-06-01", status="completed", dispenseRequest={"expectedSupplyDuration": days(10)}
    )
    seen = view(medicationRequests=[order])
    assert known(seen["glucocorticoid.daily_mg"]) == 0
    assert known(seen["glucocorticoid.days_very_high"]) == Range(0, 10)
    assert isinstance(seen["glucocorticoid.cumulative_g"], Unknown)
    found = seen["glucocorticoid.days_low"]
    assert isinstance(found, Known)
    assert found.note == "prednisone (MedicationRequest/m1): no dose is stated"


def test_a_finished_order_that_does_not_tell_its_length_is_a_range() -> None:
    order = drug(TABLET_20, id="m1", on="2026-11-04", status="completed", dosageInstruction=sig(40))
    seen = view(medicationRequests=[order])
    assert known(seen["glucocorticoid.daily_mg"]) == 0
    assert known(seen["glucocorticoid.days_very_high"]) == Range(0, 20)
    assert known(seen["glucocorticoid.cumulative_g"]) == Range(0, 0.8)
    stopped = {
        **order,
        "status": "stopped",
        "dosageInstruction": sig(
            40, timing={"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsDuration": days(10)}}
        ),
    }
    assert known(view(medicationRequests=[stopped])["glucocorticoid.days_very_high"]) == Range(0, 10)


def test_known_use_with_an_unread_source_is_at_least_that() -> None:
    seen = view(medicationRequests=[EPIC], medicationAdministrations=Failed("timeout"))
    assert known(seen["glucocorticoid.daily_mg"]) == Range(40)
    assert known(seen["glucocorticoid.days_very_high"]) == Range(10, YEAR)
    assert known(seen["glucocorticoid.cumulative_g"]) == Range(0.4)
    nothing = view(medicationAdministrations=Failed("timeout"))
    assert all(
        why(nothing[f"glucocorticoid.{fact}"]) == "medication administrations could not be read: timeout"
        for fact in FACTS
    )


def test_an_undated_active_order_is_taken_today() -> None:
    seen = view(medicationRequests=[drug(TABLET_5, on="", dosageInstruction=sig(5))])
    assert known(seen["glucocorticoid.daily_mg"]) == 5
    assert known(seen["glucocorticoid.days_low"]) == Range(1, YEAR)


def test_a_partial_date_is_a_range_of_days() -> None:
    seen = view(medicationRequests=[drug(TABLET_5, on="2026-10", dosageInstruction=sig(5))])
    assert known(seen["glucocorticoid.days_low"]) == Range(25, 55)


def test_what_was_assumed_is_said() -> None:
    order = drug(TABLET_5, on="2026-11-15", dosageInstruction=sig(5, asNeededBoolean=True))
    fact = view(medicationRequests=[order])["glucocorticoid.daily_mg"]
    assert fact == Known(5.0, fact.seen_in, "as needed: counted at its maximum")


def test_two_prescriptions_of_one_drug_may_replace_or_add_to_each_other() -> None:
    five = drug(TABLET_5, id="m1", on="2026-09-01", dosageInstruction=sig(5))
    two = drug(TABLET_5, id="m2", on="2026-09-03", dosageInstruction=sig(2.5))
    seen = view(medicationRequests=[five, two])
    assert known(seen["glucocorticoid.daily_mg"]) == Range(5, 7.5)
    assert known(seen["glucocorticoid.cumulative_g"]) == Range(0.425, 0.6325)
    assert known(seen["glucocorticoid.days_low"]) == 85
    for name in ("daily_mg", "cumulative_g"):
        fact = seen[f"glucocorticoid.{name}"]
        assert isinstance(fact, Known)
        assert "the newer may replace the older or be taken besides" in fact.note
        assert len(fact.seen_in) == 2


def test_prescriptions_of_different_drugs_are_added_for_sure() -> None:
    five = drug(TABLET_5, on="2026-09-01", dosageInstruction=sig(5))
    other = drug(MEDROL_4, on="2026-09-03", dosageInstruction=sig(4))
    assert known(view(medicationRequests=[five, other])["glucocorticoid.daily_mg"]) == 10


def test_an_order_that_ended_adds_nothing_today_though_it_did_before() -> None:
    before = drug(
        TABLET_5, on="", status="completed", kind=STATEMENT, dosage=sig(10),
        effectivePeriod={"start": "2026-09-01", "end": "2026-09-10"},
    )  # fmt: skip
    now = drug(TABLET_5, kind=STATEMENT, on="2026-09-06", dosage=sig(5))
    seen = view(medicationStatements=[before, now])
    assert seen["glucocorticoid.daily_mg"] == Known(5.0, seen["glucocorticoid.daily_mg"].seen_in)
    assert known(seen["glucocorticoid.cumulative_g"]) == Range(0.475, 0.5)


def test_pulses_on_certain_days_count_on_these_days() -> None:
    timing = {"event": ["2026-11-01", "2026-11-02"]}
    order = drug(
        SOLU_MEDROL_125, on="2026-11-01", status="completed",
        dosageInstruction=[{"timing": timing, "doseAndRate": [{"doseQuantity": {"value": 1000, "unit": "mg"}}]}],
    )  # fmt: skip
    assert read(medicationRequests=[order]) == [0, 2, 2, 2.5]


def test_an_instruction_that_is_there_and_cannot_be_read_is_not_called_missing() -> None:
    order = drug(TABLET_20, id="m1", on="2025-01-01", dosageInstruction=words("Start with 40 mg and come down slowly"))
    seen = view(medicationRequests=[order])
    for fact in FACTS:
        assert why(seen[f"glucocorticoid.{fact}"]) == (
            "prednisone (MedicationRequest/m1): its instruction could not be read"
        )
    given_once = drug(
        SOLU_MEDROL_125, id="a1", kind=ADMINISTRATION, on="2026-11-24", dosage={"text": "1,000 mg over an hour"}
    )
    found = view(medicationAdministrations=[given_once])["glucocorticoid.daily_mg"]
    assert why(found) == "methylprednisolone (MedicationAdministration/a1): its instruction could not be read"
