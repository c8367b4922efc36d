"""Answered advice stays silent for its time, and only that advice: overrides, acceptances, critical cards, guests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cds.decide import Decision
from cds.engine.verdict import Outcome
from cds.repeats import Answered, Remembered
from cds.ruleset.book import Site
from tests.cards.made import AS_OF, SAFE_LABS, answer, card, condition, decision, lab, order, rules_of, topics

Plain = dict[str, Any]
VERY_HIGH = lab("38267-1", -3.4, "{T-score}", "2026-05-12")
HIGH = lab("38267-1", -2.7, "{T-score}", "2026-05-12")
LOW_DENSITY = lab("38267-1", -1.6, "{T-score}", "2026-05-12")
RECLAST_ON_DENOSUMAB = (
    order("Prolia", "given-1", status="active", authoredOn="2026-11-01"),
    order("Reclast", "draft-2"),
)


def answered(
    topic: str, stratum: str, days_ago: int = 0, answer: Answered = "overridden", options: tuple[str, ...] = ()
) -> Remembered:
    """A card of that topic and stratum, answered so many days ago."""
    day = AS_OF - timedelta(days=days_ago)
    return Remembered(topic, topic, 1, stratum, "warning", day, answer, day if answer else None, options)


def outcome(found: Decision, rule: str) -> Outcome:
    """What became of that rule."""
    (verdict,) = [each for each in found.verdicts if each.rule == rule]
    return verdict.outcome


def told(response: Plain, rule: str) -> Plain:
    """The rule's entry among the decisions."""
    (entry,) = [each for each in response["extension"]["bone-cds.decisions"] if each["rule"] == rule]
    found: Plain = entry
    return found


def test_without_history_everything_fires() -> None:
    assert outcome(decision(VERY_HIGH, *SAFE_LABS), "antiresorptive") is Outcome.FIRES


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [(0, Outcome.SNOOZED), (29, Outcome.SNOOZED), (30, Outcome.FIRES), (31, Outcome.FIRES), (-1, Outcome.FIRES)],
)
def test_an_override_silences_for_thirty_days(days_ago: int, expected: Outcome) -> None:
    found = decision(VERY_HIGH, *SAFE_LABS, history=[answered("antiresorptive", "very-high", days_ago)])
    assert outcome(found, "antiresorptive") is expected


@pytest.mark.parametrize(("days", "expected"), [(0, Outcome.FIRES), (5, Outcome.FIRES), (6, Outcome.SNOOZED)])
def test_a_site_chooses_its_own_snooze(days: int, expected: Outcome) -> None:
    rules = rules_of(Site(snooze_days=days))
    history = [answered("antiresorptive", "very-high", 5)]
    assert outcome(decision(VERY_HIGH, *SAFE_LABS, rules=rules, history=history), "antiresorptive") is expected


@pytest.mark.parametrize(
    ("options", "days"),
    [
        (("lab-calcium",), 30),
        (("dxa",), 90),
        (("dxa", "lab-calcium"), 30),
        (("referral-dental",), 90),
        (("alendronate-70mg",), 180),
        (("an-option-of-an-older-book",), 30),
        ((), 30),
    ],
)
def test_an_acceptance_silences_until_the_first_follow_up(options: tuple[str, ...], days: int) -> None:
    before, due = (
        decision(VERY_HIGH, *SAFE_LABS, history=[answered("antiresorptive", "very-high", ago, "accepted", options)])
        for ago in (days - 1, days)
    )
    assert outcome(before, "antiresorptive") is Outcome.SNOOZED
    assert outcome(due, "antiresorptive") is Outcome.FIRES


