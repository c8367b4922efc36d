"""Which bone density studies were done or ordered, and whether osteoporosis was ever diagnosed.

A central DXA is seen as a score or density of a site that counts, or as a study, report or procedure. Heel and other
peripheral scans are none.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Range, Seen, Span, Unknown
from cds.facts.bone_scores import T_SCORE, Z_SCORE, scores
from cds.facts.catalogue import Type, fact
from cds.facts.drug_use import span_told
from cds.facts.problems import any_of, ever
from cds.facts.result import FINAL, PRELIMINARY
from cds.facts.search import presence
from cds.facts.view import View
from cds.fhir.when import whole_months

CENTRAL: Final = "dxa-central-study"
DENSITIES: Final = ("bmd-spine", "bmd-hip", "bmd-femur", "bmd-forearm", CENTRAL)
REPORTED: Final = FINAL | PRELIMINARY | {"partial"}
PERFORMED: Final = frozenset({"completed", "unknown", ""})
SOURCES: Final = ("boneDensity", "diagnosticReports", "procedures")
Study = tuple[Span | None, Seen]


@fact("bone.dxa.last_done", Type.DATE, words="last central DXA", reads=SOURCES)
def last_done(view: View) -> Fact:
    """The day of the latest central DXA; None if there was none; up to now if newer ones may be missed."""
    done, gap = _studies(view), view.gap(*SOURCES)
    dated = sorted(((when, seen) for when, seen in done if when), key=lambda each: each[0].latest)
    if not dated:
        return gap or (_undated(done) if done else Known(None, note="no central DXA is recorded"))
    when, seen = dated[-1]
    if gap:
        return Known(Span(when.earliest, max(view.as_of, when.latest)), (seen,), f"or later: {gap.why}")
    return Known(when.earliest if when.earliest == when.latest else when, (seen,))


@fact("bone.dxa.months_since", Type.NUMBER, words="months since the last central DXA", unit="mo", reads=SOURCES)
def months_since(view: View) -> Fact:
    """Completed months since the latest central DXA; None if there was none; a Range where its day is not known."""
    last = view["bone.dxa.last_done"]
    if isinstance(last, Unknown) or last.value is None:
        return last
    day = span_told(last)
    least, most = (float(max(whole_months(each, view.as_of), 0)) for each in (day.latest, day.earliest))
    return Known(most if least == most else Range(least, most), last.seen_in, last.note)


@fact("bone.dxa.ever_done", Type.BOOL, words="central DXA ever done", reads=SOURCES)
def ever_done(view: View) -> Fact:
    """Whether any central DXA is recorded."""
    done = _studies(view)
    if done:
        return Known(True, tuple(seen for _, seen in done))
    return view.gap(*SOURCES) or Known(False)


@fact("bone.dxa.recent", Type.BOOL, words="central DXA done recently", look_back="dxa.repeat_days", reads=SOURCES)
def recent(view: View) -> Fact:
    """Whether a central DXA was done within the time after which it is repeated."""
    first, done = view.days_before(view.number("dxa.repeat_days")), _studies(view)
    certain = tuple(seen for when, seen in done if when and when.earliest >= first)
    if certain:
        return Known(True, certain)
    doubtful = [(when, seen) for when, seen in done if when is None or when.latest >= first]
    if doubtful:
        return _undated(doubtful)
    return view.gap(*SOURCES) or Known(False, tuple(seen for _, seen in done))


@fact(
    "bone.dxa.ordered", Type.BOOL, words="central DXA ordered", look_back="order.open_days",
    reads=("serviceRequests",),
)  # fmt: skip
def ordered(view: View) -> Fact:
    """Whether a central DXA is in the draft orders, or ordered, not yet done, and the order not too old."""
    first = view.days_before(view.number("order.open_days"))
    orders = view.service_requests(CENTRAL)
    open_ = [order for order in orders.hits if order.is_open]
    certain = tuple(order.seen for order in open_ if order.when and order.when.earliest >= first)
    doubtful = [(order.when, order.seen) for order in open_ if order.when is None or order.when.latest >= first]
    waiting: Fact = Known(True, certain) if certain else orders.gap or Known(False)
    if doubtful and not certain:
        waiting = _undated(doubtful)
    return any_of(presence(view.drafted(CENTRAL), "in the draft orders"), waiting)


@fact("bone.osteoporosis_diagnosed", Type.BOOL, words="osteoporosis diagnosed", reads=("conditions",))
def diagnosed(view: View) -> Fact:
    """Whether osteoporosis was ever diagnosed; the diagnosis persists."""
    return ever(view, "osteoporosis")


def _studies(view: View) -> tuple[Study, ...]:
    """Every central DXA that was done, with its date, nothing of the future."""
    measured = [hit for score in (T_SCORE, Z_SCORE) for hit in scores(view, score).hits]
    measured += [hit for hit in view.observations(*DENSITIES).hits if hit.status in REPORTED]
    events = [hit for hit in view.reports(CENTRAL).hits if hit.status in REPORTED]
    events += [hit for hit in view.procedures(CENTRAL).hits if hit.status in PERFORMED]
    found = {(seen := hit.seen): (hit.when, seen) for hit in measured}
    found.update({(seen := hit.seen): (hit.when, seen) for hit in events})
    return tuple(each for each in found.values() if not _in_future(each[0], view.as_of))


def _in_future(when: Span | None, as_of: date) -> bool:
    return when is not None and when.earliest > as_of


def _undated(studies: list[Study] | tuple[Study, ...]) -> Unknown:
    return Unknown("central DXA: date missing or not exact", Cause.UNDATED, tuple(seen for _, seen in studies))
