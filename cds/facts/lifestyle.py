"""Smoking, alcohol, weight, falls, family and disease that add to fracture risk. They are named as reasons, no more."""

from __future__ import annotations

import re
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Range, Unknown
from cds.facts.answers import yes_or_no
from cds.facts.catalogue import Type, fact
from cds.facts.interval import Number, computed, high, low, surely_above
from cds.facts.problems import any_of, ever, now, settled, with_events
from cds.facts.recognise import names_of
from cds.facts.result import Analyte, latest
from cds.facts.search import Observed
from cds.facts.view import View
from cds.facts.weight import weight
from cds.facts.written_number import as_quantity, as_sent, unit_text
from cds.fhir.elements import CodeableConcept

_SMOKED: Final = re.compile(r"\b(?:former(?:ly)?|ex|quit|past|never|non|not|no)\b", re.IGNORECASE)
_SMOKES: Final = re.compile(r"\b(?:current(?:ly)?|smoker|smokes|every day|daily|some days?)\b", re.IGNORECASE)
_UNSURE: Final = re.compile(r"\b(?:unknown|unsure|declined|not asked|never assessed)\b", re.IGNORECASE)
_A_DAY: Final = re.compile(r"|1|\{?drinks?\}?|(?:\{?drinks?\}?)?/(?:d|day)|drinks?perday|standarddrinks?/(?:d|day)")
_A_WEEK: Final = re.compile(r"(?:\{?drinks?\}?)?/(?:wk|week)|drinks?perweek")
_DAYS_A_WEEK: Final = 7
_PERSISTS: Final = frozenset(
    {"premature-menopause", "surgical-menopause", "bariatric-surgery", "osteogenesis-imperfecta"}
)

BMI: Final = Analyte("body mass index", ("bmi",), "bmi", "kg/m2", "bmi", "fresh.weight_days")
HEIGHT: Final = Analyte("body height", ("height",), "length", "m", "height")


@fact("lifestyle.smoking", Type.BOOL, words="smokes", reads=("observations", "conditions"))
def smoking(view: View) -> Fact:
    """What the latest smoking status says; without one, whether smoking is an active problem or only a past one."""
    told = view.observations("smoking-status")
    for hit in told.hits:
        said = _smokes(view, hit)
        if said is not None and told.newest:
            return Known(said, (hit.seen,))
    problem = now(view, "smoker")
    if not isinstance(problem, Known) or problem.value is True:
        return problem
    past = ever(view, "ex-smoker", "never-smoker")
    if isinstance(past, Known) and past.value is True:
        return Known(False, past.seen_in)
    return told.gap or Unknown("smoking status is not recorded", Cause.NEVER_MEASURED)


@fact(
    "lifestyle.alcohol", Type.BOOL, words="alcohol above the limit, or harmful use",
    reads=("observations", "conditions"),
)  # fmt: skip
def alcohol(view: View) -> Fact:
    """Whether the latest number of drinks a day is above the limit, or harmful use is an active problem."""
    return any_of(now(view, "alcohol-use"), _drinks_above(view))


@fact(
    "lifestyle.low_bmi", Type.BOOL, words="low body mass index", look_back="fresh.weight_days", reads=("observations",)
)
def low_bmi(view: View) -> Fact:
    """Whether the latest body mass index, recorded or from weight and height, is at or below the limit."""
    told = latest(view, BMI).fact
    if isinstance(told, Unknown):
        told = _bmi_of_weight(view) or told
    number = told.value if isinstance(told, Known) else None
    if not isinstance(number, float | Range):
        return told
    limit = view.number("lifestyle.low_bmi")
    if high(number) <= limit or surely_above(number, limit):
        return Known(high(number) <= limit, told.seen_in)
    return Unknown("the body mass index is not told closely enough", Cause.AMBIGUOUS, told.seen_in)