def test_only_the_same_topic_and_stratum_is_silenced() -> None:
    other = [answered("calcium-vitamin-d", "very-high"), answered("antiresorptive", "a-stratum-of-an-older-book")]
    assert outcome(decision(VERY_HIGH, *SAFE_LABS, history=other), "antiresorptive") is Outcome.FIRES
    worse = decision(VERY_HIGH, *SAFE_LABS, history=[answered("antiresorptive", "high")])
    assert outcome(worse, "antiresorptive") is Outcome.FIRES
    milder = decision(HIGH, *SAFE_LABS, history=[answered("antiresorptive", "very-high")])
    assert outcome(milder, "antiresorptive") is Outcome.FIRES


def test_a_stratum_that_got_better_and_then_worse_again_is_back() -> None:
    overridden, better = answered("antiresorptive", "very-high", 5), answered("antiresorptive", "high", 2, "")
    assert outcome(decision(VERY_HIGH, *SAFE_LABS, history=[overridden, better]), "antiresorptive") is Outcome.FIRES
    worse = answered("antiresorptive", "very-high", 2, "")
    overridden = answered("antiresorptive", "high", 5)
    assert outcome(decision(HIGH, *SAFE_LABS, history=[overridden, worse]), "antiresorptive") is Outcome.SNOOZED


def test_a_card_shown_in_another_window_does_not_wake_it() -> None:
    history = [answered("antiresorptive", "very-high", 5), answered("antiresorptive", "very-high", 4, "")]
    assert outcome(decision(VERY_HIGH, *SAFE_LABS, history=history), "antiresorptive") is Outcome.SNOOZED


def test_a_critical_card_is_never_silenced() -> None:
    given, drafted = RECLAST_ON_DENOSUMAB
    for answer_given in ("overridden", "accepted"):
        history = [answered("antiresorptive", "duplicate", 0, answer_given)]
        found = decision(given, *SAFE_LABS, drafts=(order("nivolumab"), drafted), history=history)
        assert outcome(found, "antiresorptive-safety") is Outcome.FIRES
        assert card(answer(found), "antiresorptive")["indicator"] == "critical"


def test_a_silenced_verdict_is_told_and_makes_no_card() -> None:
    found = answer(decision(VERY_HIGH, *SAFE_LABS, history=[answered("antiresorptive", "very-high")]))
    assert "antiresorptive" not in topics(found)
    entry = told(found, "antiresorptive")
    assert (entry["outcome"], entry["stratum"], entry["version"]) == ("snoozed", "very-high", 2)


def test_the_data_gaps_card_can_be_silenced_too() -> None:
    drafts = (order("nivolumab"), {**order("", "draft-2"), "medicationCodeableConcept": {}})
    fresh = answer(decision(drafts=drafts))
    assert told(fresh, "data-gaps")["stratum"] == "unreadable-order"
    assert "data-gaps" in topics(fresh)
    silent = answer(decision(drafts=drafts, history=[answered("data-gaps", "unreadable-order")]))
    assert "data-gaps" not in topics(silent)
    assert told(silent, "data-gaps")["outcome"] == "snoozed"


def test_nothing_lesser_of_the_topic_comes_up_in_its_stead() -> None:
    overdue = {
        **order("Prolia", "given-1", status="completed", authoredOn="2026-03-01"),
        "resourceType": "MedicationAdministration",
        "effectiveDateTime": "2026-03-01",
    }
    both = answer(decision(overdue, VERY_HIGH, *SAFE_LABS))
    assert card(both, "antiresorptive")["extension"]["bone-cds.decision"]["stratum"] == "denosumab-overdue"
    assert told(both, "antiresorptive")["outcome"] == "fires"
    history = [answered("antiresorptive", "denosumab-overdue")]
    assert "antiresorptive" not in topics(answer(decision(overdue, VERY_HIGH, *SAFE_LABS, history=history)))


def test_what_was_silenced_frees_room_for_another_topic() -> None:
    rules = rules_of(Site(max_cards=1))
    before = topics(answer(decision(condition("Z79.52"), rules=rules)))
    after = topics(answer(decision(condition("Z79.52"), rules=rules, history=[_of(before[0], rules)])))
    assert before
    assert after != before


