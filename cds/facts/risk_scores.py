"""Scores: FRAX and Mel-ICI as others computed them, and OST computed here.

FRAX is read and never computed. It is adjusted for a high glucocorticoid dose unless the entry says that it already is,
in the texts of its code or method; where these may mean either, it is both with and without adjustment.
"""

from __future__ import annotations

from typing import Final

from cds.engine.compare import above
from cds.engine.fact import Cause, Fact, Known, Range, Unknown
from cds.engine.truth import Truth
from cds.facts.catalogue import Type, fact
from cds.facts.ct_density import optional
from cds.facts.formulas import osteoporosis_self_assessment
from cds.facts.frax_wording import says_adjusted
from cds.facts.interval import Number, computed, high, hull, low, rounded, scaled, shown
from cds.facts.problems import any_of
from cds.facts.recognise import has_codes, names_of
from cds.facts.result import FINAL, Analyte, believed, latest, not_fresh, results
from cds.facts.search import Observed
from cds.facts.view import View
from cds.facts.weight import WEIGHT, weight
from cds.facts.written_number import as_quantity, as_sent, unit_text

FRAX_MOF: Final = Analyte("FRAX major fracture probability", ("frax-mof",), "percent", "%", "frax")
FRAX_HIP: Final = Analyte("FRAX hip fracture probability", ("frax-hip",), "percent", "%", "frax")
RECENT_FRAX: Final = tuple(
    Analyte(each.words, each.concepts, each.kind, each.unit, each.plausible, "frax.repeat_days")
    for each in (FRAX_MOF, FRAX_HIP)
)
MEL_ICI: Final = Analyte("Mel-ICI fracture score", ("mel-ici-score",), "score", "1", "mel_ici")
READS: Final = ("boneDensity", "diagnosticReports", "patient")
UNCLEAR: Final = "its words do not tell whether it is adjusted for glucocorticoids: with and without adjustment"


@fact("frax.mof", Type.NUMBER, words="FRAX probability of a major fracture", unit="%", reads=READS)
def frax_mof(view: View) -> Fact:
    """The latest FRAX entry, adjusted; None at an age for which FRAX was not made."""
    return _frax(view, FRAX_MOF, view.number("frax.glucocorticoid_mof_factor"))


@fact("frax.hip", Type.NUMBER, words="FRAX probability of a hip fracture", unit="%", reads=READS)
def frax_hip(view: View) -> Fact:
    """The latest FRAX entry, adjusted; None at an age for which FRAX was not made."""
    return _frax(view, FRAX_HIP, view.number("frax.glucocorticoid_hip_factor"))


@fact("frax.age_applies", Type.BOOL, words="of an age for FRAX", reads=("patient",))
def age_applies(view: View) -> Fact:
    """Whether FRAX was made for the patient's age."""
    age = view["patient.age"]
    if isinstance(age, Unknown) or not isinstance(age.value, int | float | Range):
        return age
    first, last = view.number("frax.age_from"), view.number("frax.age_to")
    if low(age.value) >= first and high(age.value) <= last:
        return Known(True, age.seen_in)
    if high(age.value) < first or low(age.value) > last:
        return Known(False, age.seen_in)
    return Unknown("the birth date is recorded only in part", Cause.AMBIGUOUS, age.seen_in)


@fact("frax.recent", Type.BOOL, words="FRAX recorded recently", look_back="frax.repeat_days", reads=READS)
def recent(view: View) -> Fact:
    """Whether any FRAX probability was recorded within the time after which it is repeated."""
    return any_of(*(_is_recent(view, each) for each in RECENT_FRAX))


@fact(
    "ost.score", Type.NUMBER, words="OST score", unit="1",
    look_back="fresh.weight_days", reads=("observations", "patient"),
)  # fmt: skip
def ost(view: View) -> Fact:
    """The Osteoporosis Self-assessment Tool: from weight and age, as a decimal."""
    mass, age = weight(view), view["patient.age"]
    if mass.number is None:
        return mass.fact
    if isinstance(age, Unknown) or not isinstance(age.value, int | float | Range):
        return age
    value = computed(osteoporosis_self_assessment, believed(view, WEIGHT, mass.number), age.value)
    return Known(value, (*mass.fact.seen_in, *age.seen_in))


