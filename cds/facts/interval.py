"""Numbers that are known exactly or only between two bounds, and the arithmetic that keeps their uncertainty."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from cds.engine.fact import Range

Number = float | Range


def low(value: Number) -> float:
    """The least that the value can be."""
    return value.low if isinstance(value, Range) else value


def high(value: Number) -> float:
    """The most that the value can be."""
    return value.high if isinstance(value, Range) else value


def surely_above(value: Number, bound: float) -> bool:
    """Whether every number that the value can be is above the bound."""
    return low(value) > bound or (isinstance(value, Range) and value.low == bound and value.low_open)


def surely_below(value: Number, bound: float) -> bool:
    """Whether every number that the value can be is below the bound."""
    return high(value) < bound or (isinstance(value, Range) and value.high == bound and value.high_open)


def hull(values: Iterable[Number]) -> Number:
    """The narrowest value that covers all of them: itself if they agree, else a Range."""
    known = tuple(values)
    if len(known) == 1 or len(set(known)) == 1:
        return known[0]
    bottom, top = min(map(low, known)), max(map(high, known))
    return Range(bottom, top, _all_open(known, bottom, low), _all_open(known, top, high))


def least(values: Iterable[Number]) -> Number:
    """The lowest of them, as far as it is certain."""
    known = tuple(values)
    bottom, top = min(map(low, known)), min(map(high, known))
    if bottom == top:
        return bottom
    return Range(bottom, top, _all_open(known, bottom, low), _any_open(known, top))


def computed(formula: Callable[..., float], *values: Number) -> Number:
    """The formula's value to two decimals; of Ranges, the Range from its least to its greatest value over their ends.

    Right for a formula that rises or falls with each of its numbers without turning. The ends must be finite.
    """
    if Range not in map(type, values):
        return rounded(formula(*values))
    ends = [(low(value), high(value)) if isinstance(value, Range) else (value,) for value in values]
    outcomes = [formula(*corner) for corner in itertools.product(*ends)]
    return rounded(hull((min(outcomes), max(outcomes))))


def scaled(value: Number, factor: float) -> Number:
    """The value times a positive factor."""
    if isinstance(value, Range):
        return Range(value.low * factor, value.high * factor, value.low_open, value.high_open)
    return value * factor


def rounded(value: Number) -> Number:
    """The value to two decimals: what is beyond them is a trace of conversion, and no laboratory's measurement."""
    if isinstance(value, Range):
        return Range(round(value.low, 2), round(value.high, 2), value.low_open, value.high_open)
    return round(float(value), 2)


def within(value: Number, bottom: float, top: float) -> Number:
    """The value with its open-ended bounds drawn in to what is plausible."""
    if not isinstance(value, Range):
        return value
    return Range(max(value.low, bottom), min(value.high, top))


def shown(value: Number) -> str:
    """The value as a reader expects it: ``8.4``, ``more than 60``, ``at most 4``, ``between 8 and 9``."""
    if not isinstance(value, Range):
        return f"{value:.10g}"
    if value.high == float("inf"):
        return f"{'more than' if value.low_open else 'at least'} {value.low:.10g}"
    if value.low == float("-inf"):
        return f"{'less than' if value.high_open else 'at most'} {value.high:.10g}"
    return f"between {value.low:.10g} and {value.high:.10g}"


def _all_open(values: tuple[Number, ...], bound: float, end: Callable[[Number], float]) -> bool:
    at_bound = [value for value in values if end(value) == bound]
    return all(isinstance(value, Range) and (value.low_open if end is low else value.high_open) for value in at_bound)


def _any_open(values: tuple[Number, ...], bound: float) -> bool:
    return any(isinstance(value, Range) and value.high == bound and value.high_open for value in values)
