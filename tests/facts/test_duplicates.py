"""Two bone drugs that must not be combined: which pairs are caught, and which switches are not."""

from typing import Any

import pytest

import cds.facts.duplicates  # noqa: F401
from cds.engine.fact import Cause, Unknown
from cds.fhir.chart import Failed
from tests.facts.builders import drug, known, view

ALENDRONATE, PROLIA, XGEVA, DENOSUMAB = "904431", "993456", "1046402", "993449"
RECLAST, ZOMETA, ZOLEDRONIC = "705875", "351114", "77655"
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
        ("from Prolia to Xgeva, five months later", [draft(XGEVA)], [], [given(PROLIA, "2026-06-20")]),
        ("the draft echoed as active", [draft(XGEVA)], [{**draft(XGEVA), "status": "active"}], []),
        ("the same untold denosumab renewed", [draft(DENOSUMAB)], [active(DENOSUMAB)], []),
    ],
)
def test_no_duplicate(name: str, drafts: list[Any], orders: list[Any], administrations: list[Any]) -> None:
    seen = view(draft=drafts, medicationRequests=orders, medicationAdministrations=administrations)
    assert known(seen["drug.duplicate_pair_drafted"]) is False
    assert known(seen["drug.duplicate_pair"]) == frozenset()


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
