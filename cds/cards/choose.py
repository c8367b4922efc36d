"""Which cards are shown: one a topic, the most urgent first, info cards only while the site's budget lasts.

A card that was answered before and is silent keeps its topic's place and what it asks for, so that nothing lesser comes
up in its stead and no other card asks the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cds.decide import SPOKEN, Decision, acting
from cds.engine.verdict import Outcome, Verdict
from cds.ruleset.model import CardText, Indicator, WrittenStratum
from cds.ruleset.ruleset import LoadedRule

URGENCY = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Firing:
    """One rule whose stratum has a card to show."""

    rule: LoadedRule
    verdict: Verdict
    stratum: WrittenStratum
    card: CardText

    @property
    def indicator(self) -> Indicator:
        """How urgent the card is: as written, but never a warning for optional parts alone."""
        asked = [part for part in self.rule.written.parts if part.id in self.verdict.asked]
        return "info" if asked and all(part.optional for part in asked) else self.card.indicator

    @property
    def topic(self) -> str:
        """The topic that the card belongs to."""
        return self.rule.written.topic


def chosen(decision: Decision, asks_for_something: Callable[[Firing], bool]) -> tuple[Firing, ...]:
    """What is shown, in order. A warning or critical card is never dropped for the budget.

    A card that would ask for nothing, because others ask for all of it, takes nobody's place.
    """
    site = decision.ruleset.site
    firing = sorted(_firing(decision), key=lambda each: rank(each.indicator, each.topic, decision))
    kept: list[Firing] = []
    taken: list[str] = []
    for each in firing:
        room = len(kept) < site.max_cards or each.indicator != "info"
        if taken.count(each.topic) >= site.cards_per_topic or not room:
            continue
        if asks_for_something(each):
            taken.append(each.topic)
            kept += [each] if each.verdict.outcome is Outcome.FIRES else []
    return tuple(kept)


def rank(indicator: Indicator, topic: str, decision: Decision) -> tuple[int, int]:
    """Where a card stands: the most urgent first, then the topics in the rule book's order."""
    return URGENCY[indicator], list(decision.ruleset.book.topics).index(topic)


def _firing(decision: Decision) -> Iterator[Firing]:
    for verdict in decision.verdicts:
        rule = decision.ruleset.rule(verdict.rule)
        stratum = acting(rule, verdict)
        if rule.shown and verdict.outcome in SPOKEN and stratum is not None and stratum.card is not None:
            yield Firing(rule, verdict, stratum, stratum.card)
