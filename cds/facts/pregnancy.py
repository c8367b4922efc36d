"""Pregnancy: a diagnosis that may be current, a status, a test; or that the question does not arise."""

from __future__ import annotations

from cds.engine.fact import Cause, Fact, Known, Range, Seen, Unknown
from cds.facts.answers import yes_or_no
from cds.facts.catalogue import Type, fact
from cds.facts.demographics import is_male
from cds.facts.interval import low
from cds.facts.problems import note_on
from cds.facts.search import Observed, Search
from cds.facts.view import View
from cds.fhir.elements import CodeableConcept

_FINAL = frozenset({"", "final", "amended", "corrected"})


@fact(
    "caution.pregnancy", Type.BOOL, words="pregnancy", look_back="pregnancy.test_days",
    reads=("patient", "conditions", "observations", "labs"),
)  # fmt: skip
def pregnancy(view: View) -> Fact:
    """True for a current diagnosis, status or positive test.

    False for a man, past the age, past menopause, or with a recent negative test or status; else unknown.
    """
    since = view.days_before(view.number("pregnancy.longest_days"))
    diagnoses = view.conditions("pregnancy")
    current = [hit for hit in diagnoses.hits if hit.active and (hit.bounds is None or hit.bounds.latest >= since)]
    if current:
        return _pregnant(view, tuple(hit.seen for hit in current), note_on(current))
    told = view.observations("pregnancy-status", "pregnancy-test")
    answered = next(((hit, said) for hit in told.hits if (said := _says(view, hit)) is not None), None)
    if answered and answered[1] and (answered[0].when is None or answered[0].when.latest >= since):
        return _pregnant(view, (answered[0].seen,))
    return _does_not_arise(view) or _last_answer(view, told, answered)


def _pregnant(view: View, seen: tuple[Seen, ...], note: str = "") -> Fact:
    """True; of a man it is a contradiction, which is shown and never used."""
    if is_male(view):
        return Unknown("pregnancy is recorded for a man", Cause.IMPLAUSIBLE, seen)
    return Known(True, seen, note)


def _says(view: View, hit: Observed) -> bool | None:
    """Pregnant or not; a preliminary "not" says nothing."""
    value = hit.value
    if isinstance(value, CodeableConcept) and "pregnancy" in view.codes.concepts_of(value):
        return True
    said = yes_or_no(value)
    if said is None:
        said = next((yes for each in hit.interpretation if (yes := yes_or_no(each)) is not None), None)
    return None if said is False and hit.status not in _FINAL else said


def _does_not_arise(view: View) -> Known | None:
    """Known to be false for a man, past the age, or past menopause; None if none of these is known."""
    if is_male(view):
        return Known(False, note="male")
    age = view["patient.age"]
    years = age.value if isinstance(age, Known) else None
    if isinstance(years, float | int | Range) and low(years) >= view.number("pregnancy.until_age"):
        return Known(False, age.seen_in, "past the age")
    menopause = view["patient.menopause_documented"]
    if isinstance(menopause, Known) and menopause.value is True:
        return Known(False, menopause.seen_in, "past menopause")
    return None


def _last_answer(view: View, told: Search[Observed], answered: tuple[Observed, bool] | None) -> Fact:
    if answered is None:
        return told.gap or Unknown("pregnancy status is not recorded, and no test", Cause.NEVER_MEASURED)
    hit, days = answered[0], view.number("pregnancy.test_days")
    if hit.when is None:
        return Unknown("the pregnancy test has no date", Cause.UNDATED, (hit.seen,))
    if hit.when.earliest < view.days_before(days):
        why = f"pregnancy was last asked or tested for on {hit.seen.when}, more than {days:.0f} days ago"
        return Unknown(why, Cause.TOO_OLD, (hit.seen,))
    if not told.newest:
        return told.gap or Known(False, (hit.seen,))
    return Known(False, (hit.seen,))
