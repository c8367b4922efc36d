"""How many milligrams a product holds: by ingredient strength, else by its name (``prednisone 20 MG Oral Tablet``).

Reads only what a product says of itself; it never looks a strength up and never guesses between two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cds.fhir.elements import Quantity, Ratio
from cds.fhir.medications import Medication

MILLIGRAMS = {
    unit: factor
    for factor, units in {
        1.0: "mg milligram milligrams",
        1000.0: "g gm gram grams",
        0.001: "ug mcg µg μg microgram micrograms",
    }.items()
    for unit in units.split()
}
MILLILITRES = {"ml": 1.0, "milliliter": 1.0, "milliliters": 1.0, "millilitre": 1.0, "cc": 1.0, "l": 1000.0}
_COUNTED = (
    "tablet tab tbl capsule cap pill pil each ea unit vial ampule ampul amp syringe syr injection dose actuat actuation"
)
PIECES = frozenset(
    form for word in _COUNTED.split(" ") for form in (word, f"{word}s", f"{word}(s)", f"{{{word}}}", f"[{word}]")
) | {"1"}
MOST = 1e6
"""No amount in a dosage is this large: it is a slip, and not read."""

SAME_WITHIN = 0.02
"""Two strengths on one label that differ by less than this part are one strength, rounded."""

LONGEST = 1000
"""A product name of more characters than this is not read: what it holds stays unstated."""

# A number is read from its first digit and given up as a whole (``++``): a long run of digits is gone through once.
_NUMBER = r"(?:\d++(?:,\d++)*+(?:\.\d++)?+|(?<!\S)\.\d++)"
_MASS = re.compile(
    rf"(?<!\d)(?<!\d[.,])(?P<mass>{_NUMBER})\s*+-?(?P<unit>mg|mcg|g|gm|ug)\b"
    r"(?:\s*+/\s*+(?P<per>\d++(?:\.\d++)?+)?+\s*+(?P<of>ml|l|actuat\w*|tab\w*|cap\w*|vial|syringe|dose)\b)?",
    re.IGNORECASE,
)
_VOLUME = re.compile(r"(?<![/\d.])(?:^|[\s(])(?P<volume>\d++(?:\.\d++)?+)\s*+ml\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Strength:
    """Milligrams in one piece (tablet, vial, syringe) and in one millilitre; None where the product does not say."""

    piece: float | None = None
    ml: float | None = None


UNSTATED = Strength()


def plain_unit(quantity: Quantity) -> str:
    """The unit as lower-case text: the code if it is one we know, else the unit as written."""
    for unit in (quantity.code, quantity.unit):
        word = (unit or "").strip().lower()
        if word in MILLIGRAMS or word in MILLILITRES or word in PIECES:
            return word
    return (quantity.unit or quantity.code or "").strip().lower()


def milligrams(quantity: Quantity | None, strength: Strength = UNSTATED) -> float | None:
    """The amount in milligrams, counted in pieces or millilitres where the strength is known; else None."""
    if quantity is None or quantity.value is None or not 0 <= quantity.value < MOST:
        return None
    unit = plain_unit(quantity)
    if unit in MILLIGRAMS:
        return quantity.value * MILLIGRAMS[unit]
    if unit in MILLILITRES and strength.ml is not None:
        return quantity.value * MILLILITRES[unit] * strength.ml
    if unit in PIECES and strength.piece is not None:
        return quantity.value * strength.piece
    return None


def strength_of(names: Iterable[str], medication: Medication | None = None) -> Strength:
    """The strength by the product's one active ingredient, else by the first name that states exactly one."""
    stated = _of_ingredients(medication) if medication is not None else UNSTATED
    if stated != UNSTATED:
        return stated
    return next((found for found in map(strength_in, names) if found != UNSTATED), UNSTATED)


def _of_ingredients(medication: Medication) -> Strength:
    ratios = [each.strength for each in medication.ingredient if each.strength and each.is_active is not False]
    return _of_ratio(ratios[0]) if len(ratios) == 1 else UNSTATED


def _of_ratio(ratio: Ratio) -> Strength:
    mass, per = milligrams(ratio.numerator), ratio.denominator
    if mass is None:
        return UNSTATED
    if per is None or not per.value:
        return Strength(piece=mass)
    unit = plain_unit(per)
    if unit in MILLILITRES:
        volume = per.value * MILLILITRES[unit]
        return Strength(ml=mass / volume, piece=mass if volume != 1 else None)
    return Strength(piece=mass / per.value) if unit in PIECES or not unit else UNSTATED


def strength_in(name: str) -> Strength:
    """The strength that a product name states; unstated if it states none, or two that differ, or is no such name."""
    return _read(name) if len(name) <= LONGEST else UNSTATED


@lru_cache(maxsize=4096)
def _read(name: str) -> Strength:
    """What the name states; remembered."""
    pieces, per_ml = [], []
    for match in _MASS.finditer(name):
        mass = float(match["mass"].replace(",", "")) * MILLIGRAMS[match["unit"].lower()]
        per = float(match["per"] or 1) or 1.0
        if max(mass, per, mass / per) >= MOST:
            return UNSTATED
        if (match["of"] or "").lower() in MILLILITRES:
            per_ml.append(mass / per)
            pieces += [mass] if per != 1 else []
        else:
            pieces.append(mass / per)
    concentration = _the_one(per_ml)
    volumes = [float(match["volume"]) for match in _VOLUME.finditer(name)]
    if concentration and volumes and not pieces:
        pieces = [concentration * volume for volume in volumes]
    return Strength(piece=_the_one(pieces), ml=concentration)


def _the_one(values: list[float]) -> float | None:
    if not values or max(values) - min(values) > SAME_WITHIN * max(values):
        return None
    return values[0]
