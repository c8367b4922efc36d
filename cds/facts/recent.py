"""Which tests were done recently enough not to be asked for again, whatever their value was.

A result counts here even while it is preliminary or in a unit that cannot be read: it was measured. An implausible or
undated result settles nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Span, Unknown
from cds.facts.calcium import ALBUMIN, KINDS
from cds.facts.catalogue import Type, fact
from cds.facts.kidney import CREATININE, EGFR
from cds.facts.labs import VITAMIN_D
from cds.facts.problems import any_of
from cds.facts.result import FINAL, PRELIMINARY, Analyte, not_fresh, number_of, results
from cds.facts.search import Observed
from cds.facts.sources import DRUG_SOURCES
from cds.facts.turnover import CTX, P1NP
from cds.facts.view import View

Doubt = Callable[[View, Analyte, Observed], Unknown | None]
READS: Final = ("labs",)
FOLLOWED: Final = ("labs", *DRUG_SOURCES)
COUNTED: Final = FINAL | PRELIMINARY
_LONG_AGO: Final = date(1900, 1, 1)


@fact("recent.calcium", Type.BOOL, words="calcium measured recently", look_back="fresh.calcium_days", reads=READS)
def calcium(view: View) -> Fact:
    """True if a calcium of any kind was measured."""
    return _any(view, KINDS)


@fact("recent.albumin", Type.BOOL, words="albumin measured recently", look_back="fresh.calcium_days", reads=READS)
def albumin(view: View) -> Fact:
    """True if albumin was measured."""
    return _any(view, (ALBUMIN,))


@fact("recent.creatinine", Type.BOOL, words="creatinine measured recently", look_back="fresh.kidney_days", reads=READS)
def creatinine(view: View) -> Fact:
    """True if creatinine was measured."""
    return _any(view, (CREATININE,))


@fact("recent.egfr", Type.BOOL, words="eGFR known recently", look_back="fresh.kidney_days", reads=READS)
def egfr(view: View) -> Fact:
    """True if an eGFR was reported, or can be computed from a recent creatinine."""
    usable = view["lab.egfr"]
    return Known(True, usable.seen_in, usable.note) if isinstance(usable, Known) else _any(view, (EGFR,))


@fact("recent.vitamin_d", Type.BOOL, words="vitamin D measured recently", look_back="fresh.vitamin_d_days", reads=READS)
def vitamin_d(view: View) -> Fact:
    """True if 25-OH vitamin D was measured."""
    return _any(view, (VITAMIN_D,))


@fact("recent.ctx", Type.BOOL, words="CTX measured since shortly before treatment", reads=READS)
def ctx(view: View) -> Fact:
    """True if CTX was measured since the months before the course of treatment began."""
    return _any(view, (CTX,), _before_baseline)


@fact("recent.p1np", Type.BOOL, words="P1NP measured since shortly before treatment", reads=READS)
def p1np(view: View) -> Fact:
    """True if P1NP was measured since the months before the course of treatment began."""
    return _any(view, (P1NP,), _before_baseline)


@fact("reassessed.calcium", Type.BOOL, words="calcium reassessed on treatment", reads=FOLLOWED)
def reassessed_calcium(view: View) -> Fact:
    """True if calcium of any kind was measured late enough in the course to be its reassessment."""
    return _reassessed(view, KINDS)


@fact("reassessed.vitamin_d", Type.BOOL, words="vitamin D reassessed on treatment", reads=FOLLOWED)
def reassessed_vitamin_d(view: View) -> Fact:
    """True if 25-OH vitamin D was measured late enough in the course to be its reassessment."""
    return _reassessed(view, (VITAMIN_D,))


@fact("reassessed.ctx", Type.BOOL, words="CTX reassessed on treatment", reads=FOLLOWED)
def reassessed_ctx(view: View) -> Fact:
    """True if CTX was measured late enough in the course to be its reassessment."""
    return _reassessed(view, (CTX,))


@fact("reassessed.p1np", Type.BOOL, words="P1NP reassessed on treatment", reads=FOLLOWED)
def reassessed_p1np(view: View) -> Fact:
    """True if P1NP was measured late enough in the course to be its reassessment."""
    return _reassessed(view, (P1NP,))


def _any(view: View, analytes: tuple[Analyte, ...], doubt: Doubt = not_fresh) -> Fact:
    """True if one of them was measured in time; false only if everything was read and none was."""
    return any_of(*(_measured(view, analyte, doubt) for analyte in analytes))


def _measured(view: View, analyte: Analyte, doubt: Doubt) -> Fact:
    search = results(view, analyte)
    counted = [hit for hit in search.hits if hit.status in COUNTED]
    open_: Unknown | None = None
    for hit in counted:
        why = doubt(view, analyte, hit) or _implausible(view, analyte, hit)
        if why is None:
            return Known(True, (hit.seen,))
        if why.cause is not Cause.TOO_OLD:
            open_ = open_ or why
    missed = search.gap if search.gap and not (search.newest and counted) else None
    return open_ or missed or Known(False, tuple(hit.seen for hit in counted))


def _implausible(view: View, analyte: Analyte, hit: Observed) -> Unknown | None:
    number = number_of(view, analyte, hit)
    return number if isinstance(number, Unknown) and number.cause is Cause.IMPLAUSIBLE else None


def _before_baseline(view: View, analyte: Analyte, hit: Observed) -> Unknown | None:
    """Why the result may be no baseline of this course; None if it certainly is one."""
    stale = not_fresh(view, analyte, hit)
    if stale or hit.when is None:
        return stale
    start = view["ici.course_start"]
    first, last = _days_of(start, view.as_of)
    lead = timedelta(days=view.number("turnover.before_course_days"))
    if hit.when.earliest >= last - lead:
        return None
    words, seen = analyte.words, (hit.seen,)
    if hit.when.latest < first - lead:
        return Unknown(f"{words}: the last is of {hit.seen.when}, before this treatment", Cause.TOO_OLD, seen)
    return start if isinstance(start, Unknown) else Unknown(f"{words}: date not exact", Cause.UNDATED, seen)


def _reassessed(view: View, analytes: tuple[Analyte, ...]) -> Fact:
    """Whether it was measured late enough in the course; None while it is not known whether there is one."""
    phase = view["ici.phase"]
    if isinstance(phase, Unknown):
        return Known(None, note=phase.why)
    return _any(view, analytes, _before_reassessment)


def _before_reassessment(view: View, analyte: Analyte, hit: Observed) -> Unknown | None:
    """Why the result may be no reassessment of this course; None if it certainly is one."""
    stale = not_fresh(view, analyte, hit)
    if hit.when is None or (stale and stale.cause is not Cause.TOO_OLD):
        return stale
    start = view["ici.course_start"]
    first, last = _days_of(start, view.as_of)
    after = timedelta(days=view.number("surveillance.labs_after_days"))
    if hit.when.earliest >= last + after:
        return None
    words, seen = analyte.words, (hit.seen,)
    if hit.when.latest < first + after:
        return Unknown(f"{words}: the last is of {hit.seen.when}, too early", Cause.TOO_OLD, seen)
    return start if isinstance(start, Unknown) else Unknown(f"{words}: date not exact", Cause.UNDATED, seen)


def _days_of(start: Fact, as_of: date) -> tuple[date, date]:
    """The first and last day on which the course can have begun; a course that has not begun begins today."""
    value = start.value if isinstance(start, Known) else None
    if isinstance(start, Unknown):
        return _LONG_AGO, as_of
    if isinstance(value, Span):
        return value.earliest, value.latest
    return (value, value) if isinstance(value, date) else (as_of, as_of)
