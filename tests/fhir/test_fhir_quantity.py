"""Units in every spelling, conversions that are physics, and no silent number where they do not suffice."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.fhir.elements import Quantity
from cds.fhir.quantity import Interval, Unconvertible, in_unit, spoken
from cds.fhir.units import unit_of


@pytest.mark.parametrize(
    ("spellings", "same_as"),
    [
        (["MG/DL", "mg / dl", "mg per dL", "mg.dL-1", "mg/dL{calc}", "milligrams/dL"], "mg/dL"),
        (["µg/L", "μg/l", "mcg/L", "ng/mL", "UG/L"], "ug/L"),
        (["mcg", "µg", "μg", "micrograms", "ugm"], "ug"),
        (["umol/l", "µmol/L", "μmol/L", "mmol/m3"], "umol/L"),
        (["lb", "LBS", "pounds"], "[lb_av]"),
        (["in", "inches", "in_i"], "[in_i]"),
        (["gm/cm2", "g/cm^2", "g/cm²", "g/cm**2"], "g/cm2"),
        (["mg/cc", "mg/cm³", "mg/mL", "g/L"], "mg/cm3"),
        (["HU", "Hounsfield units", "{HU}"], "[hnsf'U]"),
        (["IU", "[iU]", "[IU]", "UNT", "units", "U", "[USP'U]"], "[iU]"),
        (["T-score", "{Tscore}", "{score}", "{T_score}", "SD", "s.d."], "{T-score}"),
        (["days", "Day", "D"], "d"),
        (
            [
                "mL/min/1.73m2", "mL/min/1.73 m2", "mL/min/1.73.m2", "mL/min/{1.73m2}", "ML/MIN/1.73M2",
                "mL/min/1.73m²", "mL/min/[1.73_m2]", "ml/min/1.73sqm", "mL/min/1.73 sq. m", "mL/min/1.73",
                "mL/min/1,73m2", "mL/min/{1.73_m2}{CKD-EPI 2021}", "mL/min/173m2",
            ],
            "mL/min/{1.73_m2}",
        ),
    ],
)  # fmt: skip
def test_spellings_of_one_unit(spellings: list[str], same_as: str) -> None:
    expected = unit_of(same_as)
    assert expected is not None
    for spelling in spellings:
        unit = unit_of(spelling)
        assert unit is not None, spelling
        assert unit.dimensions == expected.dimensions, spelling
        assert math.isclose(unit.factor, expected.factor), spelling


@pytest.mark.parametrize(
    "text", ["bananas", "mg%", "10*9/L", "mg/", "tablet", "258797006", "x" * 100, "?", "mm[Hg]", "M"]
)
def test_unknown_units_are_not_guessed(text: str) -> None:
    known = unit_of(text)
    assert known is None or known.dimensions in ((("g", 1),), (("m", 1),))


@pytest.mark.parametrize(
    ("value", "unit", "kind", "target", "expected"),
    [
        (9.5, "mg/dL", "calcium", "mg/dL", 9.5),
        (2.5, "mmol/L", "calcium", "mg/dL", 10.02004),
        (5.0, "mEq/L", "calcium", "mg/dL", 10.02004),
        (4.8, "mg/dL", "calcium", "mmol/L", 1.1976),
        (49.92, "nmol/L", "vitamin-d", "ng/mL", 20.0),
        (20, "ug/L", "vitamin-d", "ng/mL", 20.0),
        (88.42, "umol/L", "creatinine", "mg/dL", 1.0),
        (0.08842, "mmol/L", "creatinine", "mg/dL", 1.0),
        (40, "g/L", "albumin", "g/dL", 4.0),
        (1.0, "mmol/L", "phosphate", "mg/dL", 3.096934),
        (9.425, "pg/mL", "pth", "pmol/L", 1.0),
        (65, "ng/L", "pth", "pg/mL", 65.0),
        (400, "ng/L", "ctx", "ng/mL", 0.4),
        (400, "pg/mL", "ctx", "ng/mL", 0.4),
        (0.4, "ug/L", "ctx", "ng/mL", 0.4),
        (50, "ug/L", "p1np", "ng/mL", 50.0),
        (154, "[lb_av]", "weight", "kg", 69.85322498),
        (70000, "g", "weight", "kg", 70.0),
        (65, "[in_i]", "height", "cm", 165.1),
        (1.65, "m", "height", "cm", 165.0),
        (0.8, "g/cm2", "bmd", "g/cm2", 0.8),
        (95, "mg/cm3", "vbmd", "mg/cm3", 95.0),
        (60, "mL/min", "egfr", "mL/min/{1.73_m2}", 60.0),
        (60, "mL/min/1.73m2", "egfr", "mL/min/{1.73_m2}", 60.0),
        (1.0, "mL/s", "crcl", "mL/min", 60.0),
        (0.5, "g", "dose", "mg", 500.0),
        (250, "mcg", "dose", "mg", 0.25),
        (1000, "IU", "dose", "[iU]", 1000.0),
        (2, "weeks", "duration", "d", 14.0),
        (-2.7, "{T-score}", "score", "1", -2.7),
        (-2.7, "1", "score", "{T-score}", -2.7),
        (21, "%", "percent", "%", 21.0),
        (110, "HU", "hounsfield", "[hnsf'U]", 110.0),
    ],
)
def test_conversion(value: float, unit: str, kind: str, target: str, expected: float) -> None:
    for quantity in (Quantity(value=value, unit=unit), Quantity(value=value, code=unit)):
        assert in_unit(quantity, kind, target) == pytest.approx(expected, rel=1e-6)


def test_conversion_leaves_no_dust_behind_the_point() -> None:
    assert in_unit(Quantity(value=400, unit="ng/L"), "ctx", "ng/mL") == 0.4
    assert in_unit(Quantity(value=0.1 + 0.2, unit="mg/dL"), "calcium", "mg/dL") == 0.1 + 0.2


@pytest.mark.parametrize(
    ("quantity", "kind", "target", "why"),
    [
        (Quantity(unit="mg/dL"), "calcium", "mg/dL", "no value"),
        (Quantity(value=9), "calcium", "mg/dL", "unit missing"),
        (Quantity(value=9, unit=" "), "calcium", "mg/dL", "unit missing"),
        (Quantity(value=9, unit="bananas"), "calcium", "mg/dL", "unit bananas is not known"),
        (Quantity(value=9, unit="g/cm2"), "calcium", "mg/dL", "g/cm2 cannot be turned into mg/dL"),
        (
            Quantity(value=9, unit="mmol/L", code="mg/dL"),
            "calcium",
            "mg/dL",
            "unit is mg/dL by code and mmol/L by text",
        ),
        (Quantity(value=600, unit="umol/L"), "albumin", "g/dL", "umol/L cannot be turned into g/dL"),
        (Quantity(value=60, unit="mL/min/1.73m2"), "crcl", "mL/min", "mL/min/1.73m2 cannot be turned into mL/min"),
        (Quantity(value=0.2, unit="1"), "percent", "%", "1 cannot be turned into %"),
        (Quantity(value=0.8, unit="g/cm2"), "score", "1", "g/cm2 cannot be turned into 1"),
        (Quantity(value=75, unit="%"), "score", "1", "% cannot be turned into 1"),
        (Quantity(value=5, unit="mg/kg"), "dose", "mg", "mg/kg cannot be turned into mg"),
        (Quantity(value=9, unit="mg/dL", comparator="ad"), "calcium", "mg/dL", "comparator ad says too little"),
        (Quantity(value=9, unit="mg/dL", comparator="~"), "calcium", "mg/dL", "comparator ~ says too little"),
    ],
)
def test_no_number_without_certainty(quantity: Quantity, kind: str, target: str, why: str) -> None:
    assert in_unit(quantity, kind, target) == Unconvertible(why)


def test_missing_unit_is_what_the_caller_knows_it_to_be() -> None:
    assert in_unit(Quantity(value=50), "vitamin-d", "ng/mL", if_missing="nmol/L") == pytest.approx(20.032, rel=1e-4)
    assert in_unit(Quantity(value=-2.7), "score", "1") == -2.7
    assert in_unit(Quantity(value=21), "percent", "%") == 21


def test_code_and_text_that_agree_or_are_half_understood_will_do() -> None:
    assert in_unit(Quantity(value=9, unit="mg/dl", code="mg/dL"), "calcium", "mg/dL") == 9
    assert in_unit(Quantity(value=9, unit="mg/dL", code="258797006"), "calcium", "mg/dL") == 9
    assert in_unit(Quantity(value=60, unit="mL/min", code="mL/min/{1.73_m2}"), "egfr", "mL/min/{1.73_m2}") == 60
    assert in_unit(Quantity(value=-1, unit="T-score", code="1"), "score", "1") == -1


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("<", Interval(high=10.0, high_open=True)),
        ("<=", Interval(high=10.0)),
        ("≤", Interval(high=10.0)),
        (">", Interval(low=10.0, low_open=True)),
        (">=", Interval(low=10.0)),
        ("≥", Interval(low=10.0)),
    ],
)
def test_comparator_gives_an_interval_in_the_target_unit(comparator: str, expected: Interval) -> None:
    assert in_unit(Quantity(value=10, unit="ug/L", comparator=comparator), "vitamin-d", "ng/mL") == expected


def test_unknown_target_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="bananas"):
        in_unit(Quantity(value=1, unit="mg"), "dose", "bananas")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2.7", Quantity(value=-2.7)),
        ("−2.7", Quantity(value=-2.7)),
        ("+1", Quantity(value=1.0)),
        ("< 4", Quantity(value=4.0, comparator="<")),
        (">=60 mL/min", Quantity(value=60.0, comparator=">=", unit="mL/min")),
        ("≤4", Quantity(value=4.0, comparator="≤")),
        ("9.1 mg/dL", Quantity(value=9.1, unit="mg/dL")),
        ("21%", Quantity(value=21.0, unit="%")),
        ("-2,7", Quantity(value=-2.7)),
        ("2,75 mmol/L", Quantity(value=2.75, unit="mmol/L")),
        ("1,234", None),
        ("1.2.3", None),
        ("2 - 4", None),
        ("10-20", None),
        ("3 of 4", Quantity(value=3.0, unit="of 4")),
        ("normal", None),
        ("", None),
        (None, None),
        ("1" * 20, None),
        ("٣", None),
    ],
)
def test_number_spoken_in_text(text: str | None, expected: Quantity | None) -> None:
    assert spoken(text) == expected


@given(text=st.text(max_size=80))
def test_any_text_is_a_unit_or_not(text: str) -> None:
    unit = unit_of(text)
    assert unit is None or unit.factor > 0


@given(
    value=st.floats(min_value=1e-3, max_value=1e4),
    kind_units=st.sampled_from(
        [("calcium", "mg/dL", "mmol/L"), ("calcium", "meq/L", "mg/dL"), ("vitamin-d", "ng/mL", "nmol/L"),
         ("creatinine", "mg/dL", "umol/L"), ("weight", "kg", "lb"), ("height", "cm", "in"), ("pth", "pg/mL", "pmol/L")]
    ),
)  # fmt: skip
def test_conversion_there_and_back_is_where_it_began(value: float, kind_units: tuple[str, str, str]) -> None:
    kind, one, other = kind_units
    there = in_unit(Quantity(value=value, unit=one), kind, other)
    assert isinstance(there, float)
    assert in_unit(Quantity(value=there, unit=other), kind, one) == pytest.approx(value, rel=1e-9)
