"""Calcium against the range of the laboratory that measured it, or the usual range where the laboratory sent none.

A total calcium that was corrected here is held, corrected, against the laboratory's range; above that range it counts
uncorrected too. A preliminary calcium counts if it is out of range, and never as evidence that calcium is in range.
"""

from __future__ import annotations

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.calcium import IONISED, READS, TOTAL, at_normal_albumin, chosen, newer_preliminary
from cds.facts.catalogue import Type, fact
from cds.facts.interval import Number, high, low, scaled, surely_above, surely_below
from cds.facts.reference_range import Side, side_of, side_told
from cds.facts.result import Analyte, not_fresh, number_of
from cds.facts.search import Observed
from cds.facts.view import View
from cds.facts.written_number import as_quantity, as_sent, unit_text

Placed = tuple[Observed, set[Side]]


@fact(
    "calcium.above_range", Type.BOOL, words="calcium above its laboratory's range",
    look_back="fresh.calcium_days", reads=READS,
)  # fmt: skip
def above_range(view: View) -> Fact:
    """True if the calcium that decides is above its laboratory's range."""
    return _on_side(view, Side.ABOVE)


@fact(
    "calcium.below_range", Type.BOOL, words="calcium below its laboratory's range",
    look_back="fresh.calcium_days", reads=READS,
)  # fmt: skip
def below_range(view: View) -> Fact:
    """True if the calcium that decides is below its laboratory's range."""
    return _on_side(view, Side.BELOW)


def _on_side(view: View, side: Side) -> Fact:
    decides = view.once(chosen)
    final, pending = view.once(_final_and_pending)
    out = tuple(each.seen for each, sides in (*final, *pending) if side in sides)
    if out:
        return Known(True, out)
    fact_ = decides.latest.fact
    readable = isinstance(fact_, Known) or fact_.cause is Cause.UNIT
    if readable and final and all(sides for _, sides in final):
        return Known(False, tuple(each.seen for each, _ in final))
    unclear = Unknown("calcium: whether it is in range cannot be told", Cause.AMBIGUOUS, fact_.seen_in)
    return fact_ if isinstance(fact_, Unknown) else unclear


def _final_and_pending(view: View) -> tuple[list[Placed], list[Placed]]:
    """Where the results of the calcium that decides lie, and preliminary ones that are as new."""
    decides = view.once(chosen)
    final = _placed(view, decides.kind, decides.latest.results)
    return final, [each for kind, some in newer_preliminary(view).items() for each in _placed(view, kind, some)]


def _placed(view: View, kind: Analyte, results: tuple[Observed, ...]) -> list[Placed]:
    """Where each result lies that is recent enough."""
    return [(each, _sides(view, kind, each)) for each in results if not_fresh(view, kind, each) is None]


def _sides(view: View, kind: Analyte, result: Observed) -> set[Side]:
    """Where the result lies; nothing if that cannot be told."""
    told = side_told(result.value, result.reference_range, result.interpretation)
    number = number_of(view, kind, result)
    if isinstance(number, Unknown):
        return _told(told) if number.cause is Cause.UNIT else set()
    corrected = at_normal_albumin(view, number) if kind is TOTAL else None
    if corrected is None:
        return _told(told or _by_limits(view, kind, number))
    place = _in_own_range(result, corrected, number) or _by_limits(view, kind, corrected)
    return _told(place, told if told is Side.ABOVE else None)


def _told(*sides: Side | None) -> set[Side]:
    return {side for side in sides if side}


def _in_own_range(result: Observed, corrected: Number, total: Number) -> Side | None:
    """Where the corrected value lies in the range of the total calcium; None if the laboratory sent none."""
    quantity = as_quantity(result.value)
    sent = as_sent(quantity) if quantity else None
    if quantity is None or not isinstance(sent, float) or not isinstance(total, float):
        return None
    return side_of(scaled(corrected, sent / total), result.reference_range, unit_text(quantity))


def _by_limits(view: View, kind: Analyte, number: Number) -> Side | None:
    """Where the number lies in the usual range."""
    stem = "calcium.ionised_" if kind is IONISED else "calcium."
    bottom, top = view.number(f"{stem}low"), view.number(f"{stem}high")
    if surely_below(number, bottom):
        return Side.BELOW
    if surely_above(number, top):
        return Side.ABOVE
    return Side.WITHIN if low(number) >= bottom and high(number) <= top else None
