"""Two bone drugs that must not be combined: which pairs are caught, and which switches are not."""

from typing import Any

import pytest

import cds.facts.duplicates  # noqa: F401
from cds.engine.fact import Cause, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import ICD, condition, drug, known, view, why

ALENDRONATE, PROLIA, XGEVA, DENOSUMAB = "904431", "993456", "1046402", "993449"
RECLAST, ZOMETA, ZOLEDRONIC, PAMIDRONATE = "705875", "351114", "77655", "1737449"
DISPENSE, DAYS_84 = "MedicationDispense", {"value": 84, "unit": "d"}
D60, D120, Z5, Z4 = "denosumab 60 mg", "denosumab 120 mg", "zoledronic acid 5 mg", "zoledronic acid 4 mg"


def draft(code: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """A draft order of today."""
    return drug(code, status="draft", on="2026-11-24", id=f"d{number}", **more)


def given(code: str, on: str) -> dict[str, Any]:
    """One administration."""
    return drug(code, kind="MedicationAdministration", on=on)


def active(code: str, **more: Any) -> dict[str, Any]:
    """An active order of the chart."""
    return drug(code, on="2026-05-01", **more)


@pytest.mark.parametrize(
    ("name", "drafts", "orders", "administrations", "pair"),
    [
        ("Prolia drafted, Xgeva active", [draft(PROLIA)], [active(XGEVA)], [], {D60, D120}),
        ("Xgeva drafted, Prolia active", [draft(XGEVA)], [active(PROLIA)], [], {D60, D120}),
        ("both in the draft", [draft(PROLIA), draft(XGEVA, 2)], [], [], {D60, D120}),
        ("Reclast drafted, Zometa active", [draft(RECLAST)], [active(ZOMETA)], [], {Z5, Z4}),
        ("denosumab drafted, alendronate active", [draft(PROLIA)], [active(ALENDRONATE)], [], {D60, "alendronate"}),
        ("bisphosphonate drafted, Xgeva active", [draft(ALENDRONATE)], [active(XGEVA)], [], {D120, "alendronate"}),
        (
            "an untold denosumab with a bisphosphonate",
            [draft(DENOSUMAB)],
            [active(ALENDRONATE)],
            [],
            {"denosumab", "alendronate"},
        ),
        (
            "by name: Prolia and Fosamax",
            [draft("", text="Prolia")],
            [active("", text="Fosamax 70 mg weekly")],
            [],
            {D60, "alendronate"},
        ),
        ("Xgeva given a month ago without an order", [draft(PROLIA)], [], [given(XGEVA, "2026-10-24")], {D60, D120}),
        ("Prolia given two months ago", [draft(RECLAST)], [], [given(PROLIA, "2026-09-25")], {D60, Z5}),
        ("Reclast given in summer", [draft(PROLIA)], [], [given(RECLAST, "2026-07-01")], {D60, Z5}),
        ("Zometa given three months ago", [draft(RECLAST)], [], [given(ZOMETA, "2026-08-24")], {Z5, Z4}),
        ("Xgeva drafted 70 days after Prolia", [draft(XGEVA)], [], [given(PROLIA, "2026-09-15")], {D60, D120}),
        ("Xgeva drafted 180 days after Prolia", [draft(XGEVA)], [], [given(PROLIA, "2026-05-28")], {D60, D120}),
        ("Zometa drafted 130 days after Reclast", [draft(ZOMETA)], [], [given(RECLAST, "2026-07-17")], {Z5, Z4}),
        ("Prolia drafted 61 days after Xgeva", [draft(PROLIA)], [], [given(XGEVA, "2026-09-24")], {D60, D120}),
        ("pamidronate given", [draft(PROLIA)], [], [given(PAMIDRONATE, "2026-11-10")], {D60, "pamidronate"}),
        (
            "alendronate ordered and completed lately",
            [draft(PROLIA)],
            [active(ALENDRONATE, status="completed", authoredOn="2026-11-04")],
            [],
            {D60, "alendronate"},
        ),
        (
            "an untold denosumab that still works at either dose",
            [draft(ALENDRONATE)],
            [],
            [given(DENOSUMAB, "2026-10-24")],
            {"denosumab", "alendronate"},
        ),
    ],
)
def test_a_duplicate(
    name: str, drafts: list[Any], orders: list[Any], administrations: list[Any], pair: set[str]
) -> None:
    seen = view(draft=drafts, medicationRequests=orders, medicationAdministrations=administrations)
    assert known(seen["drug.duplicate_pair_drafted"]) is True
    assert known(seen["drug.duplicate_pair"]) == pair


@pytest.mark.parametrize(
    ("name", "drafts", "orders", "administrations"),
    [
        ("nothing", [], [], []),
        ("no bone drug drafted", [draft("8640")], [active(PROLIA), active(XGEVA)], []),
        ("a renewal", [draft(PROLIA)], [active(PROLIA)], []),
        ("another bisphosphonate", [draft(RECLAST)], [active(ALENDRONATE)], []),
        ("after stopped alendronate", [draft(PROLIA)], [active(ALENDRONATE, status="stopped")], []),
        ("after finished alendronate", [draft(PROLIA)], [active(ALENDRONATE, status="completed")], []),
        ("after zoledronic acid of last year", [draft(PROLIA)], [], [given(RECLAST, "2026-01-10")]),
        ("from Prolia to Reclast when the next dose is due", [draft(RECLAST)], [], [given(PROLIA, "2026-05-20")]),
        ("from Prolia to Xgeva, 181 days later", [draft(XGEVA)], [], [given(PROLIA, "2026-05-27")]),
        ("from Xgeva to Prolia, 62 days later", [draft(PROLIA)], [], [given(XGEVA, "2026-09-23")]),
        ("from Reclast to Zometa, 181 days later", [draft(ZOMETA)], [], [given(RECLAST, "2026-05-27")]),
        ("from pamidronate, 123 days later", [draft(PROLIA)], [], [given(PAMIDRONATE, "2026-07-24")]),
        ("an untold denosumab, too long ago for 120 mg", [draft(PROLIA)], [], [given(DENOSUMAB, "2026-09-01")]),
        ("stopped lately", [draft(PROLIA)], [active(ALENDRONATE, status="stopped", authoredOn="2026-11-04")], []),
        ("the draft echoed as active", [draft(XGEVA)], [{**draft(XGEVA), "status": "active"}], []),
        ("the same untold denosumab renewed", [draft(DENOSUMAB)], [active(DENOSUMAB)], []),
    ],
)
def test_no_duplicate(name: str, drafts: list[Any], orders: list[Any], administrations: list[Any]) -> None:
    seen = view(draft=drafts, medicationRequests=orders, medicationAdministrations=administrations)
    assert known(seen["drug.duplicate_pair_drafted"]) is False
    assert known(seen["drug.duplicate_pair"]) == frozenset()


@pytest.mark.parametrize(
    ("name", "supply", "doubled"),
    [
        ("20 days ago, for 84 days", drug(ALENDRONATE, kind=DISPENSE, on="2026-11-04", daysSupply=DAYS_84), True),
        ("90 days ago, for how long is not told", drug(ALENDRONATE, kind=DISPENSE, on="2026-08-26"), True),
        ("91 days ago, for how long is not told", drug(ALENDRONATE, kind=DISPENSE, on="2026-08-25"), False),
        ("six months ago, for 84 days", drug(ALENDRONATE, kind=DISPENSE, on="2026-05-20", daysSupply=DAYS_84), False),
    ],
)
def test_a_supply_counts_as_long_as_the_patient_is_on_the_drug(name: str, supply: Any, doubled: bool) -> None:
    seen = view(draft=[draft(PROLIA)], medicationDispenses=[supply])
    assert known(seen["drug.duplicate_pair_drafted"]) is doubled
    assert known(seen["drug.on_osteoporosis_agent"]) is doubled


def test_a_bisphosphonate_without_a_date_leaves_it_open() -> None:
    undated = drug(ALENDRONATE, on="", kind="MedicationStatement", status="completed", id="s1")
    seen = view(draft=[draft(PROLIA)], medicationStatements=[undated])
    found = seen["drug.duplicate_pair_drafted"]
    assert isinstance(found, Unknown)
    assert found.cause is Cause.UNDATED
    assert why(found) == "the date of MedicationStatement/s1 is not known closely enough"
    assert seen["drug.duplicate_pair"] == found
    assert known(view(draft=[draft(RECLAST)], medicationStatements=[undated])["drug.duplicate_pair_drafted"]) is False


@pytest.mark.parametrize(
    ("name", "drafted", "administrations"),
    [
        ("too long ago for 120 mg, not for 60", XGEVA, [given(DENOSUMAB, "2026-09-01")]),
        ("a bisphosphonate on top of one of them", ALENDRONATE, [given(DENOSUMAB, "2026-09-01")]),
        ("zoledronic acid that may be of 5 mg", ZOMETA, [given(ZOLEDRONIC, "2026-07-01")]),
    ],
)
def test_an_untold_dose_leaves_open_whether_it_still_works(name: str, drafted: str, administrations: list[Any]) -> None:
    found = view(draft=[draft(drafted)], medicationAdministrations=administrations)["drug.duplicate_pair_drafted"]
    assert isinstance(found, Unknown)
    assert found.cause is Cause.AMBIGUOUS


def test_denosumab_with_a_coded_long_term_bisphosphonate_is_left_open() -> None:
    coded = [condition((ICD, "Z79.83"))]
    found = view(draft=[draft(PROLIA)], conditions=coded)["drug.duplicate_pair_drafted"]
    assert isinstance(found, Unknown)
    assert found.cause is Cause.NOT_STATED
    assert known(view(draft=[draft(RECLAST)], conditions=coded)["drug.duplicate_pair_drafted"]) is False
    assert known(view(conditions=coded)["drug.duplicate_pair_drafted"]) is False


def test_an_untold_product_or_an_unread_source_leaves_it_open() -> None:
    untold = view(draft=[draft(DENOSUMAB)], medicationRequests=[active("", text="Xgeva")])[
        "drug.duplicate_pair_drafted"
    ]
    assert isinstance(untold, Unknown)
    assert untold.cause is Cause.AMBIGUOUS
    unread = view(draft=[draft(PROLIA)], medicationRequests=Failed("timeout"))
    assert isinstance(unread["drug.duplicate_pair_drafted"], Unknown)
    assert isinstance(unread["drug.duplicate_pair"], Unknown)
    assert (
        known(view(draft=[draft("8640")], medicationRequests=Failed("timeout"))["drug.duplicate_pair_drafted"]) is False
    )
