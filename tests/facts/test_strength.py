"""A product's strength comes from its ingredient or its name, and from nowhere else."""

import pytest

from cds.facts.strength import Strength, milligrams, strength_in, strength_of
from cds.fhir.elements import CodeableConcept, Quantity, Ratio
from cds.fhir.medications import Ingredient, Medication


@pytest.mark.parametrize(
    ("name", "piece", "ml"),
    [
        ("prednisone 20 MG Oral Tablet", 20, None),
        ("predniSONE (DELTASONE) 20mg tablet", 20, None),
        ("prednisone 5 MG/ML Oral Solution", None, 5),
        ("prednisoLONE 15 mg/5 mL oral solution", 15, 3),
        ("1 ML denosumab 60 MG/ML Prefilled Syringe", 60, 60),
        ("1.7 ML denosumab 70 MG/ML Injection", 119, 70),
        ("100 ML zoledronic acid 0.05 MG/ML Injection [Reclast]", 5, 0.05),
        ("{21 (methylprednisolone 4 MG Oral Tablet) } Pack", 4, None),
        ("Solu-Medrol 1 g injection", 1000, None),
        ("alendronic acid 70 MG / cholecalciferol 2800 UNT Oral Tablet", 70, None),
        ("prednisone", None, None),
        ("drug A 5 MG / drug B 10 MG Oral Tablet", None, None),
        ("prednisone 5mg,10mg", None, None),
        ("prednisone 2.5-mg tablet", 2.5, None),
        ("dexamethasone .5 mg tablet", 0.5, None),
        ("drug 1,000 mg tablet", 1000, None),
        ("prednisone 5 mg / 1 tablet", 5, None),
        ("prednisone 5 mg " + "1" * 300 + " mg", None, None),
        ("prednisone 1 mg/0." + "0" * 320 + "1 ml", None, None),
        ("prednisone 20 mg tablet" + " " * 1000, None, None),
    ],
)
def test_a_name_states_its_strength(name: str, piece: float | None, ml: float | None) -> None:
    found = strength_in(name)
    assert found.piece == (pytest.approx(piece) if piece else None)
    assert found.ml == (pytest.approx(ml) if ml else None)


def product(*strengths: tuple[float, str, float, str]) -> Medication:
    """A Medication with one ingredient a strength."""
    amounts = [(Quantity(value=n, unit=u), Quantity(value=d, unit=v)) for n, u, d, v in strengths]
    return Medication(ingredient=tuple(Ingredient(strength=Ratio(numerator=n, denominator=d)) for n, d in amounts))


def test_the_ingredient_comes_before_the_name() -> None:
    assert strength_of(["prednisone 20 MG Oral Tablet"], product((5, "mg", 1, "tablet"))) == Strength(piece=5)
    assert strength_of(["prednisone 20 MG Oral Tablet"], Medication(code=CodeableConcept())) == Strength(piece=20)
    assert strength_of([], product((15, "mg", 5, "mL"))) == Strength(piece=15, ml=3)
    assert strength_of([], product((5, "mg", 1, "tablet"), (10, "mg", 1, "tablet"))) == Strength()


@pytest.mark.parametrize(
    ("quantity", "strength", "mg"),
    [
        (Quantity(value=20, unit="mg"), Strength(), 20),
        (Quantity(value=1, unit="gram", code="g"), Strength(), 1000),
        (Quantity(value=2, unit="Tablet"), Strength(piece=5), 10),
        (Quantity(value=2, unit="tab", code="{tbl}"), Strength(piece=5), 10),
        (Quantity(value=2, code="1"), Strength(piece=5), 10),
        (Quantity(value=10, unit="mL"), Strength(ml=3), 30),
        (Quantity(value=2, unit="Tablet"), Strength(), None),
        (Quantity(value=1, unit="mg/kg"), Strength(), None),
        (Quantity(unit="mg"), Strength(), None),
        (None, Strength(piece=5), None),
    ],
)
def test_an_amount_in_milligrams(quantity: Quantity | None, strength: Strength, mg: float | None) -> None:
    assert milligrams(quantity, strength) == mg
