"""How a made-up prescriber answers the cards of one response, as CDS Hooks feedback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cds.synth.dice import Dice
from cds.synth.sources import Answer, prescribers

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """The feedback, and the orders that were accepted with it."""

    feedback: list[Plain]
    placed: list[Plain]


def answered(cards: Sequence[Plain], at: str, dice: Dice) -> Answered:
    """Each card accepted, overridden or left: at most one answer a card, none for a card without a uuid."""
    both = Answered([], [])
    for card in cards:
        habit = _habit(card)
        draw = dice.share()
        if "uuid" not in card:
            continue
        if draw < habit.accepted and card.get("suggestions"):
            suggestion = _chosen(card["suggestions"], dice)
            both.feedback.append(_report(card, "accepted", at, acceptedSuggestions=[{"id": suggestion["uuid"]}]))
            both.placed.extend(_created(suggestion))
        elif habit.accepted <= draw < habit.accepted + habit.overridden:
            both.feedback.append(_report(card, "overridden", at, **_why(card, habit, dice)))
    return both


def _habit(card: Plain) -> Answer:
    """How cards of that topic and stratum are answered."""
    topic = str(card.get("source", {}).get("topic", {}).get("code", ""))
    told = card.get("extension", {}).get("bone-cds.decision", {})
    every = prescribers()
    return every.answers.get(f"{topic}/{told.get('stratum')}") or every.answers.get(topic) or every.otherwise


def _chosen(suggestions: Sequence[Plain], dice: Dice) -> Plain:
    """Mostly the recommended one, else any."""
    recommended = [each for each in suggestions if each.get("isRecommended")]
    return dice.one_of(recommended or suggestions)


def _created(suggestion: Plain) -> Iterator[Plain]:
    for action in suggestion.get("actions", ()):
        if action.get("type") == "create":
            yield action["resource"]


def _report(card: Plain, outcome: str, at: str, **more: Any) -> Plain:
    return {"card": card["uuid"], "outcome": outcome, **more, "outcomeTimestamp": at}


def _why(card: Plain, habit: Answer, dice: Dice) -> Plain:
    """One of the card's reasons, by weight, and now and then a comment; nothing if the card offers no reason."""
    offered = {each["code"]: each for each in card.get("overrideReasons", ())}
    weights = {code: weight for code, weight in habit.reasons.items() if code in offered}
    if not weights:
        return {}
    reason: Plain = {"reason": offered[dice.weighted(weights)]}
    if habit.comments and dice.chance(1 / 3):
        reason["userComment"] = dice.one_of(habit.comments)
    return {"overrideReason": reason}