@fact(
    "lifestyle.falls", Type.BOOL, words="falls", look_back="lifestyle.falls_days", reads=("observations", "conditions")
)
def falls(view: View) -> Fact:
    """Whether falls are a problem, or were told of in the look-back."""
    told = view.observations("falls-history")
    since = view.days_before(view.number("lifestyle.falls_days"))
    answers = [(hit, _fell(hit)) for hit in told.hits if hit.when and hit.when.earliest >= since]
    said = next(((hit, fell) for hit, fell in answers if fell is not None), None)
    asked: Fact = told.gap or Unknown("falls were not asked about", Cause.NEVER_MEASURED)
    if said:
        asked = Known(said[1], (said[0].seen,))
    return any_of(now(view, "falls-recorded"), asked)


@fact("lifestyle.parental_hip_fracture", Type.BOOL, words="hip fracture of a parent", reads=("conditions",))
def parental_hip_fracture(view: View) -> Fact:
    """Whether a parent's hip fracture is on the problem list."""
    return ever(view, "parental-hip-fracture")


@fact("lifestyle.rheumatoid_arthritis", Type.BOOL, words="rheumatoid arthritis", reads=("conditions",))
def rheumatoid_arthritis(view: View) -> Fact:
    """Rheumatoid arthritis, in remission too."""
    return ever(view, "rheumatoid-arthritis")


@fact(
    "lifestyle.secondary_cause", Type.BOOL, words="disease that can cause osteoporosis",
    reads=("conditions", "procedures"),
)  # fmt: skip
def secondary_cause(view: View) -> Fact:
    """A disease that can cause osteoporosis and goes on; early menopause and bariatric surgery count for ever."""
    search = view.conditions("secondary-osteoporosis-cause")
    hits = [hit for hit in search.hits if hit.active or hit.concepts & _PERSISTS]
    return with_events(settled(hits, search.gap), view.procedures("bariatric-surgery"))


def _smokes(view: View, hit: Observed) -> bool | None:
    value = hit.value
    concepts = view.codes.concepts_of(value) if isinstance(value, CodeableConcept) else frozenset()
    if concepts & {"smoker", "ex-smoker", "never-smoker"}:
        return "smoker" in concepts
    names = names_of((value,)) if isinstance(value, CodeableConcept) else [value] if isinstance(value, str) else []
    for name in names:
        if not _UNSURE.search(name) and (_SMOKED.search(name) or _SMOKES.search(name)):
            return not _SMOKED.search(name)
    return yes_or_no(value)


def _drinks_above(view: View) -> Fact:
    told = view.observations("alcohol-per-day")
    hit = next((hit for hit in told.hits if hit.value is not None), None)
    if hit is None or not told.newest:
        return told.gap or Unknown("drinks a day are not recorded", Cause.NEVER_MEASURED)
    drinks = _a_day(hit)
    if drinks is None:
        return Unknown("drinks a day: unit not convertible", Cause.UNIT, (hit.seen,))
    limit = view.number("lifestyle.alcohol_drinks_per_day")
    if surely_above(drinks, limit) or high(drinks) <= limit:
        return Known(surely_above(drinks, limit), (hit.seen,))
    return Unknown("drinks a day are not told closely enough", Cause.AMBIGUOUS, (hit.seen,))


def _a_day(hit: Observed) -> Number | None:
    quantity = as_quantity(hit.value)
    number = as_sent(quantity) if quantity else None
    if quantity is None or number is None:
        return None
    unit = unit_text(quantity)
    if _A_WEEK.fullmatch(unit):
        return computed(lambda drinks: drinks / _DAYS_A_WEEK, number) if low(number) > float("-inf") else None
    return number if _A_DAY.fullmatch(unit) else None


def _bmi_of_weight(view: View) -> Fact | None:
    """From a fresh weight and the latest height; None if either is not known."""
    kilograms, metres = weight(view), latest(view, HEIGHT)
    if kilograms.number is None or metres.number is None:
        return None
    value = computed(lambda mass, length: mass / length**2, kilograms.number, metres.number)
    return Known(value, (*kilograms.fact.seen_in, *metres.fact.seen_in))


def _fell(hit: Observed) -> bool | None:
    """Whether the answer tells of falls: yes, a number above none, or no."""
    said = yes_or_no(hit.value)
    quantity = as_quantity(hit.value)
    if said is None and quantity is not None and quantity.value is not None and not quantity.comparator:
        return quantity.value > 0
    return said
