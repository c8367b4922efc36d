"""Values in words: one way to write a number, a range, a date or a set, wherever a person reads it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from math import isinf

from cds.engine.fact import Range, Span, Value

UNIT_WORDS = {
    "": "",
    "1": "",
    "T-score": "",
    "Z-score": "",
    "a": "years",
    "d": "days",
    "mo": "months",
    "mg/d": "mg/day",
    "[iU]": "IU",
}
DAYS_AS_MONTHS = {365: "12 months", 730: "24 months"}


def number(value: float) -> str:
    """At most two decimals, no trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def unit_words(unit: str) -> str:
    """The unit as it is said: ``d`` is days, a score has none; UCUM braces are dropped."""
    return UNIT_WORDS.get(unit, unit.replace("{", "").replace("}", "").replace("_m2", " m2"))


def measure(value: float, unit: str) -> str:
    """The number with its unit: ``8.1 mg/dL``, ``24 months`` for 730 days."""
    if unit == "d" and value in DAYS_AS_MONTHS:
        return DAYS_AS_MONTHS[int(value)]
    return f"{number(value)} {unit_words(unit)}".rstrip()


def listed(words: Iterable[str], joint: str = "and") -> str:
    """``a``; ``a and b``; ``a, b and c``."""
    every = list(words)
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} {joint} {every[-1]}"


def value_words(value: Value, unit: str = "") -> str:
    """Any fact's value as a person would write it."""
    if value is None:
        return "does not apply"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return measure(value, unit)
    if isinstance(value, Range):
        return f"{_range(value)} {unit_words(unit)}".rstrip()
    if isinstance(value, Span):
        return _span(value)
    if isinstance(value, date):
        return value.isoformat()
    return listed(sorted(value)) if isinstance(value, frozenset) else value


def _range(value: Range) -> str:
    if isinf(value.low):
        return f"{'less than' if value.high_open else 'at most'} {number(value.high)}"
    if isinf(value.high):
        return f"{'more than' if value.low_open else 'at least'} {number(value.low)}"
    return number(value.low) if value.low == value.high else f"{number(value.low)} to {number(value.high)}"


def _span(value: Span) -> str:
    if value.earliest == value.latest:
        return value.earliest.isoformat()
    if value.earliest == date.min:
        return f"not later than {value.latest.isoformat()}"
    return f"between {value.earliest.isoformat()} and {value.latest.isoformat()}"
