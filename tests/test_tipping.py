"""What would change an answer: every tip is true of its decision, and the nearest limits are found."""

from functools import cache

import pytest

from cds.decide import Decision, decide
from cds.gateway.bundle import chart_of_bundle, draft_of
from cds.releases.in_force import rules_for
from cds.resources import fixtures_directory
from cds.settings import Settings
from cds.tipping import Tip, effects_of, supposing, tips
from tests.web.desk import DAY

RULES = rules_for(Settings())
HIGH, GATED, OPEN = "high-t-score", "gate-clearance-below-35", "continuation-without-dxa"


@cache
def decided(name: str) -> Decision:
    """The decision for that fixture when nivolumab is signed."""
    body = (fixtures_directory() / "patients" / f"{name}.json").read_bytes()
    return decide(chart_of_bundle(body), draft_of("nivolumab"), RULES, "order-sign", DAY)


@cache
def told(name: str) -> tuple[Tip, ...]:
    """Its tips."""
    return tips(decided(name))


def of(name: str, fact: str) -> list[Tip]:
    """The tips about one fact."""
    return [each for each in told(name) if each.fact == fact]


def test_the_nearest_limit_on_each_side_tips_the_stratum() -> None:
    worse = next(each for each in of(HIGH, "bone.t_score.lowest") if "very-high" in str(each.effects))
    better = next(each for each in of(HIGH, "bone.t_score.lowest_ever") if not each.forgets)
    assert (worse.now, worse.instead) == ("-2.6", "-3.1")
    assert better.instead == "-2.4"
    assert ("Start a bone-protective drug?", "speaks: high", "speaks: very-high") in worse.effects
    assert worse.is_told


def test_a_gate_that_opens_is_told() -> None:
    opening = next(each for each in of(GATED, "lab.crcl") if not each.forgets)
    assert opening.instead == "35 mL/min"
    assert ("Alendronate 70 mg by mouth once a week", "withheld", "offered") in opening.effects
    assert not opening.is_told


def test_what_is_not_known_comes_first() -> None:
    known = [each.known for each in told(OPEN)]
    assert False in known
    assert known == sorted(known)


@pytest.mark.parametrize("name", [HIGH, GATED, OPEN])
def test_every_tip_changes_something_and_no_two_of_a_fact_change_the_same(name: str) -> None:
    now = effects_of(decided(name))
    for each in told(name):
        assert each.effects
        assert each.now != each.instead
        for what, before, after in each.effects:
            assert now.get(what, "") == before != after
    seen = [(each.fact, each.effects) for each in told(name)]
    assert len(seen) == len(set(seen))


def test_supposing_what_is_so_changes_nothing() -> None:
    decision = decided(HIGH)
    facts = {each.fact: decision.view[each.fact] for each in told(HIGH)}
    assert effects_of(supposing(decision, (), facts)) == effects_of(decision)
