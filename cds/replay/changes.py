"""What is different the second time, in sentences: rules by outcome and stratum, cards gained, lost and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from cds.engine.verdict import Verdict
from cds.hooks.wire import Card, HookResponse
from cds.journal.slips import DecisionTold
from cds.replay.again import Again


def changes(again: Again) -> list[str]:
    """Every difference, in the order of the rule book; one sentence if only the words of the answer differ."""
    if again.told is None or again.now is None or again.response is None:
        return [again.why] if again.why else []
    before = msgspec.json.decode(again.told.response, type=HookResponse)
    found = [*_rules(again.told, again.now.verdicts), *_cards(cards_by_topic(before), cards_by_topic(again.response))]
    return found or ([] if again.result == "identical" else ["the words or orders of the answer differ"])


def _rules(told: DecisionTold, verdicts: tuple[Verdict, ...]) -> Iterator[str]:
    before = {each.rule: outcome_words(each) for each in told.verdicts}
    now = {each.rule: outcome_words(each) for each in verdicts}
    for rule in dict.fromkeys([*before, *now]):
        if before.get(rule) != now.get(rule):
            yield f"{rule}: {before.get(rule, 'no such rule')} → {now.get(rule, 'no such rule')}"


def outcome_words(verdict: Verdict) -> str:
    """The outcome with the stratum that acts."""
    return f"{verdict.outcome.value} {verdict.stratum or ''}".strip()


def _cards(before: Mapping[str, Card], now: Mapping[str, Card]) -> Iterator[str]:
    for topic in dict.fromkeys([*before, *now]):
        old, new = before.get(topic), now.get(topic)
        if old is None and new is not None:
            yield f"card gained: [{new.indicator}] {new.summary}"
        elif new is None and old is not None:
            yield f"card lost: [{old.indicator}] {old.summary}"
        elif old is not None and new is not None and (old.indicator, old.summary) != (new.indicator, new.summary):
            yield f"card changed: [{old.indicator}] {old.summary} → [{new.indicator}] {new.summary}"


def cards_by_topic(response: HookResponse) -> dict[str, Card]:
    """The cards by topic and place: several cards of one topic each have their own."""
    found: dict[str, Card] = {}
    for card in response.cards:
        topic = card.source.topic.code if card.source.topic else ""
        place = sum(name.partition(" ")[0] == topic for name in found)
        found[f"{topic} {place}" if place else topic] = card
    return found
