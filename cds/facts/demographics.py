"""Who the patient is: age, sex, survival, hospice, menopause."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from cds.engine.fact import Cause, Fact, Known, Range, Seen, Span, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.dates import span
from cds.facts.interval import high, low
from cds.facts.problems import any_of, ever, now
from cds.facts.recognise import has_codes
from cds.facts.search import Event, Observed, Search, presence
from cds.facts.view import View
from cds.fhir.resources import Patient

T = TypeVar("T", Event, Observed)
_SEXES = ("female", "male", "other")


@fact("patient.age", Type.NUMBER, words="age", unit="years", reads=("patient",))
def age(view: View) -> Fact:
    """Whole years of life on ``as_of``; a Range where the birth date is partial."""
    born = view.once(birth)
    if isinstance(born, Unknown):
        return born
    years = years_between(born, Span(view.as_of, view.as_of))
    seen = _seen(view)
    if years.low < 0 or years.low > view.number("patient.oldest"):
        return Unknown("the birth date is not plausible", Cause.IMPLAUSIBLE, seen)
    if years.low == years.high:
        return Known(years.low, seen)
    return Known(years, seen, "the birth date is recorded only in part")


@fact("patient.adult", Type.BOOL, words="adult (by birth date)", reads=("patient",))
def adult(view: View) -> Fact:
    """Whether the patient is of age; unknown if the birth date is too vague to tell."""
    return _at_least(view, view.number("patient.adult_from"))


@fact("patient.sex", Type.CODE, words="sex", codes=_SEXES, reads=("patient",))
def sex(view: View) -> Fact:
    """The administrative sex: female, male or other."""
    patient = view.once(the_patient)
    if isinstance(patient, Unknown):
        return patient
    told = (patient.gender or "").strip().lower()
    if told in _SEXES:
        return Known(told, _seen(view))
    return Unknown("sex is not recorded", Cause.NOT_STATED, _seen(view))


@fact("patient.deceased", Type.BOOL, words="deceased", reads=("patient",))
def deceased(view: View) -> Fact:
    """Whether the patient has died; a date of death still to come is not believed."""
    patient = view.once(the_patient)
    if isinstance(patient, Unknown):
        return patient
    died = span(patient.deceased_date_time)
    if died is not None and died.earliest > view.as_of:
        return Unknown("the date of death is in the future", Cause.IMPLAUSIBLE, _seen(view))
    return Known(bool(patient.deceased_boolean or patient.deceased_date_time), _seen(view))


@fact(
    "patient.hospice", Type.BOOL, words="enrolled in hospice care",
    reads=("conditions", "observations", "procedures", "serviceRequests"), look_back="patient.hospice_days",
)  # fmt: skip
def hospice(view: View) -> Fact:
    """Whether hospice care is recorded as going on, by the codes that the site configured."""
    if not has_codes(view.codes, "hospice"):
        return Known(False, note="no hospice codes are configured")
    orders = view.service_requests("hospice")
    still = [order.seen for order in orders.hits if order.is_open]
    ordered = Known(True, tuple(still)) if still else orders.gap or Known(False)
    done, told = _lately(view, view.procedures("hospice")), _lately(view, view.observations("hospice"))
    return any_of(now(view, "hospice"), ordered, done, told)


def _lately(view: View, search: Search[T]) -> Fact:
    """Whether it was recorded so lately that it still says how things stand; undated counts."""
    first = view.days_before(view.number("patient.hospice_days"))
    hits = tuple(hit for hit in search.hits if hit.when is None or hit.when.latest >= first)
    return presence(Search(hits, search.gap, search.newest))


@fact("patient.menopause_documented", Type.BOOL, words="menopause documented", reads=("conditions", "patient"))
def menopause_documented(view: View) -> Fact:
    """Whether menopause is recorded; never for a man."""
    if is_male(view):
        return Known(False, _seen(view))
    return ever(view, "postmenopausal")


@fact(
    "patient.t_score_applies", Type.BOOL, words="old enough for T-scores, or past menopause",
    reads=("patient", "conditions"),
)  # fmt: skip
def t_score_applies(view: View) -> Fact:
    """Whether bone density is judged by T-score (else by Z-score)."""
    return any_of(_at_least(view, view.number("patient.t_score_from_age")), view["patient.menopause_documented"])


def the_patient(view: View) -> Patient | Unknown:
    """The Patient resource, or why there is none."""
    return view.person() or view.gap("patient") or Unknown("no patient record came", Cause.NOT_READABLE)


def birth(view: View) -> Span | Unknown:
    """The days on which the patient may have been born."""
    patient = view.once(the_patient)
    if isinstance(patient, Unknown):
        return patient
    return view.born() or Unknown("the birth date is not recorded", Cause.NOT_STATED, (Seen(patient.ref),))


def years_between(born: Span, day: Span) -> Range:
    """The fewest and the most whole years of life on that day."""
    return Range(_whole_years(born.latest, day.earliest), _whole_years(born.earliest, day.latest))


def is_male(view: View) -> bool:
    """Whether the patient is known to be male."""
    told = view["patient.sex"]
    return isinstance(told, Known) and told.value == "male"


def _whole_years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _at_least(view: View, years: float) -> Fact:
    told = view["patient.age"]
    if isinstance(told, Unknown):
        return told
    value = told.value
    assert isinstance(value, int | float | Range)
    if low(value) >= years or high(value) < years:
        return Known(low(value) >= years, told.seen_in)
    return Unknown("the birth date is too vague to tell", Cause.AMBIGUOUS, told.seen_in)


def _seen(view: View) -> tuple[Seen, ...]:
    patient = view.once(the_patient)
    return () if isinstance(patient, Unknown) else (Seen(patient.ref),)
