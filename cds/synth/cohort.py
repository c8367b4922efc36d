"""People as a cancer centre's population has them: every probability is a figure of ``fixtures/synthetic/cohort.yaml``.

Fractures happen at the published rates: a probability of rate times time, on a day drawn evenly from that time.
"""

from __future__ import annotations

from typing import Final

from cds.synth.dice import Dice
from cds.synth.gallery import egfr, family
from cds.synth.life import Course, Done, Life, Problem, Reading, Scan, Use
from cds.synth.sources import codes, figures, people

COHORT: Final = "cohort"
YEAR: Final = 365
_LONGEST: Final = 730
_YOUNGEST, _OLDEST = 24, 94
_CYCLE_DAYS: Final = {"d": 1, "wk": 7}
_PER: Final = 1000


def drawn_life(dice: Dice) -> Life:
    """One person of the population."""
    life = _person(dice)
    _cancer_history(dice, life)
    _fractures(dice, life)
    _bone_agents(dice, life)
    _other_drugs(dice, life)
    _measurements(dice, life)
    life.told = _told(life)
    return life


def _figure(name: str) -> float:
    return figures()[name].value


def _person(dice: Dice) -> Life:
    names = people()
    male = dice.chance(_figure("male"))
    cancer = dice.weighted(names.cancers_male if male else names.cancers_female)
    age = round(min(max(dice.normal(_figure("age_mean"), _figure("age_spread")), _YOUNGEST), _OLDEST))
    life = Life(
        story=COHORT,
        told="",
        sex="male" if male else "female",
        age=age,
        given=dice.one_of(names.given_male if male else names.given_female),
        family=family(dice),
        cancer=cancer,
        course=_course(dice, cancer),
        cancer_days=dice.whole(20, 900),
        birthday=dice.whole(1, 364),
        weight=round(dice.normal(82 if male else 69, 12)),
        height=round(dice.normal(176 if male else 163, 6)),
    )
    _death(dice, life)
    return life


def _death(dice: Dice, life: Life) -> None:
    """Perhaps the person died, after the last dose."""
    if dice.chance(_figure("deceased")) and life.course.ended:
        life.died = dice.whole(1, life.course.ended)


def _course(dice: Dice, cancer: str) -> Course:
    """Not begun, going on, or ended within the last year."""
    agents = [dice.weighted(_for(cancer, people().agents))]
    if dice.chance(_figure("dual_ici")):
        partner = dice.weighted(_for(cancer, people().partners))
        agents = ["nivolumab", partner] if partner == "ipilimumab" else [partner]
    times, unit = codes().drugs[agents[0]].every
    every = times * _CYCLE_DAYS[unit]
    draw = dice.share()
    if draw < _figure("starting"):
        return Course(tuple(agents), 0, every)
    ended = dice.whole(30, 300) if draw < _figure("starting") + _figure("ended") else 0
    return Course(tuple(agents), ended + dice.whole(every, _LONGEST - ended), every, ended)


def _for(cancer: str, by_cancer: dict[str, dict[str, float]]) -> dict[str, float]:
    return by_cancer.get(cancer) or by_cancer["otherwise"]


def _cancer_history(dice: Dice, life: Life) -> None:
    start = life.course.days
    if dice.chance(_figure("bone_metastasis")):
        life.problems.append(Problem("bone-metastasis", start + dice.whole(1, 90)))
        if dice.chance(_figure("bone_metastasis_treated")):
            _oncology_agent(dice, life)
    if dice.chance(_figure("chemotherapy")):
        life.problems.append(Problem("prior-chemotherapy", start + dice.whole(20, 500)))
    if dice.chance(_figure("radiotherapy")):
        life.procedures.append(Done("prior-radiotherapy", start + dice.whole(20, 500)))
    if life.cancer == "prostate-cancer":
        life.uses.append(Use("androgen-deprivation", days=dice.whole(10, 80)))
    for name in (each for each, percent in people().others.items() if dice.chance(percent / 100)):
        if name == "ppi":
            life.uses.append(Use(name, days=dice.whole(10, 500)))
        else:
            life.problems.append(Problem(name, start + dice.whole(100, 2500)))
    if life.sex == "female" and life.age >= 52:
        life.problems.append(Problem("postmenopausal", start + 400))


def _oncology_agent(dice: Dice, life: Life) -> None:
    """Monthly denosumab or zoledronic acid every twelve weeks, begun with or after the course."""
    if life.course.days < 30:
        return
    name, every = ("denosumab-120mg-product", 28) if dice.chance(0.5) else ("zoledronic-acid-4mg-product", 84)
    life.uses.append(Use(name, "given", days=dice.whole(10, life.course.days), every=every))


def _fractures(dice: Dice, life: Life) -> None:
    """At the rates before, in the first and in the second year; and, in a few, one long ago."""
    start = life.course.days
    first_year = min(start, YEAR)
    _fracture(dice, life, _figure("fractures_before"), start + 1, start + YEAR)
    _fracture(dice, life, _figure("fractures_year_1"), start - first_year + 1, start)
    _fracture(dice, life, _figure("fractures_year_2"), 1, start - first_year)
    if dice.chance(_figure("old_fracture")):
        days = start + dice.whole(YEAR + 1, 15 * YEAR)
        life.problems.append(Problem(dice.weighted(people().fractures), days, "resolved"))
    if dice.chance(_figure("osteoporosis_recorded")):
        life.problems.append(Problem("osteoporosis", start + dice.whole(200, 3000)))


