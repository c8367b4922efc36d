"""A population of any size, one person at a time: the gallery of stories first, then people as a centre has them.

Person number n is the same whatever the size of the population, and can be had without those before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cds.synth.cohort import drawn_life
from cds.synth.courses import write_course, write_drugs
from cds.synth.dice import Dice
from cds.synth.gallery import life_of
from cds.synth.life import Life
from cds.synth.pen import Pen, write_patient
from cds.synth.problems import write_problems
from cds.synth.results import write_results
from cds.synth.sources import Habit, codes, habits, stories
from cds.synth.vocabulary import vocabularies

Plain = dict[str, Any]
PRESENT: Final = date(2026, 11, 24)
"""The present day of every population unless another is asked for: that of the other fixtures."""

CANONICAL: Final = "https://bone-cds.example.org/fhir"
DAYS_IN_MONTH: Final = 30.44


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic person with the whole chart, the Patient first. ``archetype`` is the story's id, or ``cohort``.

    Resources share members that say the same: read them, never change them.
    """

    number: int
    id: str
    archetype: str
    habit: str
    story: str
    base: str
    life: Life
    resources: list[Plain]

    def bundle(self, as_of: date) -> Plain:
        """The chart as a FHIR Bundle, as the other fixtures hold theirs."""
        entries = [
            {"fullUrl": f"{self.base}/{each['resourceType']}/{each['id']}", "resource": each} for each in self.resources
        ]
        return {
            "resourceType": "Bundle",
            "id": self.id,
            "meta": self.resources[0]["meta"],
            "type": "collection",
            "timestamp": f"{as_of.isoformat()}T08:00:00Z",
            "entry": entries,
        }


@dataclass(frozen=True, slots=True)
class Population:
    """So many people, drawn from a seed, as charts of one present day."""

    size: int
    seed: int = 1
    as_of: date = PRESENT

    def __iter__(self) -> Iterator[Person]:
        """Every person in turn; nobody is kept."""
        return (self.person(number) for number in range(self.size))

    def person(self, number: int) -> Person:
        """The person of that number, from 0."""
        life = self.life(number)
        place = self._habit(number)
        words = vocabularies(self.as_of)[place]
        pen = Pen(words, self.seed, number)
        story = story_of(life)
        write_patient(pen, life, story, CANONICAL)
        write_problems(pen, life)
        write_results(pen, life)
        write_drugs(pen, life)
        write_course(pen, life)
        habit = words.habit
        return Person(number, pen.patient_id, life.story, habit.id, story, habit.base, life, pen.written)

    def life(self, number: int) -> Life:
        """What happened to that person; the chart is not written."""
        gallery = stories()
        if number < len(gallery):
            return life_of(gallery[number], Dice(self.seed, "gallery", number))
        return drawn_life(Dice(self.seed, "cohort", number))

    def _habit(self, number: int) -> int:
        """Which habit writes this chart: in the gallery each in turn, else by their shares."""
        every = habits()
        if number < len(stories()):
            return (number + self.seed) % len(every)
        return _by_share(every, Dice(self.seed, "habit", number).share())


def _by_share(every: tuple[Habit, ...], share: float) -> int:
    left = share
    for place, habit in enumerate(every):
        left -= habit.share
        if left < 0:
            return place
    return len(every) - 1


def story_of(life: Life) -> str:
    """One line: who, which cancer, which drugs since when, and what stands out."""
    who = {"female": "Woman", "male": "Man"}.get(life.sex, "Person")
    known = codes()
    drugs = " and ".join(known.drugs[agent].words for agent in life.course.agents)
    return f"{who} of {life.age}, {known.problems[life.cancer].words}; {_since(life, drugs)}; {life.told}."


def _since(life: Life, drugs: str) -> str:
    if not life.course.days:
        return f"{drugs} about to start"
    lasted = f"{drugs} for {_lasting(life.course.days - life.course.ended)}"
    return f"{lasted}, ended {_lasting(life.course.ended)} ago" if life.course.ended else lasted


def _lasting(days: int) -> str:
    """The time in months, a short one in weeks."""
    months, weeks = round(days / DAYS_IN_MONTH), round(days / 7)
    return f"{months} months" if months > 1 else f"{weeks} weeks" if weeks > 1 else "a few days"
