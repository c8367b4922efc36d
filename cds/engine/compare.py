"""One fact held against one limit. Ranges and partial dates answer only where every value in them agrees."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

from cds.engine.fact import Range, Span, Unknown
from cds.engine.rule import Facts, Limit, Test
from cds.engine.truth import Truth, truth

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
Compared = Callable[[object, Limit, date], Truth]
Claim = Callable[[Facts], Truth]


def _certainly(always: bool, never: bool) -> Truth:
    return TRUE if always else FALSE if never else UNKNOWN


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number was expected, not {value!r}")
    return value


def at_least(value: object, limit: Limit, _as_of: date) -> Truth:
    """Value >= limit."""
    bound = cast(float, limit)
    if isinstance(value, Range):
        never = value.high < bound or (value.high == bound and value.high_open)
        return _certainly(value.low >= bound, never)
    return truth(_number(value) >= bound)


def above(value: object, limit: Limit, _as_of: date) -> Truth:
    """Value > limit."""
    bound = cast(float, limit)
    if isinstance(value, Range):
        always = value.low > bound or (value.low == bound and value.low_open)
        return _certainly(always, value.high <= bound)
    return truth(_number(value) > bound)


def at_most(value: object, limit: Limit, as_of: date) -> Truth:
    """Value <= limit."""
    return _flip(above(value, limit, as_of))


def below(value: object, limit: Limit, as_of: date) -> Truth:
    """Value < limit."""
    return _flip(at_least(value, limit, as_of))


def _flip(claim: Truth) -> Truth:
    return claim if claim is UNKNOWN else FALSE if claim is TRUE else TRUE


def equals(value: object, limit: Limit, _as_of: date) -> Truth:
    """Value is the limit: a yes or no, or a code."""
    if type(value) is not type(limit):
        raise TypeError(f"{value!r} cannot be compared with {limit!r}")
    return truth(value == limit)


def within(value: object, limit: Limit, _as_of: date) -> Truth:
    """The code is one of the limit's; a set of codes shares at least one with it."""
    wanted = cast("frozenset[str]", limit)
    if isinstance(value, frozenset):
        return truth(bool(wanted & value))
    return truth(value in wanted)


def within_days(value: object, limit: Limit, as_of: date) -> Truth:
    """The date lies in the given number of days up to and including ``as_of``."""
    first = as_of - timedelta(days=int(cast(float, limit)))
    if isinstance(value, Span):
        always = value.earliest >= first and value.latest <= as_of
        return _certainly(always, value.latest < first or value.earliest > as_of)
    if not isinstance(value, date):
        raise TypeError(f"a date was expected, not {value!r}")
    return truth(first <= value <= as_of)


OPS: dict[str, Compared] = {
    "is": equals,
    "in": within,
    "at_least": at_least,
    "at_most": at_most,
    "above": above,
    "below": below,
    "within_days": within_days,
}


_PLAIN: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}


def truth_of(name: str, op: str, limit: Limit, facts: Facts) -> Truth:
    """What is held of one comparison now, without compiling it: for traces and the few facts made of comparisons."""
    fact = facts[name]
    if isinstance(fact, Unknown):
        return UNKNOWN
    return FALSE if fact.value is None else OPS[op](fact.value, limit, facts.as_of)


def claim(test: Test) -> Claim:
    """The test as a function of facts. A fact that does not apply (value None) makes it false."""
    if test.op == "is":
        return _is_claim(test.fact, test.limit)
    if test.op in _PLAIN and isinstance(test.limit, int | float):
        return _number_claim(test.fact, test.op, test.limit)
    return _compared(test.fact, test.limit, OPS[test.op])


def _is_claim(name: str, limit: Limit) -> Claim:
    """``is`` without a call below it: two tests in three are of this kind."""
    kind = type(limit)

    def held(facts: Facts) -> Truth:
        fact = facts[name]
        if fact.__class__ is Unknown:
            return UNKNOWN
        value = fact.value  # type: ignore[union-attr]  # isinstance would cost as much as the rest
        if value.__class__ is kind:
            return TRUE if value == limit else FALSE
        return FALSE if value is None else equals(value, limit, facts.as_of)

    return held


def _number_claim(name: str, op: str, limit: float) -> Claim:
    """The same for the comparisons of numbers, most of which meet a plain one."""
    plain, compare = _PLAIN[op], OPS[op]

    def held(facts: Facts) -> Truth:
        fact = facts[name]
        if fact.__class__ is Unknown:
            return UNKNOWN
        value = fact.value  # type: ignore[union-attr]
        if value.__class__ is float:
            return TRUE if plain(value, limit) else FALSE
        return FALSE if value is None else compare(value, limit, facts.as_of)

    return held


def _compared(name: str, limit: Limit, compare: Compared) -> Claim:
    def held(facts: Facts) -> Truth:
        fact = facts[name]
        if fact.__class__ is Unknown:
            return UNKNOWN
        value = fact.value  # type: ignore[union-attr]
        return FALSE if value is None else compare(value, limit, facts.as_of)

    return held
