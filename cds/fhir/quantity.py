"""A measured quantity in the unit that a fact wants, or the reason why it cannot be had. Never a silent number."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cds.fhir.elements import Quantity
from cds.fhir.units import Unit, unit_of


@dataclass(frozen=True, slots=True)
class Interval:
    """A number known only to lie between two bounds (``<4``); an open bound is not included."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Unconvertible:
    """No number, and why in plain words."""

    why: str


Measured = float | Interval | Unconvertible

_MOLES_PER_GRAM: Final = {
    "calcium": 0.2495e-3 / 10e-3,     # mg/dL × 0.2495 = mmol/L (molar mass 40.08 g/mol)
    "vitamin-d": 2.496e-9 / 1e-6,     # ng/mL × 2.496 = nmol/L (25-OH-D3, 400.6 g/mol; CLINICAL_SPEC §2)
    "creatinine": 88.42e-6 / 10e-3,   # mg/dL × 88.42 = µmol/L (113.1 g/mol; CLINICAL_SPEC §2)
    "phosphate": 0.3229e-3 / 10e-3,   # mg/dL as phosphorus × 0.3229 = mmol/L (30.97 g/mol)
    "pth": 1 / 9425,                  # pg/mL × 0.106 = pmol/L (PTH 1-84, 9425 g/mol)
}  # fmt: skip
"""Amount of substance per mass of what is measured: physical conversions. Albumin is not here: no source was found."""

_VALENCE: Final = {"calcium": 2.0}
"""Equivalents per mole: calcium is also reported in mEq/L."""

_UNITLESS: Final = frozenset({"score", "percent", "hounsfield"})
"""Kinds that have only one unit, so that none need be sent."""

_DIGITS: Final = 12
"""Significant digits that a converted value keeps: 400 ng/L is 0.4 ng/mL, not 0.4000000000000001."""

_LONGEST_REMEMBERED: Final = 100
"""Characters of a unit; a longer one is no unit and would only fill the memory."""

_SCORES: Final = frozenset({(), (("score", 1),)})
_COMPARED: Final = {
    "<": lambda value: Interval(high=value, high_open=True),
    "<=": lambda value: Interval(high=value),
    ">": lambda value: Interval(low=value, low_open=True),
    ">=": lambda value: Interval(low=value),
}
_WORDS: Final = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_SPOKEN: Final = re.compile(
    r"\s*+(?P<comparator><=|>=|=<|=>|[<>≤≥])?\s*+(?P<number>[-+−–]?(?:\d{1,15}(?:[.,]\d{1,15})?|[.,]\d{1,15}))"
    r"\s*+(?P<unit>[^\d\s.,+−–<>=-].{0,40})?\s*+",
    re.ASCII,
)
_GROUPS: Final = 3
"""Digits after a comma that may just as well be thousands."""


def in_unit(quantity: Quantity, kind: str, target: str, *, if_missing: str = "") -> Measured:
    """The quantity in the target unit, an Interval if it was sent with a comparator.

    ``kind`` is what is measured: ``calcium``, ``vitamin-d``, ``creatinine``, ``phosphate`` and ``pth`` are converted
    between mass and substance; ``egfr`` takes mL/min as per 1.73 m²; ``score`` (T, Z, points), ``percent`` and
    ``hounsfield`` need no unit; any other name converts within one dimension. ``if_missing`` is the unit of a quantity
    that names none, where its code or its reference range settles that. Raises ValueError for an unknown target.
    """
    if quantity.value is None:
        return Unconvertible("no value")
    code, unit = quantity.code or "", quantity.unit or ""
    is_short = len(code) + len(unit) + len(if_missing) <= _LONGEST_REMEMBERED
    factor = (_remembered_factor if is_short else _factor)(code, unit, kind, target, if_missing)
    if isinstance(factor, Unconvertible):
        return factor
    value = quantity.value if factor == 1 else float(f"{quantity.value * factor:.{_DIGITS}g}")
    if not quantity.comparator:
        return value
    compared = _COMPARED.get(_WORDS.get(quantity.comparator, quantity.comparator))
    return compared(value) if compared else Unconvertible(f"comparator {quantity.comparator} says too little")


