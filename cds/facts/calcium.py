"""Calcium in blood: ionised before laboratory-corrected before our own correction, and the newest of them decides.

Of calcium results of one day the ionised one is preferred, then the one that the laboratory corrected for albumin, then
total calcium, which is corrected here if an albumin is known and used as it is, and said so, if not. A calcium that is
older than the deciding one is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from cds.engine.fact import Fact, Known
from cds.facts.catalogue import Type, fact
from cds.facts.formulas import corrected_calcium
from cds.facts.interval import Number, computed
from cds.facts.result import Analyte, Latest, believed, last_day, latest, nearest
from cds.facts.search import Observed
from cds.facts.view import View

IONISED: Final = Analyte(
    "ionised calcium", ("calcium-ionised",), "calcium", "mmol/L", "calcium_ionised", "fresh.calcium_days", "low"
)
CORRECTED: Final = Analyte(
    "corrected calcium", ("calcium-corrected",), "calcium", "mg/dL", "calcium_total", "fresh.calcium_days", "low"
)
TOTAL: Final = Analyte("calcium", ("calcium-total",), "calcium", "mg/dL", "calcium_total", "fresh.calcium_days", "low")
ALBUMIN: Final = Analyte("albumin", ("albumin",), "albumin", "g/dL", "albumin", "fresh.calcium_days", "high")
KINDS: Final = (IONISED, CORRECTED, TOTAL)
READS: Final = ("labs",)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The calcium that decides: which kind it is, and what its results say."""

    kind: Analyte
    latest: Latest

    @property
    def measured(self) -> bool:
        """Whether there is any result of it."""
        return bool(self.latest.results or self.latest.pending)


def chosen(view: View) -> Chosen:
    """The newest calcium of any kind; of one day the first usable kind in the order of preference."""
    found = [Chosen(kind, latest(view, kind)) for kind in KINDS]
    measured = [each for each in found if each.measured]
    if not measured:
        return found[-1]
    newest = max(each.latest.day or date.min for each in measured)
    of_that_day = [each for each in measured if (each.latest.day or date.min) == newest]
    return next((each for each in of_that_day if each.latest.known), of_that_day[0])


def newer_preliminary(view: View) -> dict[Analyte, tuple[Observed, ...]]:
    """The preliminary calcium results of each kind that are as new as the calcium that decides, or newer."""
    day = view.once(chosen).latest.day or date.min
    pending = {kind: latest(view, kind).pending for kind in KINDS}
    return {kind: tuple(each for each in some if last_day(each) >= day) for kind, some in pending.items()}


@fact(
    "calcium.corrected", Type.NUMBER, words="calcium corrected for albumin", unit="mg/dL",
    look_back="fresh.calcium_days", reads=READS,
)  # fmt: skip
def corrected(view: View) -> Fact:
    """The laboratory's corrected calcium, else total calcium corrected here; None when an ionised calcium decides."""
    decides = view.once(chosen)
    if decides.kind is IONISED:
        return Known(None, note="an ionised calcium decides: no other is newer")
    if decides.kind is CORRECTED or decides.latest.number is None:
        return decides.latest.fact
    return _own_correction(view, decides.latest.number, decides.latest)


@fact(
    "calcium.ionised", Type.NUMBER, words="ionised calcium", unit="mmol/L",
    look_back="fresh.calcium_days", reads=READS,
)  # fmt: skip
def ionised(view: View) -> Fact:
    """The ionised calcium; None when a newer total or corrected calcium decides, or only that was measured."""
    decides = view.once(chosen)
    if decides.kind is IONISED or not decides.measured:
        return decides.latest.fact
    return Known(None, note="a total calcium decides: no usable ionised one is as new")


@fact("calcium.known", Type.BOOL, words="a usable calcium", look_back="fresh.calcium_days", reads=READS)
def known(view: View) -> Fact:
    """True if a calcium of any kind can be used; else unknown for the same reason as that calcium."""
    usable = view["calcium.ionised"] if view.once(chosen).kind is IONISED else view["calcium.corrected"]
    return Known(True, usable.seen_in, usable.note) if isinstance(usable, Known) else usable


@fact("calcium.uncorrected", Type.BOOL, words="calcium used without correction for albumin", reads=READS)
def uncorrected(view: View) -> Fact:
    """True if the calcium that is used is a total calcium and no albumin is known to correct it."""
    decides = view.once(chosen)
    if decides.latest.number is None:
        return decides.latest.fact
    return Known(decides.kind is TOTAL and view.once(albumin_of).number is None, decides.latest.fact.seen_in)


def albumin_of(view: View) -> Latest:
    """The albumin that calcium is corrected for: of the same specimen's day, or of the closest day not far from it."""
    day = view.once(chosen).latest.day
    return nearest(view, ALBUMIN, day, view.number("calcium.albumin_days")) if day else latest(view, ALBUMIN)


def at_normal_albumin(view: View, total: Number) -> Number | None:
    """Total calcium corrected here, in mg/dL; None if no albumin is known."""
    albumin = view.once(albumin_of).number
    if albumin is None:
        return None
    return computed(corrected_calcium, believed(view, TOTAL, total), believed(view, ALBUMIN, albumin))


def _own_correction(view: View, total: Number, decides: Latest) -> Known:
    value, albumin = at_normal_albumin(view, total), view.once(albumin_of).fact
    if value is None:
        why = albumin.why if not isinstance(albumin, Known) else ""
        return Known(total, decides.fact.seen_in, f"not corrected for albumin ({why})")
    notes = (decides.fact, albumin)
    told = [each.note for each in notes if isinstance(each, Known) and each.note]
    return Known(value, (*decides.fact.seen_in, *albumin.seen_in), "; ".join(("corrected for albumin here", *told)))
