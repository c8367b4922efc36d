"""What is different the second time, in sentences: strata, cards, words. Another version alone is no difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from msgspec.structs import asdict, replace

from cds.engine.verdict import Verdict
from cds.hooks.wire import Card, HookResponse

Kind = Literal["strata", "cards", "words"]
KINDS: Final[tuple[Kind, ...]] = ("strata", "cards", "words")

MEMBERS: Final = {
    "detail": "its text",
    "suggestions": "its suggested orders",
    "links": "its links",
    "override_reasons": "its reasons to override",
    "source": "its source",
    "extension": "its reasons for programs",
}
"""What may be different in a card that is as urgent and says the same first."""

_OF_THE_BOOK: Final = frozenset({"version", "ruleset"})
"""What every rule's decision tells of the rule book: another book always says another thing there."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: a rule's outcome or stratum, a card that is another or not there, or words within a card."""

    kind: Kind
    words: str


def changes(
    before: HookResponse, now: HookResponse, judged: Iterable[Verdict], judged_now: Iterable[Verdict]
) -> tuple[Change, ...]:
    """Every difference but those of version and fingerprint, in the order of the rule book."""
    old, new = _plain(before), _plain(now)
    cards = [*_cards(cards_by_topic(old), cards_by_topic(new))]
    if not cards and old.cards != new.cards:
        cards.append(Change("cards", "the cards come in another order"))
    found = (*(Change("strata", words) for words in _rules(judged, judged_now)), *cards)
    if not found and old.extension != new.extension:
        return (Change("words", "what stands beside the cards for programs differs"),)
    return found


def _plain(response: HookResponse) -> HookResponse:
    """The response without what is made for it, and without the rule book's version and fingerprint in it."""
    cards = tuple(_plain_card(each) for each in response.cards)
    return replace(response, cards=cards, extension=_without_book(response.extension))


def _plain_card(card: Card) -> Card:
    suggestions = tuple(replace(each, uuid="") for each in card.suggestions)
    return replace(card, uuid="", suggestions=suggestions, extension=_without_book(card.extension))


def _without_book(told: Any) -> Any:
    """The extension; of each rule's decision in it, without its id, version and fingerprint."""
    if isinstance(told, list):
        return [_without_book(each) for each in told]
    if not isinstance(told, dict):
        return told
    left_out = _OF_THE_BOOK | {"decisionId"} if "decisionId" in told else frozenset[str]()
    return {name: _without_book(each) for name, each in told.items() if name not in left_out}


def _rules(judged: Iterable[Verdict], judged_now: Iterable[Verdict]) -> Iterator[str]:
    before = {each.rule: outcome_words(each) for each in judged}
    now = {each.rule: outcome_words(each) for each in judged_now}
    for rule in dict.fromkeys([*before, *now]):
        if before.get(rule) != now.get(rule):
            yield f"{rule}: {before.get(rule, 'no such rule')} → {now.get(rule, 'no such rule')}"


def outcome_words(verdict: Verdict) -> str:
    """The outcome with the stratum that acts."""
    return f"{verdict.outcome.value} {verdict.stratum or ''}".strip()


def _cards(before: Mapping[str, Card], now: Mapping[str, Card]) -> Iterator[Change]:
    for topic in dict.fromkeys([*before, *now]):
        old, new = before.get(topic), now.get(topic)
        if old is None and new is not None:
            yield Change("cards", f"card gained: [{new.indicator}] {new.summary}")
        elif new is None and old is not None:
            yield Change("cards", f"card lost: [{old.indicator}] {old.summary}")
        elif old is not None and new is not None and old != new:
            yield _card(old, new)


def _card(old: Card, new: Card) -> Change:
    """How one card differs from the other."""
    if (old.indicator, old.summary) != (new.indicator, new.summary):
        return Change("cards", f"card changed: [{old.indicator}] {old.summary} → [{new.indicator}] {new.summary}")
    left, right = asdict(old), asdict(new)
    other = [MEMBERS.get(name, f"its {name}") for name in left if left[name] != right[name]]
    return Change("words", f"card worded otherwise: [{new.indicator}] {new.summary} ({', '.join(other)})")


def cards_by_topic(response: HookResponse) -> dict[str, Card]:
    """The cards by topic and place: several cards of one topic each have their own."""
    found: dict[str, Card] = {}
    for card in response.cards:
        topic = card.source.topic.code if card.source.topic else ""
        place = sum(name.partition(" ")[0] == topic for name in found)
        found[f"{topic} {place}" if place else topic] = card
    return found
