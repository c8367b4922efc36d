"""Bone density seen on CT: L1 attenuation and volumetric density. Optional: where nothing usable is there, None.

Both have no public code that could be verified, so they are only read under codes that a site configured.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Span, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.drug_use import span_told
from cds.facts.interval import Number
from cds.facts.result import FINAL, Analyte, latest, number_of, results
from cds.facts.search import Observed
from cds.facts.view import View

L1_HU: Final = Analyte("L1 attenuation", ("l1-hu",), "hounsfield", "HU", "hu")
VBMD: Final = Analyte("QCT density", ("qct-vbmd",), "density", "mg/cm3", "vbmd")
READS: Final = ("boneDensity", "diagnosticReports")
Pair = tuple[Observed, Observed]


@fact("bone.hu.latest", Type.NUMBER, words="L1 attenuation on CT", unit="HU", reads=READS, optional=True)
def hu(view: View) -> Fact:
    """The latest L1 attenuation."""
    return optional(latest(view, L1_HU).fact)


@fact("bone.vbmd.latest", Type.NUMBER, words="bone density by QCT", unit="mg/cm3", reads=READS, optional=True)
def vbmd(view: View) -> Fact:
    """The latest volumetric density."""
    return optional(latest(view, VBMD).fact)


@fact(
    "bone.hu.change_percent", Type.NUMBER, words="change of L1 attenuation since before treatment", unit="%",
    reads=READS, optional=True,
)  # fmt: skip
def hu_change_percent(view: View) -> Fact:
    """From the last value before the course to the latest, in percent; a fall is negative."""
    return _change(view, L1_HU, percent=True)


@fact(
    "bone.hu.change_hu", Type.NUMBER, words="change of L1 attenuation since before treatment", unit="HU",
    reads=READS, optional=True,
)  # fmt: skip
def hu_change(view: View) -> Fact:
    """From the last value before the course to the latest; a fall is negative."""
    return _change(view, L1_HU, percent=False)


@fact(
    "bone.vbmd.change_percent", Type.NUMBER, words="change of QCT density since before treatment", unit="%",
    reads=READS, optional=True,
)  # fmt: skip
def vbmd_change_percent(view: View) -> Fact:
    """From the last value before the course to the latest, in percent; a fall is negative."""
    return _change(view, VBMD, percent=True)


@fact(
    "bone.ct.dxa_since", Type.BOOL, words="central DXA since the latest density on CT",
    reads=(*READS, "procedures"), optional=True,
)  # fmt: skip
def dxa_since(view: View) -> Fact:
    """Whether a central DXA was done on or after the day of the latest density on CT; None without one."""
    pairs = [_before_and_after(view, analyte) for analyte in (L1_HU, VBMD)]
    scans = [pair[1].when for pair in pairs if not isinstance(pair, str) and pair[1].when]
    if not scans:
        return Known(None, note="; ".join(dict.fromkeys(pair for pair in pairs if isinstance(pair, str))))
    last, scan = view["bone.dxa.last_done"], max(scans, key=lambda when: when.latest)
    if isinstance(last, Unknown) or last.value is None:
        return last if isinstance(last, Unknown) else Known(False)
    day = span_told(last)
    if day.earliest >= scan.latest or day.latest < scan.earliest:
        return Known(day.earliest >= scan.latest, last.seen_in)
    return Unknown("whether the DXA came after the CT is not known", Cause.UNDATED, last.seen_in)


def optional(found: Fact) -> Known:
    """The fact; None with the reason where it is unknown, so that it never keeps a question open."""
    return found if isinstance(found, Known) else Known(None, found.seen_in, found.why)


def _change(view: View, analyte: Analyte, *, percent: bool) -> Known:
    pair = _before_and_after(view, analyte)
    if isinstance(pair, str):
        return Known(None, note=pair)
    before, after = (number_of(view, analyte, each) for each in pair)
    seen = tuple(each.seen for each in pair)
    value = _difference(before, after, percent)
    return Known(value, seen, "" if value is not None else f"{analyte.words}: the change cannot be computed")


def _difference(before: Number | Unknown, after: Number | Unknown, percent: bool) -> float | None:
    if not isinstance(before, float) or not isinstance(after, float) or (percent and before <= 0):
        return None
    return 100 * (after - before) / before if percent else after - before


def _before_and_after(view: View, analyte: Analyte) -> Pair | str:
    """The last result that is certainly not after the start of the course and the latest one after it, or why not."""
    start = view["ici.course_start"]
    began = _first_day(start.value) if isinstance(start, Known) else None
    if began is None:
        return "no course of treatment with a known start" + (f": {start.why}" if isinstance(start, Unknown) else "")
    search = results(view, analyte)
    dated = [hit for hit in search.hits if hit.status in FINAL and hit.when]
    before = [hit for hit in dated if hit.when and hit.when.latest <= began]
    after = [hit for hit in dated if hit.when and began < hit.when.earliest <= view.as_of]
    if not before or not after:
        lacking = f"{analyte.words}: no value {'before' if not before else 'since'} the start of treatment"
        return f"{lacking} was seen; {search.gap.why}" if search.gap else lacking
    return before[0], after[0]


def _first_day(value: object) -> date | None:
    return value.earliest if isinstance(value, Span) else value if isinstance(value, date) else None
