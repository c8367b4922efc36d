"""What was answered before for this patient, and whether it still silences the same advice. Pure; the day is given.

An override silences the topic in that stratum for the site's snooze days, an acceptance until the follow-up of what was
ordered. A worse stratum is another stratum and so is never silenced; a critical card never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from msgspec.structs import replace

from cds.engine.verdict import Outcome, Verdict
from cds.facts.view import View
from cds.ruleset.ruleset import LoadedRule, RuleSet

Answered = Literal["", "accepted", "overridden"]


@dataclass(frozen=True, slots=True)
class Remembered:
    """One card that was shown for this patient, and how it was answered ('': not yet, or nobody said).

    ``day`` is when it was shown, ``answered_on`` when the answer came. ``options`` are those of the suggestions that
    were taken up.
    """

    topic: str
    rule: str
    version: int
    stratum: str
    indicator: str
    day: date
    answer: Answered = ""
    answered_on: date | None = None
    options: tuple[str, ...] = ()


def snoozed(verdict: Verdict, rule: LoadedRule, history: Sequence[Remembered], ruleset: RuleSet, view: View) -> Verdict:
    """The verdict, silenced if the same advice was answered and the answer still holds. ``history``: oldest first."""
    if verdict.outcome is not Outcome.FIRES or not rule.shown or not _may_wait(rule, verdict):
        return verdict
    order = [stratum.id for stratum in rule.written.strata]
    here = order.index(verdict.stratum or "")
    for card in reversed(history):
        if card.topic != rule.written.topic or card.stratum not in order:
            continue
        if order.index(card.stratum) > here:
            return verdict
        if card.stratum == verdict.stratum and still_holds(card, ruleset, view):
            return replace(verdict, outcome=Outcome.SNOOZED)
    return verdict


def _may_wait(rule: LoadedRule, verdict: Verdict) -> bool:
    """Whether its card is there and not critical."""
    cards = (stratum.card for stratum in rule.written.strata if stratum.id == verdict.stratum)
    return any(card is not None and card.indicator != "critical" for card in cards)


def still_holds(card: Remembered, ruleset: RuleSet, view: View) -> bool:
    """Whether the answer still silences on this day."""
    if not card.answer or card.answered_on is None:
        return False
    gone = (view.as_of - card.answered_on).days
    return 0 <= gone < _silence(card, ruleset, view)


def _silence(card: Remembered, ruleset: RuleSet, view: View) -> float:
    """For how many days: until the first follow-up of what was ordered, else as long as an override."""
    kinds = [ruleset.options[name].written.kind for name in card.options if name in ruleset.options]
    if card.answer == "accepted" and kinds:
        return min(_follow_up(kind, view) for kind in kinds)
    site = ruleset.site.snooze_days
    return view.number("snooze.days") if site is None else site


def _follow_up(kind: str, view: View) -> float:
    match kind:
        case "lab":
            return view.number("follow_up.lab_days")
        case "imaging":
            return view.number("follow_up.imaging_days")
        case "referral":
            return view.number("follow_up.referral_days")
        case _:
            return view.number("follow_up.drug_days")
