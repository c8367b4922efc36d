"""Two answers side by side: which rules and cards are otherwise, in words. It compares; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cds.decide import Decision
from cds.engine.verdict import NO_STRATUM, NOT_APPLICABLE, Verdict
from cds.hooks.wire import Card
from cds.tipping import said


@dataclass(frozen=True, slots=True)
class Standing:
    """One rule's answer in words: what it does, with which stratum, and what else is possible."""

    rule: str
    title: str
    topic: str
    outcome: str
    words: str
    possible: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An answer as far as it can be compared: every rule's standing, and by topic what the card says."""

    standings: tuple[Standing, ...]
    cards: tuple[tuple[str, str, str], ...]
    """Topic, summary, and what can be accepted."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that is otherwise; '' stands for what is not there."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is otherwise."""

    rules: tuple[Moved, ...]
    cards: tuple[Moved, ...]

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.rules or self.cards)


def standing(decision: Decision, verdict: Verdict) -> Standing:
    """The verdict in words."""
    rule = decision.ruleset.rule(verdict.rule)
    words = said(verdict)
    others = [each for each in verdict.possible if each not in (verdict.stratum, NO_STRATUM, NOT_APPLICABLE)]
    possible = ", ".join(others) if not verdict.settled else ""
    topic = decision.ruleset.book.topics[rule.written.topic]
    return Standing(verdict.rule, rule.written.title, topic, verdict.outcome.value, words, possible)


def snapshot(decision: Decision, cards: Iterable[Card]) -> Snapshot:
    """The answer as it can be compared."""
    standings = tuple(standing(decision, each) for each in decision.verdicts)
    return Snapshot(standings, tuple(_card(each) for each in cards))


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """What is otherwise in the second answer."""
    first, second = _told(before), _told(after)
    titles = {each.rule: each.title for each in (*before.standings, *after.standings)}
    rules = _moved({titles[name]: words for name, words in first.items()}, {titles[n]: w for n, w in second.items()})
    return Difference(rules, _cards_moved(before, after))


def _told(snap: Snapshot) -> dict[str, str]:
    return {
        each.rule: f"{each.words} (also possible: {each.possible})" if each.possible else each.words
        for each in snap.standings
    }


def _card(card: Card) -> tuple[str, str, str]:
    topic = card.source.topic
    labels = "; ".join(each.label for each in card.suggestions)
    return (topic.display or topic.code) if topic else card.source.label, card.summary, labels


def _cards_moved(before: Snapshot, after: Snapshot) -> tuple[Moved, ...]:
    """The cards whose summary is otherwise; of those with the same, what can be accepted, if that is otherwise."""
    first, second = ({card[0]: card for card in snap.cards} for snap in (before, after))
    summaries = _moved(
        {name: card[1] for name, card in first.items()}, {name: card[1] for name, card in second.items()}
    )
    same = [name for name in first if name in second and first[name][1] == second[name][1]]
    offers = _moved({name: _offers(first[name]) for name in same}, {name: _offers(second[name]) for name in same})
    return (*summaries, *offers)


def _offers(card: tuple[str, str, str]) -> str:
    return f"to accept: {card[2]}" if card[2] else "nothing to accept"


def _moved(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Moved, ...]:
    names = dict.fromkeys((*before, *after))
    every = (Moved(name, before.get(name, ""), after.get(name, "")) for name in names)
    return tuple(each for each in every if each.before != each.after)