def _factor(code: str, unit: str, kind: str, target: str, if_missing: str) -> float | Unconvertible:
    """What a value with that code and text of a unit is to be multiplied with."""
    wanted = unit_of(target)
    if wanted is None:
        raise ValueError(f"{target} is no unit that is known here")
    sent = _sent_unit(code, unit, kind, if_missing or (target if kind in _UNITLESS else ""))
    if isinstance(sent, Unconvertible):
        return sent
    factor = _between(_of_kind(sent, kind), _of_kind(wanted, kind), kind)
    return Unconvertible(f"{_spelling(code, unit)} cannot be turned into {target}") if factor is None else factor


_remembered_factor: Final = lru_cache(maxsize=1024)(_factor)
"""The same few units come with every result: remembered, a factor costs a twentieth."""


def _sent_unit(code: str, unit: str, kind: str, if_missing: str) -> Unit | Unconvertible:
    """The unit that the code and the text of the quantity agree on."""
    spellings = [text for text in (code, unit) if text.strip()]
    units = [unit for unit in map(unit_of, dict.fromkeys(spellings)) if unit is not None]
    if not spellings:
        assumed = unit_of(if_missing) if if_missing else None
        return assumed or Unconvertible("unit missing")
    if not units:
        return Unconvertible(f"unit {_spelling(code, unit)} is not known")
    if len(units) > 1 and not _agree(_of_kind(units[0], kind), _of_kind(units[1], kind)):
        return Unconvertible(f"unit is {spellings[0]} by code and {spellings[1]} by text")
    return units[0]


def _agree(one: Unit, other: Unit) -> bool:
    """True if they are the same unit, but for rounding."""
    return one.dimensions == other.dimensions and math.isclose(one.factor, other.factor)


def _of_kind(unit: Unit, kind: str) -> Unit:
    """The unit as that kind means it: an eGFR is per 1.73 m² said or unsaid, a score's unit is its own."""
    if kind == "egfr":
        return Unit(unit.factor, tuple(each for each in unit.dimensions if each[0] != "bsa"))
    if kind == "score" and unit.dimensions in _SCORES and unit.factor == 1:
        return Unit(1.0, ())
    return unit


def _between(sent: Unit, wanted: Unit, kind: str) -> float | None:
    """The factor from one unit to the other, through grams, moles and equivalents where the kind allows; else None."""
    if kind in _UNITLESS and sent != wanted:  # a T-score in % is none, and 20 in "1" may be 20 % or 2000 %
        return None
    ratio = sent.factor / wanted.factor
    if sent.dimensions == wanted.dimensions:
        return ratio
    for base, grams in _grams_per(kind).items():
        for other, other_grams in _grams_per(kind).items():
            if base != other and _swapped(sent.dimensions, base, other) == wanted.dimensions:
                return ratio * grams / other_grams
    return None


def _grams_per(kind: str) -> dict[str, float]:
    """Grams of what is measured in a gram, a mole and an equivalent of it."""
    moles = _MOLES_PER_GRAM.get(kind)
    if moles is None:
        return {}
    valence = _VALENCE.get(kind)
    return {"g": 1.0, "mol": 1 / moles} | ({"eq": 1 / (moles * valence)} if valence else {})


def _swapped(dimensions: tuple[tuple[str, int], ...], base: str, other: str) -> tuple[tuple[str, int], ...]:
    """The dimensions with one base unit for another."""
    return tuple(sorted((other if name == base else name, power) for name, power in dimensions))


def _spelling(code: str, unit: str) -> str:
    """The unit as it was sent."""
    return (code or unit).strip() or "no unit"


def spoken(text: str | None) -> Quantity | None:
    """The quantity that a text is: ``-2.7``, ``< 4``, ``9.1 mg/dL``, ``-2,7``; None if it is anything else.

    A comma is a decimal point unless three digits follow it: ``1,234`` may be either number.
    """
    found = _SPOKEN.fullmatch(text or "")
    if found is None:
        return None
    number = re.sub("[−–]", "-", found["number"])
    whole, comma, decimals = number.partition(",")
    if comma and len(decimals) == _GROUPS:
        return None
    comparator, unit = found["comparator"] or None, (found["unit"] or "").strip() or None
    return Quantity(value=float(f"{whole}.{decimals}" if comma else number), comparator=comparator, unit=unit)
