"""Kidney function: creatinine, eGFR for the denosumab warning, creatinine clearance for bisphosphonates.

eGFR and clearance are not interchangeable: each label means its own. A race-based eGFR is not read.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Range, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.formulas import FEMALE, MALE, creatinine_clearance, egfr_ckd_epi_2021
from cds.facts.interval import Number, computed
from cds.facts.result import Analyte, Latest, Preliminary, believed, last_day, latest, numbers_of, worsened
from cds.facts.search import Observed
from cds.facts.view import View
from cds.facts.weight import WEIGHT, weight

CREATININE: Final = Analyte(
    "creatinine", ("creatinine",), "creatinine", "mg/dL", "creatinine", "fresh.kidney_days", "high"
)
EGFR_2021: Final = Analyte(
    "eGFR (CKD-EPI 2021)", ("egfr-ckd-epi-2021",), "egfr", "mL/min/{1.73_m2}", "egfr", "fresh.kidney_days", "low"
)
MDRD: Final = "egfr-mdrd"
EGFR: Final = Analyte("eGFR", ("egfr",), "egfr", "mL/min/{1.73_m2}", "egfr", "fresh.kidney_days", "low", MDRD)


@fact("lab.creatinine", Type.NUMBER, words="creatinine", unit="mg/dL", look_back="fresh.kidney_days", reads=("labs",))
def creatinine(view: View) -> Fact:
    """The latest creatinine."""
    return latest(view, CREATININE).fact


@fact(
    "lab.egfr", Type.NUMBER, words="eGFR", unit="mL/min/{1.73_m2}",
    look_back="fresh.kidney_days", reads=("labs", "patient"),
)  # fmt: skip
def egfr(view: View) -> Fact:
    """The newest eGFR; of one day: reported by CKD-EPI 2021, else otherwise (not MDRD), else computed, else MDRD."""
    serum, by_2021, reported = latest(view, CREATININE), latest(view, EGFR_2021), latest(view, EGFR)
    here = Latest(_computed_egfr(view, serum.fact, serum.number), serum.day)
    is_mdrd = all(MDRD in each.concepts for each in reported.results)
    decides = newest_known((by_2021, *((here, reported) if is_mdrd else (reported, here))))
    if decides.known is None or decides.number is None:
        return decides.fact
    day = decides.day or view.as_of
    return worsened(EGFR, decides.known, decides.number, _preliminary(view, day, serum, by_2021, reported))


@fact(
    "lab.crcl", Type.NUMBER, words="creatinine clearance", unit="mL/min",
    look_back="fresh.kidney_days", reads=("labs", "observations", "patient"),
)  # fmt: skip
def clearance(view: View) -> Fact:
    """Creatinine clearance by Cockcroft and Gault with the actual weight."""
    serum, mass, person = latest(view, CREATININE), weight(view), _person(view)
    if isinstance(person, Unknown) or serum.number is None or mass.number is None:
        return _first_unknown("creatinine clearance", serum.fact, mass.fact, person)
    age, sex = person
    value = computed(
        lambda mg_dl, years, kg: creatinine_clearance(mg_dl, years, kg, sex),
        believed(view, CREATININE, serum.number), age, believed(view, WEIGHT, mass.number),
    )  # fmt: skip
    note = "Cockcroft-Gault with actual weight"
    return Known(value, (*serum.fact.seen_in, *mass.fact.seen_in), _with_notes(note, serum.fact, mass.fact))


def newest_known(candidates: tuple[Latest, ...]) -> Latest:
    """The first known candidate of the newest day on which there is any result; if none is known, one that says why."""
    days = [each.day for each in candidates if each.day]
    newest = [each for each in candidates if each.day == max(days)] if days else list(candidates)
    telling = [each for each in newest if isinstance(each.fact, Known) or each.fact.cause is not Cause.NEVER_MEASURED]
    return next((each for each in newest if each.known), (*telling, newest[-1])[0])


def _computed_egfr(view: View, serum: Fact, mg_dl: Number | None) -> Fact:
    person = _person(view)
    if isinstance(person, Unknown) or mg_dl is None:
        return _first_unknown("eGFR", serum, person)
    age, sex = person
    value = computed(lambda serum, age: egfr_ckd_epi_2021(serum, age, sex), believed(view, CREATININE, mg_dl), age)
    return Known(value, serum.seen_in, _with_notes("computed by CKD-EPI 2021 from creatinine", serum))


def _preliminary(view: View, day: date, serum: Latest, *reported: Latest) -> list[Preliminary]:
    """Preliminary eGFR values, reported or computed, that are not older than that day."""
    found = [each for some in reported for each in numbers_of(view, EGFR, _since(day, some.pending))]
    for seen, mg_dl in numbers_of(view, CREATININE, _since(day, serum.pending)):
        here = Latest(_computed_egfr(view, Known(mg_dl, (seen,)), mg_dl))
        if here.number is not None:
            found.append((seen, here.number))
    return found


def _since(day: date, some: tuple[Observed, ...]) -> tuple[Observed, ...]:
    return tuple(each for each in some if last_day(each) >= day)


def _person(view: View) -> tuple[Number, str] | Unknown:
    """Age in years and sex, if both formulas can use them."""
    age, sex = view["patient.age"], view["patient.sex"]
    if isinstance(age, Unknown):
        return age
    if isinstance(sex, Unknown):
        return sex
    if sex.value not in (FEMALE, MALE) or not isinstance(age.value, int | float | Range):
        return Unknown("its formula is for female and male patients", Cause.NOT_STATED, sex.seen_in)
    return age.value, str(sex.value)


def _first_unknown(what: str, *parts: Fact | tuple[Number, str]) -> Unknown:
    """Why it cannot be computed: the first part that is unknown."""
    missing = [part for part in parts if isinstance(part, Unknown)]
    why = "; ".join(part.why for part in missing)
    return Unknown(f"{what} cannot be computed: {why}", missing[0].cause, missing[0].seen_in)


def _with_notes(note: str, *facts: Fact) -> str:
    return "; ".join((note, *(each.note for each in facts if isinstance(each, Known) and each.note)))