def _of(topic: str, rules: Any) -> Remembered:
    found = answer(decision(condition("Z79.52"), rules=rules))
    return answered(topic, card(found, topic)["extension"]["bone-cds.decision"]["stratum"])


def test_the_guests_of_a_silenced_card_stay_silent_with_it() -> None:
    shown = answer(decision(LOW_DENSITY, *SAFE_LABS[:2]))
    host = card(shown, "baseline-assessment")
    assert "Moderate fracture risk" in host["detail"]
    stratum = host["extension"]["bone-cds.decision"]["stratum"]
    history = [answered("baseline-assessment", stratum)]
    silent = answer(decision(LOW_DENSITY, *SAFE_LABS[:2], history=history))
    assert "baseline-assessment" not in topics(silent)
    assert all("Moderate fracture risk" not in each["detail"] for each in silent["cards"])


def test_what_was_asked_on_a_silenced_card_does_not_come_up_as_a_gap() -> None:
    labs = [each for each in SAFE_LABS if each["id"] not in {"o-41171-0-2026-11-01", "o-77370-5-2026-11-01"}]
    shown = answer(decision(*labs))
    host = card(shown, "baseline-assessment")
    assert "Still open" in host["detail"]
    history = [answered("baseline-assessment", host["extension"]["bone-cds.decision"]["stratum"])]
    silent = answer(decision(*labs, history=history))
    assert "data-gaps" not in topics(silent)
    assert all("Still open – Bone-protective drug" not in each["detail"] for each in silent["cards"])


def test_what_would_settle_a_silenced_question_is_not_asked_on_another_card() -> None:
    labs = [each for each in SAFE_LABS if each["id"] not in {"o-41171-0-2026-11-01", "o-77370-5-2026-11-01"}]
    shown = answer(decision(HIGH, *labs))
    assert "Still open" in card(shown, "antiresorptive")["detail"]
    silent = answer(decision(HIGH, *labs, history=[answered("antiresorptive", "high")]))
    assert "Bone-protective drug" not in card(silent, "baseline-assessment")["detail"]


def test_a_guest_does_not_move_to_the_next_card() -> None:
    treated = [
        {
            **order("nivolumab", f"given-{day}", status="completed"),
            "resourceType": "MedicationAdministration",
            "effectiveDateTime": day,
        }
        for day in ("2026-01-10", "2026-04-10", "2026-07-10", "2026-10-10")
    ]
    labs = [each for each in SAFE_LABS if each["id"] != "o-62292-8-2026-11-01"]
    labs.append(lab("62292-8", 34, "ng/mL", "2026-03-01"))
    before = decision(*treated, *labs)
    shown = answer(before)
    assert {"surveillance", "baseline-assessment"} <= set(topics(shown))
    assert "Moderate fracture risk" in card(shown, "surveillance")["detail"]
    assert "Moderate fracture risk" not in card(shown, "baseline-assessment")["detail"]
    stratum = card(shown, "surveillance")["extension"]["bone-cds.decision"]["stratum"]
    silent = answer(decision(*treated, *labs, history=[answered("surveillance", stratum)]))
    assert "surveillance" not in topics(silent)
    assert "Moderate fracture risk" not in card(silent, "baseline-assessment")["detail"]


def test_the_same_history_gives_the_same_answer_whatever_the_hook() -> None:
    history = [answered("antiresorptive", "very-high")]
    for hook in ("order-sign", "order-select"):
        found = decision(VERY_HIGH, *SAFE_LABS, hook=hook, history=history)
        assert outcome(found, "antiresorptive") is Outcome.SNOOZED


def test_a_replay_of_an_earlier_day_does_not_know_later_answers() -> None:
    later = [answered("antiresorptive", "very-high", 0)]
    found = decision(VERY_HIGH, *SAFE_LABS, as_of=date(2026, 11, 20), history=later)
    assert outcome(found, "antiresorptive") is Outcome.FIRES
