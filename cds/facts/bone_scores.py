"""T-scores and Z-scores of central DXA: the lowest of the latest study decides.

Sites that count are lumbar spine, hip, femur and forearm; heel and other peripheral sites never do. T-scores are used
from the age, or documented menopause, at which they apply; otherwise Z-scores are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Final

from cds.engine.fact import Cause, Fact, Known, Range, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.interval import Number, hull, least, shown
from cds.facts.recognise import names_of
from cds.facts.result import FINAL, Analyte, not_fresh, number_of, plausible, results
from cds.facts.search import Observed, Search
from cds.facts.view import View
from cds.fhir.elements import CodeableConcept

T_SCORE: Final = Analyte("T-score", ("t-score",), "score", "1", "t_score")
Z_SCORE: Final = Analyte("Z-score", ("z-score",), "score", "1", "z_score")
READS: Final = ("boneDensity", "diagnosticReports", "patient")
CONTRADICTED: Final = "different scores of one site on one day ({}): which of them holds is not known"
NEVER_COUNTS: Final = "dxa-calcaneus"
PERIPHERAL: Final = ("calcane", "heel", "finger", "phalan", "tibia", "peripheral")
"""Words of body sites whose scores never count."""


@fact("bone.t_score.lowest", Type.NUMBER, words="lowest T-score of the latest DXA", unit="T-score", reads=READS)
def lowest_t_score(view: View) -> Fact:
    """The lowest T-score among the sites of the latest study; None where T-scores do not apply."""
    return _where_t_applies(view, True, lambda: _lowest_of_latest_study(view, T_SCORE))


@fact("bone.t_score.lowest_ever", Type.NUMBER, words="lowest T-score ever", unit="T-score", reads=READS)
def lowest_t_score_ever(view: View) -> Fact:
    """The lowest T-score of any study: osteoporosis stays diagnosed after the density has improved."""
    return _where_t_applies(view, True, lambda: _lowest_ever(view, T_SCORE))


@fact("bone.z_score.lowest", Type.NUMBER, words="lowest Z-score of the latest DXA", unit="Z-score", reads=READS)
def lowest_z_score(view: View) -> Fact:
    """The lowest Z-score among the sites of the latest study; None where T-scores apply instead."""
    return _where_t_applies(view, False, lambda: _lowest_of_latest_study(view, Z_SCORE))


def scores(view: View, score: Analyte) -> Search[Observed]:
    """Every final score of a site that counts, newest first."""
    return view.once(_scores_of(score))


@lru_cache
def _scores_of(score: Analyte) -> Callable[[View], Search[Observed]]:
    """The reader of those scores: one for each kind, so that a view remembers what it read."""
    return lambda view: _read_scores(view, score)


def _read_scores(view: View, score: Analyte) -> Search[Observed]:
    search = results(view, score)
    counted = tuple(hit for hit in search.hits if hit.status in FINAL and _site_counts(hit))
    return Search(counted, search.gap, search.newest)


def _where_t_applies(view: View, wanted: bool, read: Callable[[], Fact]) -> Fact:
    """What is read, if whether T-scores apply is as wanted; None if it is not."""
    applies = view["patient.t_score_applies"]
    if isinstance(applies, Unknown):
        return applies
    if applies.value is not wanted:
        instead = "T-scores apply" if applies.value else "at this age and before menopause Z-scores apply"
        return Known(None, applies.seen_in, f"{instead} instead")
    return read()


def _lowest_of_latest_study(view: View, score: Analyte) -> Fact:
    search = scores(view, score)
    dated = [hit for hit in search.hits if hit.when]
    if search.gap and not (dated and search.newest):
        return search.gap
    if not dated:
        return _none(score, search)
    late = not_fresh(view, score, dated[0])
    if late or dated[0].when is None:
        return late or _none(score, search)
    since = dated[0].when.earliest - timedelta(days=view.number("bone.study_days"))
    return _lowest(view, score, [hit for hit in dated if hit.when and hit.when.latest >= since])


def _lowest_ever(view: View, score: Analyte) -> Fact:
    search = scores(view, score)
    if not search.hits:
        return search.gap or _none(score, search)
    found = _lowest(view, score, list(search.hits))
    if search.gap is None or not isinstance(found, Known):
        return found
    numbers = (found.value, Range(*plausible(view, score)))
    return Known(least(each for each in numbers if isinstance(each, float | Range)), found.seen_in, search.gap.why)


def _lowest(view: View, score: Analyte, study: list[Observed]) -> Fact:
    """The lowest; a range where a score cannot be read, and so may be any plausible one, or where two contradict each
    other, and either may hold. The note says so.
    """
    read = [number_of(view, score, hit) for hit in study]
    unread = [each for each in read if isinstance(each, Unknown)]
    if len(unread) == len(read):
        return unread[0]
    numbers: list[Number] = [Range(*plausible(view, score)) if isinstance(each, Unknown) else each for each in read]
    told = _by_site_and_day(study, numbers) if len(study) > 1 else [numbers]
    differing = [list(dict.fromkeys(map(shown, several))) for several in told]
    notes = [each.why for each in unread] + [CONTRADICTED.format(", ".join(it)) for it in differing if len(it) > 1]
    return Known(least(map(hull, told)), tuple(hit.seen for hit in study), "; ".join(notes))


def _by_site_and_day(study: list[Observed], numbers: list[Number]) -> list[list[Number]]:
    """What one site was told to have on one day, as far as anything tells sites apart."""
    told: dict[object, list[Number]] = {}
    for hit, number in zip(study, numbers, strict=True):
        day = hit.seen.when if hit.when else id(hit)  # without a date they may be of different days
        told.setdefault((_place(hit.code), _place(hit.body_site), day), []).append(number)
    return [*told.values()]


def _place(told: CodeableConcept | None) -> object:
    """Where, as far as codes and text tell."""
    return told and (told.text, tuple((each.system, each.code) for each in told.coding))


def _none(score: Analyte, search: Search[Observed]) -> Unknown:
    if search.hits:
        return Unknown(f"{score.words}: no result has a date", Cause.UNDATED, search.seen)
    return Unknown(f"{score.words} was never measured", Cause.NEVER_MEASURED)


def _site_counts(hit: Observed) -> bool:
    """Whether neither the code nor the body site names a peripheral site."""
    words = " ".join(names_of((hit.body_site, hit.code))).casefold()
    return NEVER_COUNTS not in hit.concepts and not any(site in words for site in PERIPHERAL)