def _fracture(dice: Dice, life: Life, per_1000_years: float, youngest: int, oldest: int) -> None:
    """Perhaps one between those days."""
    share, days = dice.share(), dice.share()
    span = oldest - youngest + 1
    if span > 0 and share < per_1000_years / _PER * span / YEAR:
        life.problems.append(Problem(dice.weighted(people().fractures), youngest + int(days * span)))


def _bone_agents(dice: Dice, life: Life) -> None:
    """An osteoporosis drug that was begun before the first dose."""
    if not dice.chance(_figure("prior_bone_agent")):
        return
    name = dice.weighted(people().bone_agents)
    begun = life.course.days + dice.whole(60, 1200)
    if name == "denosumab-60mg-product":
        life.uses.append(Use(name, "given", days=begun, until=dice.whole(0, 300), every=183))
    elif name == "zoledronic-acid-5mg-product":
        life.uses.append(Use(name, "given", days=begun, every=YEAR))
    else:
        life.uses.append(Use(name, days=begun))
        life.uses.append(Use(name, "supplied", days=dice.whole(5, 80)))


def _other_drugs(dice: Dice, life: Life) -> None:
    if dice.chance(_figure("steroid_long")):
        life.uses.append(Use("prednisone-systemic", days=life.course.days + dice.whole(100, 900), mg=5))
    if life.course.days > 100 and dice.chance(_figure("steroid_course")):
        _taper(dice, life)
    if dice.chance(_figure("vitamin_d_supplement")):
        life.uses.append(Use("vitamin-d-native", dice.one_of(("ordered", "stated")), days=dice.whole(5, 80)))
        if dice.chance(0.5):
            life.uses.append(Use("calcium-supplement", "stated", days=dice.whole(5, 80)))


def _taper(dice: Dice, life: Life) -> None:
    """A glucocorticoid course for an immune-related event, in steps."""
    begun = dice.whole(60, life.course.days)
    for mg in (60, 40, 20, 10):
        step = dice.whole(7, 21)
        life.uses.append(Use("prednisone-systemic", days=begun, until=max(begun - step, 0), mg=mg))
        begun -= step + 1
        if begun < 1:
            return


def _measurements(dice: Dice, life: Life) -> None:
    """Body size, safety labs before the first and every third dose, and what is measured now and then."""
    life.readings.append(Reading("height", life.height, days=life.course.days + 20))
    if dice.chance(_figure("baseline_dxa")):
        life.scans.append(_scan(dice, life, life.course.days + dice.whole(5, 60)))
    for broken in (each.days or 0 for each in life.problems if each.what in people().fractures):
        if 1 < broken < life.course.days and dice.chance(_figure("dxa_after_fracture")):
            life.scans.append(_scan(dice, life, max(broken - dice.whole(10, 60), 1)))
    if dice.chance(_figure("vitamin_d_measured")):
        life.readings.append(Reading("vitamin-d-25oh", _level(dice, 27, 9, 6), days=dice.whole(5, 340)))
    if dice.chance(_figure("turnover_measured")):
        life.readings.append(Reading("ctx", _level(dice, 380, 150, 60), days=life.course.days + 10))
        life.readings.append(Reading("p1np", _level(dice, 46, 15, 8), days=life.course.days + 10))
    smokes = "smoker" if dice.chance(_figure("smoker")) else "never-smoker"
    life.readings.append(Reading("smoking-status", smokes, days=life.course.days + 20))
    if not dice.chance(_figure("labs_missing")):
        _safety_labs(dice, life)


def _safety_labs(dice: Dice, life: Life) -> None:
    """Over time: each value near the person's own level."""
    calcium, albumin = dice.normal(9.4, 0.3), dice.normal(3.9, 0.3)
    creatinine = _level(dice, 0.95 if life.sex == "male" else 0.8, 0.2, 0.5)
    for days in (life.course.days + 9, *(each for each in life.cycles[::3] if each > 1)):
        now = round(max(creatinine + dice.normal(0, 0.06), 0.4), 2)
        life.readings += [
            Reading("weight", round(max(life.weight + dice.normal(0, 1.5), 38)), days=days),
            Reading("calcium-total", round(calcium + dice.normal(0, 0.15), 1), days=days),
            Reading("albumin", round(albumin + dice.normal(0, 0.1), 1), days=days),
            Reading("creatinine", now, days=days),
            Reading("egfr-ckd-epi-2021", egfr(now, life), days=days),
        ]


def _level(dice: Dice, mean: float, spread: float, least: float) -> float:
    return round(max(dice.normal(mean, spread), least), 2)


def _scan(dice: Dice, life: Life, days: int) -> Scan:
    spine = round(dice.normal(-1.2, 1.1), 1)
    kind = "t" if life.age >= 50 else "z"
    scores = {f"{kind}-score-spine": spine, f"{kind}-score-hip": round(spine + dice.normal(0, 0.4), 1)}
    return Scan(days=days, scores=scores)


def _told(life: Life) -> str:
    """What stands out, in a few words."""
    named = codes().problems
    seen = [named[each.what].words for each in life.problems if _tells(each.what)]
    drugs = {codes().drugs[each.what].words for each in life.uses if each.what in people().bone_agents}
    told = [*dict.fromkeys(seen), *(f"on {each}" for each in sorted(drugs))]
    return ", ".join(told) or "nothing on record that bears on bone"


def _tells(what: str) -> bool:
    return what in people().fractures or what in ("bone-metastasis", "osteoporosis", "rheumatoid-arthritis")
