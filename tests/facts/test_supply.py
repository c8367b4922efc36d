"""An order that nobody closed counts for what it was supplied for, and may have gone on since."""

from typing import Any

import pytest

import cds.facts.subjects  # noqa: F401
from cds.engine.fact import Known, Range
from cds.facts.supply import RAN_OUT
from tests.facts.builders import condition, drug, known, view, why

TABLET_5 = "312617"
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
TWO_WEEKS, A_MONTH = {"value": 14, "unit": "d", "code": "d"}, {"value": 30, "unit": "days"}
UNTIL_15_JANUARY = {"start": "2026-01-01", "end": "2026-01-15"}
FACTS = ("daily_mg", "days_very_high", "days_low", "cumulative_g")


def order(on: str, mg: float = 40, status: str = "active", **request: Any) -> dict[str, Any]:
    """Prednisone once a day, and what the pharmacy was asked to supply."""
    dosage = [{"timing": DAILY, "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}]}]
    return drug(TABLET_5, id="m1", on=on, status=status, dosageInstruction=dosage, dispenseRequest=request)


def read(*orders: dict[str, Any], **sources: Any) -> list[Any]:
    """The four facts: today, very high days, days, grams."""
    seen = view(medicationRequests=orders, **sources)
    return [known(seen[f"glucocorticoid.{name}"]) for name in FACTS]


@pytest.mark.parametrize(
    ("name", "request_", "facts"),
    [
        (
            "two weeks, no repeats, the prescription expired",
            {"expectedSupplyDuration": TWO_WEEKS, "numberOfRepeatsAllowed": 0, "validityPeriod": UNTIL_15_JANUARY},
            [Range(0, 40), Range(14, 328), Range(14, 328), Range(0.56, 13.12)],
        ),
        (
            "two weeks and two repeats",
            {"expectedSupplyDuration": TWO_WEEKS, "numberOfRepeatsAllowed": 2},
            [Range(0, 40), Range(42, 328), Range(42, 328), Range(1.68, 13.12)],
        ),
        (
            "repeats are supplied while the prescription is valid",
            {"expectedSupplyDuration": TWO_WEEKS, "numberOfRepeatsAllowed": 2, "validityPeriod": {"end": "2026-01-20"}},
            [Range(0, 40), Range(20, 328), Range(20, 328), Range(0.8, 13.12)],
        ),
        (
            "what was supplied at once lasts after the prescription expired",
            {"expectedSupplyDuration": A_MONTH, "validityPeriod": UNTIL_15_JANUARY},
            [Range(0, 40), Range(30, 328), Range(30, 328), Range(1.2, 13.12)],
        ),
        (
            "validity alone",
            {"validityPeriod": UNTIL_15_JANUARY},
            [Range(0, 40), Range(15, 328), Range(15, 328), Range(0.6, 13.12)],
        ),
        (
            "repeats that reach over today",
            {"expectedSupplyDuration": A_MONTH, "numberOfRepeatsAllowed": 11, "validityPeriod": {"end": "2027-01-01"}},
            [40, 328, 328, 13.12],
        ),
        ("valid until after today", {"validityPeriod": {"end": "2026-12-31"}}, [40, 328, 328, 13.12]),
        ("nothing is stated", {}, [40, 328, 328, 13.12]),
    ],
)
def test_an_open_order_is_sure_for_what_was_supplied(name: str, request_: dict[str, Any], facts: list[Any]) -> None:
    assert read(order("2026-01-01", **request_)) == facts


@pytest.mark.parametrize(("on", "today"), [("2026-11-11", 40), ("2026-11-10", Range(0, 40))])
def test_the_dose_of_today_is_sure_until_the_last_day_of_the_supply(on: str, today: object) -> None:
    assert read(order(on, expectedSupplyDuration=TWO_WEEKS))[0] == today


def test_why_it_is_doubtful_is_said() -> None:
    seen = view(medicationRequests=[order("2026-01-01", expectedSupplyDuration=TWO_WEEKS)])
    for name in FACTS:
        fact = seen[f"glucocorticoid.{name}"]
        assert isinstance(fact, Known)
        assert f"prednisone (MedicationRequest/m1): {RAN_OUT}" in fact.note


def test_supplies_that_are_recorded_carry_an_order_that_ran_out() -> None:
    dosage = order("2026-09-26")["dosageInstruction"]
    supplied = [
        drug(TABLET_5, kind="MedicationDispense", on=on, daysSupply=A_MONTH, dosageInstruction=dosage)
        for on in ("2026-09-26", "2026-10-26")
    ]
    found = read(order("2026-09-26", expectedSupplyDuration=A_MONTH), medicationDispenses=supplied)
    assert found == [40, 60, 60, 2.4]


def test_renewals_of_one_dose_do_not_add_up() -> None:
    orders = [order(on, mg=5, expectedSupplyDuration=A_MONTH) | {"id": on} for on in ("2026-09-26", "2026-10-26")]
    assert read(*orders) == [5, 0, 60, 0.3]


def test_a_finished_order_keeps_its_least_and_its_most() -> None:
    finished = order("2026-01-01", status="completed", expectedSupplyDuration=TWO_WEEKS, numberOfRepeatsAllowed=1)
    assert read(finished) == [0, Range(14, 28), Range(14, 28), Range(0.56, 1.12)]


@pytest.mark.parametrize(("broken", "told"), [("2026-01-14", True), ("2026-01-15", None)])
def test_a_fracture_after_the_supply_ran_out_was_not_surely_under_glucocorticoids(
    broken: str, told: bool | None
) -> None:
    hip = condition(("http://hl7.org/fhir/sid/icd-10-cm", "M80.051A"), onsetDateTime=broken)
    open_order = order("2026-01-01", expectedSupplyDuration=TWO_WEEKS)
    fact = view(conditions=[hip], medicationRequests=[open_order])["fracture.on_glucocorticoid"]
    if told:
        assert known(fact) is True
    else:
        assert "how long a glucocorticoid was taken" in why(fact)
