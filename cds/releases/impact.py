"""What a proposal would change in journalled decisions whose input was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from cds.hooks.wire import Card, HookResponse
from cds.journal.install import Archive
from cds.journal.slips import DecisionTold
from cds.population.impact import CHANGED, GAINED, LOST, SAME
from cds.population.tables import Table, table
from cds.releases.desk import Desk
from cds.releases.fault import ReleaseFault
from cds.releases.progress import Progress, unwatched
from cds.releases.release import Release
from cds.replay.again import Again, Replayer
from cds.replay.changes import cards_by_topic
from cds.ruleset.audit import read_audit
from cds.ruleset.load import load
from cds.settings import Settings

MOST_NAMED: Final = 50
"""Decisions that are named, so that somebody can look at them; all are counted."""

_KINDS: Final = {GAINED: "a card more", LOST: "a card less", CHANGED: "another card", SAME: "the same card"}
_NO_STRATUM: Final = "none"
_RESPONSE: Final = msgspec.json.Decoder(HookResponse).decode


def plain(it: Table) -> dict[str, Any]:
    """The table as it is put on record; a hidden number is null."""
    cells = [{"key": each.key, "label": each.label, "count": each.count} for each in it.cells]
    return {"id": it.id, "title": it.title, "cells": cells}


async def over_journal(
    desk: Desk, release: Release, archive: Archive, settings: Settings, progress: Progress = unwatched
) -> dict[str, Any]:
    """What would have been different in the journalled decisions. Raises RuleFaults, and what the database raises."""
    rules = load(release.rules, desk.site)
    replayer = Replayer(archive, settings, rules)
    count = Counted(read_audit(release.rules, rules).stratum_of)
    names = await replayer.decisions()
    for done, name in enumerate(names):
        progress("decisions", done, len(names))
        count.add(await replayer.again(name))
    progress("decisions", len(names), len(names))
    if not count.decisions:
        why = f"{count.unreplayed} decisions are in it, and none has a kept input that can be opened"
        raise ReleaseFault("the journal tells nothing about the impact", why, "keep inputs (docs/journal.md)")
    titles = {**load(desk.in_force(), desk.site).book.topics, **rules.book.topics}
    return {
        "over": "journal",
        "of": "decisions whose input was kept",
        "counted": "decisions",
        "patients": len(count.patients),
        "not_replayed": count.unreplayed,
        "decisions": count.named,
        "tables": [plain(each) for each in count.tables(titles)],
    }


@dataclass(slots=True)
class Counted:
    """Decisions made once more, counted as they come. ``stratum_of``: the rule whose strata stand for fracture risk."""

    stratum_of: str
    decisions: int = 0
    unreplayed: int = 0
    differing: int = 0
    named: list[str] = field(default_factory=list)
    patients: set[str] = field(default_factory=set)
    topics: Counter[tuple[str, str]] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, again: Again) -> None:
        """One decision more."""
        if again.told is None or again.now is None or again.response is None:
            self.unreplayed += 1
            return
        topics = topic_changes(_RESPONSE(again.told.response), again.response)
        move = self._stratum(again.told.verdicts), self._stratum(again.now.verdicts)
        self.decisions += 1
        self.topics.update(topics.items())
        self.moves[move] += 1
        if move[0] != move[1] or set(topics.values()) - {SAME}:
            self._differs(again.told)

    def _differs(self, told: DecisionTold) -> None:
        self.differing += 1
        self.patients.add(told.patient)
        if len(self.named) < MOST_NAMED:
            self.named.append(told.id)

    def _stratum(self, verdicts: Iterable[Any]) -> str:
        return next((each.stratum or _NO_STRATUM for each in verdicts if each.rule == self.stratum_of), _NO_STRATUM)

    def tables(self, titles: dict[str, str]) -> Iterator[Table]:
        """The counts as tables, of the same shape as those of a population."""
        alike = self.decisions - self.differing
        rows = (("yes", "something changes", self.differing), ("no", "nothing changes", alike))
        yield table("impact", "Decisions in which something changes", "", rows)
        for topic, title in titles.items():
            counts = {kind: self.topics[topic, kind] for kind in _KINDS}
            if any(counts.values()):
                yield table(f"impact.cards.{topic}", title, "", ((kind, _KINDS[kind], counts[kind]) for kind in _KINDS))
        moved = ((f"{one}>{other}", _move(one, other), count) for (one, other), count in sorted(self.moves.items()))
        yield table("impact.strata", "Fracture risk, before and after", "", moved)


def topic_changes(before: HookResponse, after: HookResponse) -> dict[str, str]:
    """For each topic that has a card before or after: gained, lost, changed or same."""
    old, new = (_told(each) for each in (before, after))
    return {topic: _kind(old.get(topic), new.get(topic)) for topic in sorted(old.keys() | new.keys())}


def _told(response: HookResponse) -> dict[str, list[tuple[str, ...]]]:
    """By topic, what each card says: its rule, stratum, urgency and summary."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, card in cards_by_topic(response).items():
        found.setdefault(name.partition(" ")[0], []).append(_said(card))
    return found


def _said(card: Card) -> tuple[str, ...]:
    said = (card.extension or {}).get("bone-cds.decision", {})
    return (said.get("rule", ""), said.get("stratum") or "", card.indicator, card.summary)


def _kind(before: object, after: object) -> str:
    if before is None:
        return GAINED
    if after is None:
        return LOST
    return SAME if before == after else CHANGED


def _move(one: str, other: str) -> str:
    return f"{one}: unchanged" if one == other else f"{one} → {other}"
