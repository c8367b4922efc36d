"""A few thousand people look as the published figures say, within what chance allows."""

from functools import cache
from math import sqrt

import pytest

from cds.synth import Population
from cds.synth.cohort import YEAR
from cds.synth.life import Life
from cds.synth.sources import figures, people, stories

SIZE = 6000
SIGMAS = 3.5


@cache
def lives() -> tuple[Life, ...]:
    """The cohort, without the gallery."""
    population = Population(SIZE, 1)
    return tuple(population.life(number) for number in range(len(stories()), SIZE))


def share_is_right(name: str, count: int, of: int) -> None:
    """The share lies within the binomial bounds of the figure."""
    wanted = figures()[name].value
    assert abs(count / of - wanted) <= SIGMAS * sqrt(wanted * (1 - wanted) / of), f"{name}: {count} of {of}"


def rate_is_right(name: str, events: int, days: int) -> None:
    """The rate lies within the Poisson bounds of the figure."""
    wanted = figures()[name].value / 1000 * days / YEAR
    assert abs(events - wanted) <= SIGMAS * sqrt(wanted), (
        f"{name}: {events} in {days / YEAR:.0f} years, not {wanted:.0f}"
    )


def fractures(youngest: dict[int, int], oldest: dict[int, int]) -> tuple[int, int]:
    """Fractures between those days of each life, and the days looked at."""
    events = days = 0
    for number, life in enumerate(lives()):
        low, high = youngest[number], oldest[number]
        days += max(high - low + 1, 0)
        events += sum(
            each.what in people().fractures and each.days is not None and low <= each.days <= high
            for each in life.problems
        )
    return events, days


def test_age() -> None:
    ages = [life.age for life in lives()]
    spread = figures()["age_spread"].value
    assert abs(sum(ages) / len(ages) - figures()["age_mean"].value) <= SIGMAS * spread / sqrt(len(ages))


@pytest.mark.parametrize("name", ["starting", "ended", "bone_metastasis", "chemotherapy"])
def test_shares_that_are_drawn_directly(name: str) -> None:
    found = {
        "starting": sum(not life.course.days for life in lives()),
        "ended": sum(bool(life.course.ended) for life in lives()),
        "bone_metastasis": sum(any(each.what == "bone-metastasis" for each in life.problems) for life in lives()),
        "chemotherapy": sum(any(each.what == "prior-chemotherapy" for each in life.problems) for life in lives()),
    }
    share_is_right(name, found[name], len(lives()))


def test_deaths_come_after_the_last_dose() -> None:
    ended = [life for life in lives() if life.course.ended]
    share_is_right("deceased", sum(life.died is not None for life in ended), len(ended))
    assert all(life.died is None or life.died <= life.course.ended for life in lives())


def test_sex() -> None:
    share_is_right("male", sum(life.sex == "male" for life in lives()), len(lives()))


def test_dual_blockade() -> None:
    dual = sum(len(life.course.agents) > 1 or life.course.agents == ("nivolumab-relatlimab",) for life in lives())
    share_is_right("dual_ici", dual, len(lives()))


def test_bone_agents_before_the_first_dose() -> None:
    agents = people().bone_agents
    before = sum(
        any(use.what in agents and use.days is not None and use.days > life.course.days for use in life.uses)
        for life in lives()
    )
    share_is_right("prior_bone_agent", before, len(lives()))


def test_bone_density_before_the_first_dose() -> None:
    measured = sum(any((scan.days or 0) > life.course.days for scan in life.scans) for life in lives())
    share_is_right("baseline_dxa", measured, len(lives()))
    assert any(life.scans for life in lives()), "a fracture on treatment leads to a DXA now and then"


def test_fractures_rise_with_treatment_as_published() -> None:
    starts = dict(enumerate(life.course.days for life in lives()))
    first = {number: start - min(start, YEAR) + 1 for number, start in starts.items()}
    rate_is_right(
        "fractures_before",
        *fractures({n: s + 1 for n, s in starts.items()}, {n: s + YEAR for n, s in starts.items()}),
    )
    rate_is_right("fractures_year_1", *fractures(first, starts))
    rate_is_right("fractures_year_2", *fractures(dict.fromkeys(starts, 1), {n: d - 1 for n, d in first.items()}))
