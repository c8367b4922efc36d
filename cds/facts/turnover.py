"""Bone turnover markers, only ever against the range of the laboratory that measured them, or against each other."""

from __future__ import annotations

from typing import Final

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.interval import Number, surely_above, surely_below
from cds.facts.labs import above_own_range
from cds.facts.problems import any_of
from cds.facts.result import FINAL, Analyte, number_of, results
from cds.facts.search import Observed
from cds.facts.view import View

UNREAD: Final = frozenset({Cause.NOT_READABLE, Cause.NOT_ASKED, Cause.INCOMPLETE})
CTX: Final = Analyte("CTX", ("ctx",), "ctx", "ng/mL", "ctx", "", "high")
P1NP: Final = Analyte("P1NP", ("p1np",), "p1np", "ng/mL", "p1np", "", "high")
RECENT_CTX: Final = Analyte("CTX", ("ctx",), "ctx", "ng/mL", "ctx", "turnover.trend_days", "high")


@fact(
    "turnover.ctx_above_range", Type.BOOL, words="CTX above its laboratory's range",
    look_back="turnover.trend_days", reads=("labs",),
)  # fmt: skip
def ctx_above_range(view: View) -> Fact:
    """True if the latest CTX is above the range of its own laboratory; assays differ too much for any other range."""
    return above_own_range(view, RECENT_CTX)


@fact(
    "turnover.ctx_rising_p1np_falling", Type.BOOL, words="CTX rising while P1NP falls",
    look_back="turnover.trend_days", reads=("labs",),
)  # fmt: skip
def uncoupled(view: View) -> Fact:
    """True if CTX rose and P1NP fell between the first and last result of the period; needs two of each."""
    ctx, p1np = _first_and_last(view, CTX), _first_and_last(view, P1NP)
    if isinstance(ctx, Unknown):
        return ctx
    if isinstance(p1np, Unknown):
        return p1np
    (first_ctx, last_ctx), (first_p1np, last_p1np) = ctx, p1np
    rises, falls = _rises(view, CTX, first_ctx, last_ctx), _rises(view, P1NP, last_p1np, first_p1np)
    seen = tuple(each.seen for each in (first_ctx, last_ctx, first_p1np, last_p1np))
    if False in (rises, falls):
        return Known(False, seen)
    if None in (rises, falls):
        return Unknown("CTX or P1NP: the change cannot be told", Cause.AMBIGUOUS, seen)
    return Known(True, seen)


@fact(
    "turnover.signal", Type.BOOL, words="CTX above its laboratory's range, or rising while P1NP falls",
    look_back="turnover.trend_days", reads=("labs",), optional=True,
)  # fmt: skip
def signal(view: View) -> Fact:
    """Either of the two; markers that were not measured, or without a range, are no signal and keep nothing open."""
    told = (view["turnover.ctx_above_range"], view["turnover.ctx_rising_p1np_falling"])
    unread = [each for each in told if isinstance(each, Unknown) and each.cause in UNREAD]
    found = any_of(*(each for each in told if isinstance(each, Known)), *unread)
    missing = "; ".join(each.why for each in told if isinstance(each, Unknown))
    return Known(False, found.seen_in, missing) if isinstance(found, Known) and not found.value else found


def _first_and_last(view: View, marker: Analyte) -> tuple[Observed, Observed] | Unknown:
    """The oldest and the newest final result of the period."""
    search = results(view, marker)
    since = view.days_before(view.number("turnover.trend_days"))
    dated = [hit for hit in search.hits if hit.status in FINAL and hit.when and hit.when.earliest >= since]
    if search.gap and not search.newest:
        return search.gap
    if len({hit.when for hit in dated}) < 2:
        return Unknown(f"{marker.words} was not measured twice", Cause.NEVER_MEASURED, tuple(hit.seen for hit in dated))
    return dated[-1], dated[0]


def _rises(view: View, marker: Analyte, first: Observed, last: Observed) -> bool | None:
    """Whether the value is higher in the second; None if a value cannot be read or the two may be equal."""
    low_, high_ = number_of(view, marker, first), number_of(view, marker, last)
    if isinstance(low_, Unknown) or isinstance(high_, Unknown):
        return None
    return _is_higher(high_, low_)


def _is_higher(number: Number, than: Number) -> bool | None:
    if isinstance(than, float) and isinstance(number, float):
        return number > than
    if isinstance(than, float):
        return True if surely_above(number, than) else None
    return True if isinstance(number, float) and surely_below(than, number) else None
