"""The gallery: one person for every story of ``fixtures/synthetic/stories.yaml``, in that order."""

from __future__ import annotations

from typing import Final

from cds.facts.formulas import egfr_ckd_epi_2021
from cds.synth.dice import Dice
from cds.synth.life import Life, Reading, Use
from cds.synth.sources import Story, people

_FRESH, _OLD = 14, 500
_USUAL: Final = {
    "calcium-total": 9.4, "albumin": 4.1, "creatinine": 0.8, "vitamin-d-25oh": 36.0, "ctx": 320.0, "p1np": 42.0,
}  # fmt: skip
_SUPPLEMENTS: Final = ("vitamin-d-native", "calcium-supplement")


def life_of(story: Story, dice: Dice) -> Life:
    """The story as a life: what it does not tell is ordinary and in order."""
    sex = dice.one_of(("female", "male")) if story.sex == "either" else "" if story.sex == "untold" else story.sex
    male = sex == "male"
    names = people()
    life = Life(
        story=story.id,
        told=story.told,
        sex=sex,
        age=dice.whole(*story.age),
        given=dice.one_of(names.given_male if male else names.given_female),
        family=family(dice),
        cancer=story.cancer,
        course=story.course,
        cancer_days=dice.whole(20, 200),
        born=story.born,
        birthday=dice.whole(40, 320),
        weight=story.weight or float(dice.whole(74, 92) if male else dice.whole(62, 80)),
        height=float(dice.whole(170, 186) if male else dice.whole(158, 172)),
        died=story.died,
        problems=list(story.problems),
        scans=list(story.scans),
        uses=list(story.uses),
        procedures=list(story.procedures),
        orders=list(story.orders),
        allergies=list(story.allergies),
        drafts=[Use(name, days=0) for name in story.drafts],
    )
    life.readings = _readings(story, life)
    if story.supplements:
        life.uses += [Use(name, days=60) for name in _SUPPLEMENTS]
    return life


def family(dice: Dice) -> str:
    """A family name that nobody bears."""
    names = people()
    return f"Test-{dice.one_of(names.family_first)}{dice.one_of(names.family_last)}"


def egfr(creatinine: float, life: Life) -> float:
    """What the laboratory would report beside that creatinine."""
    return float(round(egfr_ckd_epi_2021(creatinine, life.age, life.sex or "female")))


def _readings(story: Story, life: Life) -> list[Reading]:
    """What the story tells, and what is usual of everything else that it does not name."""
    told = {each.what for each in story.readings}
    usual = _usual(story, life)
    found = [*story.readings, *(each for each in usual if each.what not in told)]
    if story.frax:
        days = min((scan.days for scan in story.scans if scan.days is not None), default=200)
        found += [
            Reading(name, value, days=days) for name, value in zip(("frax-mof", "frax-hip"), story.frax, strict=True)
        ]
    return found


def _usual(story: Story, life: Life) -> list[Reading]:
    body = [Reading("weight", life.weight), Reading("height", life.height, days=200)]
    if story.labs == "none":
        return body
    days = _OLD if story.labs == "old" else _FRESH
    creatinine = next((each.value for each in story.readings if each.what == "creatinine"), _USUAL["creatinine"])
    reported = egfr(float(creatinine), life)
    labs = {**_USUAL, "egfr-ckd-epi-2021": reported}
    return [*body, *(Reading(name, value, days=days) for name, value in labs.items())]
