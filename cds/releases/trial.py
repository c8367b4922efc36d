"""A release on trial: what it would have shown where the rules in force showed something else. Shown to nobody."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import msgspec
import sqlalchemy as sql

from cds.cards.compose import respond
from cds.decide import decide
from cds.hooks.wire import Card
from cds.journal.database import Database
from cds.journal.slips import SHADOW
from cds.journal.tables import ENTRIES
from cds.releases.impact import topic_changes
from cds.releases.in_force import rules_on_trial
from cds.ruleset.book import Site
from cds.ruleset.fault import RuleFaults
from cds.ruleset.load import load
from cds.ruleset.needs import templates
from cds.ruleset.ruleset import RuleSet
from cds.service import Answer
from cds.settings import Settings

_LOG: Final = logging.getLogger("cds.releases")
_NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""Nobody answers these cards."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The release on trial, with its rules."""

    release: str
    ruleset: RuleSet

    def of(self, answer: Answer, canonical: str) -> dict[str, Any]:
        """What it makes of the same chart, draft and history, as it is journalled: without the patient."""
        started, shown, case = perf_counter(), answer.decision, answer.case
        decision = decide(answer.chart, shown.view.draft, self.ruleset, shown.hook, shown.as_of, case.history)
        response = respond(decision, f"Patient/{answer.chart.patient_id}", canonical, lambda: _NOBODY, _NOBODY)
        topics = topic_changes(answer.response, response)
        return {
            "release": self.release,
            "decision": case.id,
            "ruleset": self.ruleset.fingerprint,
            "beside": shown.ruleset.fingerprint,
            "topics": topics,
            "cards": [_told(card) for card in response.cards],
            "verdicts": {each.rule: [each.outcome.value, each.stratum or ""] for each in decision.verdicts},
            "not_asked_for": self._not_asked_for(answer),
            "ms": round((perf_counter() - started) * 1000, 3),
        }

    def _not_asked_for(self, answer: Answer) -> list[str]:
        """The sources that it would read and the rules in force did not ask for: of these it could know nothing."""
        shown = answer.decision
        own = templates(self.ruleset, shown.hook, shown.as_of)
        return sorted(own.keys() - templates(shown.ruleset, shown.hook, shown.as_of).keys())


def _told(card: Card) -> dict[str, Any]:
    """The card: what it is about, how urgent it is, what it says first and what it offers."""
    said = (card.extension or {}).get("bone-cds.decision", {})
    kept = {name: said.get(name) for name in ("topic", "rule", "version", "stratum")}
    return {
        **kept,
        "indicator": card.indicator,
        "summary": card.summary,
        "suggestions": [each.label for each in card.suggestions],
    }


def trial_of(settings: Settings, site: Site) -> Trial | None:
    """The trial of the settings; None without one, or if it cannot be had: the service serves all the same."""
    try:
        found = rules_on_trial(settings)
        return None if found is None else Trial(found[0], load(found[1], site))
    except (RuleFaults, ValueError, OSError) as refused:
        _LOG.error("nothing is on trial: %s", refused)
        return None


@dataclass(frozen=True, slots=True)
class TrialTold:
    """What a trial has shown so far: how many decisions, how many differ, what becomes of cards, and some examples."""

    decisions: int
    differing: int
    topics: Mapping[tuple[str, str], int]
    examples: tuple[str, ...]


async def trial_told(database: Database, release: str) -> TrialTold:
    """What the journal says about the trial of that release."""
    count, differing, examples = 0, 0, list[str]()
    topics: Counter[tuple[str, str]] = Counter()
    for told in await _entries(database, release):
        count += 1
        topics.update(told["topics"].items())
        if set(told["topics"].values()) - {"same"}:
            differing += 1
            examples.append(told["decision"])
    return TrialTold(count, differing, topics, tuple(examples[-50:]))


async def _entries(database: Database, release: str) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        bodies = (await connection.execute(sql.select(ENTRIES.c.body).where(ENTRIES.c.kind == SHADOW))).scalars()
        told = (msgspec.json.decode(body, type=dict[str, Any]) for body in bodies if body is not None)
        return [each for each in told if each["release"] == release]


def trial_lines(told: TrialTold) -> Iterator[str]:
    """The same in sentences."""
    yield f"on trial beside {told.decisions:,} decisions; {told.differing:,} would have looked different"
    for (topic, kind), number in sorted(told.topics.items()):
        if kind != "same":
            yield f"  {topic}: {number:,} {kind}"
    if told.examples:
        yield f"  the latest: {', '.join(told.examples[-5:])}"
