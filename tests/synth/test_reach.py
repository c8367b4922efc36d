"""The gallery reaches what the rule book can say: every stratum, every gate of every option, every kind of unknown."""

from collections import defaultdict
from functools import cache

import pytest

from cds.engine.fact import Cause
from cds.orders.weigh import Standing, weigh
from cds.synth import Population
from cds.synth.sources import habits, stories
from tests.synth.deciding import decided, ruleset

HOOKS = ("order-sign", "patient-view")
ONLY_WHEN_READING_FAILS = frozenset({("data-gaps", each) for each in ("unreadable-order", "unread-safety", "unread")})
"""What no chart can hold: an EHR that does not answer. Hook requests reach these."""

UNREAD = frozenset({Cause.NOT_READABLE, Cause.NOT_ASKED, Cause.INCOMPLETE})


class Reached:
    """What was met: strata, reasons by option and standing, causes."""

    def __init__(self) -> None:
        self.strata: set[tuple[str, str]] = set()
        self.reasons: dict[tuple[str, Standing], set[str]] = defaultdict(set)
        self.causes: set[Cause] = set()


@cache
def reached(seed: int) -> Reached:
    """Everything that the gallery of that seed meets; every option is held against every patient."""
    found = Reached()
    for person in Population(len(stories()), seed):
        for hook in HOOKS:
            decision = decided(person, hook)
            for verdict in decision.verdicts:
                if verdict.stratum:
                    found.strata.add((verdict.rule, verdict.stratum))
                found.causes.update(each.cause for each in verdict.missing)
        view = decided(person).view
        for name, option in ruleset().options.items():
            weighed = weigh(option, view)
            found.reasons[name, weighed.standing].update(each.words or each.fact for each in weighed.reasons)
            found.reasons[name, weighed.standing].update({""} if weighed.standing is Standing.OFFERED else ())
    return found


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, len(habits()) + 1))]
)
def test_every_stratum_whatever_the_habit(seed: int) -> None:
    """As many seeds as habits turn the habits once around: each story is told by every EHR."""
    wanted = {(rule.id, each.id) for rule in ruleset().rules for each in rule.written.strata}
    assert wanted - reached(seed).strata == ONLY_WHEN_READING_FAILS


def test_every_gate_of_every_option() -> None:
    found, silent = reached(1), []
    for name, option in ruleset().options.items():
        for standing, gates in ((Standing.WITHHELD, option.withheld_if), (Standing.DEFERRED, option.deferred_if)):
            silent += [(name, gate.why) for gate in gates if gate.why not in found.reasons[name, standing]]
        asked = found.reasons[name, Standing.FIRST_KNOW]
        silent += [(name, need.why) for need in option.know_first if need.why not in asked]
    assert not silent


def test_every_option_is_offered_to_somebody() -> None:
    assert [name for name in ruleset().options if "" not in reached(1).reasons[name, Standing.OFFERED]] == []


def test_every_kind_of_unknown_that_a_chart_can_hold() -> None:
    assert set(Cause) - reached(1).causes <= UNREAD
