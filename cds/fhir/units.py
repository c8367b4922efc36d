"""Unit spellings as EHRs send them – UCUM in any case, plain English – each as a factor and its dimensions."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final, NamedTuple


class Unit(NamedTuple):
    """So many of the base units (g, m, s, mol, eq, IU, score, HU) to these powers; ``bsa``: per 1.73 square metres."""

    factor: float
    dimensions: tuple[tuple[str, int], ...]


_PREFIXES: Final = {"": 1.0, "k": 1e3, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
_METRIC: Final = {
    "g": (1.0, "g", 1), "m": (1.0, "m", 1), "l": (1e-3, "m", 3), "mol": (1.0, "mol", 1), "eq": (1.0, "eq", 1),
}  # fmt: skip
_DAY: Final = 86_400.0
_FIXED: Final[dict[str, tuple[float, str, int]]] = {
    # UCUM 2.1: international pound, ounce, inch, foot; mean month and Julian year
    "[lb_av]": (453.59237, "g", 1), "[oz_av]": (28.349523125, "g", 1), "[in_i]": (0.0254, "m", 1),
    "[ft_i]": (0.3048, "m", 1), "cc": (1e-6, "m", 3),
    "s": (1.0, "s", 1), "min": (60.0, "s", 1), "h": (3600.0, "s", 1), "d": (_DAY, "s", 1), "wk": (7 * _DAY, "s", 1),
    "mo": (30.4375 * _DAY, "s", 1), "a": (365.25 * _DAY, "s", 1),
    "%": (0.01, "", 0), "1": (1.0, "", 0),
    "[iu]": (1.0, "IU", 1), "[hnsf'u]": (1.0, "HU", 1), "sd": (1.0, "score", 1), "/173m2": (1.0, "bsa", -1),
}  # fmt: skip
_SYNONYMS: Final = {
    "[lb_av]": "lb lbs pound pounds [lb_us] lb_av", "[oz_av]": "oz ounce ounces",
    "[in_i]": "in inch inches in_i [in_us]", "[ft_i]": "ft foot feet",
    "g": "gm gms gram grams", "kg": "kgs kilo kilos kilogram kilograms", "mg": "mgs milligram milligrams",
    "ug": "mcg mcgs ugm microgram micrograms", "ng": "nanogram nanograms",
    "m": "meter meters metre metres", "cm": "cms centimeter centimeters centimetre centimetres",
    "mm": "millimeter millimeters millimetre millimetres",
    "l": "liter liters litre litres", "ml": "milliliter milliliters millilitre millilitres",
    "s": "sec second seconds", "min": "minute minutes", "h": "hr hrs hour hours", "d": "day days",
    "wk": "week weeks wks w", "mo": "month months mos", "a": "y yr yrs year years",
    "[iu]": "iu ius u unit units unt [usp'u] [arb'u] i.u. internationalunit internationalunits [iu]s",
    "[hnsf'u]": "hu hounsfield hounsfieldunit hounsfieldunits [hu]",
    "sd": "t-score tscore t_score z-score zscore z_score score s.d. [sd] standarddeviation standarddeviations",
    "%": "percent pct", "mol": "mole moles", "mmol": "mmole mmoles", "eq": "equivalent equivalents",
}  # fmt: skip
_MICRO: Final = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3", "’": "'", "·": ".", "×": "*", "−": "-"})
_LONGEST: Final = 60
_BODY_SURFACE: Final = re.compile(
    rf"(?:/|(?<![/{{(\[]))[{{(\[]*+(?:1[.,]73[\s._*]*+(?:(?:m|sq)[^/]{{0,{_LONGEST}}})?$|173m2[^/]{{0,{_LONGEST}}}$)"
)
_TERM: Final = re.compile(r"(?P<atom>.*?[a-z\]%'])(?:\^|\*\*)?(?P<power>-?[1-3])?")
_ANNOTATION: Final = re.compile(r"\{([^{}]*)\}")


def _atoms() -> dict[str, tuple[float, str, int]]:
    """Every single unit and its synonyms in lower case; UCUM tells no two of them apart by case alone."""
    atoms = {
        prefix + name: (times * factor, base, power)
        for name, (factor, base, power) in _METRIC.items()
        for prefix, times in _PREFIXES.items()
    }
    atoms.update(_FIXED)
    atoms.update((word, atoms[name]) for name, words in _SYNONYMS.items() for word in words.split())
    return atoms


_ATOMS: Final = _atoms()


def unit_of(text: str) -> Unit | None:
    """The unit of that spelling, whatever its case; None if it is not known."""
    return _read(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=2048)
def _read(text: str) -> Unit | None:
    """The unit of that spelling; remembered."""
    plain = text.translate(_MICRO).lower().strip()
    plain = _BODY_SURFACE.sub("//173m2", plain)
    bare = re.sub(r"\s+", "", _ANNOTATION.sub("", plain))
    if not bare:  # nothing but an annotation, as {T-score}: its words are the unit
        bare = re.sub(r"[\s{}]+", "", plain)
    return _product(bare)


def _product(text: str) -> Unit | None:
    """The unit of terms joined by ``.``, ``*``, ``/`` or ``per``; None if one of them is not known."""
    bsa = text.endswith("//173m2")
    above, *below = text.removesuffix("//173m2").replace("percent", "%").replace("per", "/").rstrip("/").split("/")
    terms = [(term, 1) for term in _factors(above)] + [(term, -1) for part in below for term in _factors(part)]
    factor, powers = 1.0, Counter[str]({"bsa": -1} if bsa else {})
    for term, sign in terms:
        found = _term(term)
        if found is None:
            return None
        factor *= found[0] ** sign
        powers[found[1]] += sign * found[2]
    return Unit(factor, tuple(sorted((base, power) for base, power in powers.items() if base and power)))


def _factors(part: str) -> list[str]:
    """The terms of a product; a spelling that is known as a whole (``s.d.``) is one term, and nothing is ``1``."""
    return [part or "1"] if part in _ATOMS or not part else re.split(r"[.*](?!\*|\d)", part)


def _term(term: str) -> tuple[float, str, int] | None:
    """Factor, base unit and power of one term, as ``cm2``; None if it is not known."""
    if term in _ATOMS:
        return _ATOMS[term]
    match = _TERM.fullmatch(term)
    if match is None or match["atom"] not in _ATOMS:
        return None
    factor, base, power = _ATOMS[match["atom"]]
    times = int(match["power"] or 1)
    return factor**times, base, power * times