@fact(
    "mel_ici.score", Type.NUMBER, words="Mel-ICI fracture score", unit="1",
    reads=("observations", "diagnosticReports"), optional=True,
)  # fmt: skip
def mel_ici(view: View) -> Fact:
    """The recorded score under the codes that the site configured; None without one. It is never computed."""
    if not has_codes(view.codes, "mel-ici-score"):
        return Known(None, note="no codes for this score are configured")
    return optional(latest(view, MEL_ICI).fact)


def _is_recent(view: View, entry: Analyte) -> Fact:
    search = results(view, entry)
    dated = [(hit, not_fresh(view, entry, hit)) for hit in search.hits if hit.status in FINAL]
    certain = tuple(hit.seen for hit, stale in dated if stale is None)
    doubts = [stale for _, stale in dated if stale and stale.cause is not Cause.TOO_OLD]
    if certain or not (doubts or search.gap):
        return Known(bool(certain), certain)
    return doubts[0] if doubts else search.gap or Known(False)


def _frax(view: View, entry: Analyte, factor: float) -> Fact:
    applies = view["frax.age_applies"]
    if isinstance(applies, Unknown):
        return applies
    if applies.value is False:
        return Known(None, applies.seen_in, "FRAX was not made for this age")
    found = latest(view, entry)
    ambiguous = _fractions(found.results)
    if ambiguous:
        return ambiguous
    if found.number is None or not found.known:
        return found.fact
    return _adjusted(view, found.known, found.number, factor, _says_adjusted(found.results))


def _adjusted(view: View, entry: Known, value: Number, factor: float, is_adjusted: Truth) -> Known:
    """The probability with the glucocorticoid factor if the dose calls for it; a Range if that is not known."""
    if is_adjusted is Truth.TRUE:
        return Known(value, entry.seen_in, "adjusted for glucocorticoids by its own word")
    dose, limit = view["glucocorticoid.daily_mg"], view.number("frax.glucocorticoid_above_mg")
    high_dose = Truth.UNKNOWN if isinstance(dose, Unknown) else _above(dose, limit, view)
    if high_dose is Truth.FALSE:
        return entry
    raised = rounded(scaled(value, factor))
    if is_adjusted is Truth.UNKNOWN:
        return Known(hull((value, raised)), (*entry.seen_in, *dose.seen_in), UNCLEAR)
    if high_dose is Truth.TRUE:
        return Known(raised, (*entry.seen_in, *dose.seen_in), f"{shown(value)} % adjusted here for glucocorticoids")
    return Known(hull((value, raised)), entry.seen_in, "glucocorticoid dose unknown: with and without adjustment")


def _above(dose: Known, limit: float, view: View) -> Truth:
    return Truth.FALSE if dose.value is None else above(dose.value, limit, view.as_of)


def _fractions(entries: tuple[Observed, ...]) -> Unknown | None:
    """Why an entry of 1 or less that does not say per cent cannot be used; None if every entry is clear."""
    unclear = [each for each in entries if _may_be_fraction(each)]
    if not unclear:
        return None
    seen = tuple(each.seen for each in unclear)
    return Unknown("FRAX: 1 or less and no %: a fraction or per cent?", Cause.AMBIGUOUS, seen)


def _may_be_fraction(entry: Observed) -> bool:
    quantity = as_quantity(entry.value)
    sent = as_sent(quantity) if quantity else None
    return quantity is not None and sent is not None and high(sent) <= 1 and unit_text(quantity) in ("", "1")


def _says_adjusted(entries: tuple[Observed, ...]) -> Truth:
    """Whether all of them say so; unknown if they do not agree."""
    told = {says_adjusted(names_of((it.code, it.resource.code, it.resource.method))) for it in entries}
    return told.pop() if len(told) == 1 else Truth.UNKNOWN
