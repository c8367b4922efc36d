"""What another rule set would change: who gains, loses or sees another card, and who moves to another stratum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cds.population.row import CardTold, Decided, Row
from cds.population.tables import Table, table
from cds.population.tally import stratum_of
from cds.ruleset.ruleset import RuleSet

GAINED, LOST, CHANGED, SAME, NONE = "gained", "lost", "changed", "same", "none"
_WORDS: Final = {
    GAINED: "gain the card",
    LOST: "lose the card",
    CHANGED: "see another card of the topic",
    SAME: "see the same card",
    NONE: "have no card of the topic before or after",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What changes for one patient: by topic, and from which stratum to which."""

    patient: str
    topics: dict[str, str]
    before: str
    after: str

    @property
    def moved(self) -> bool:
        """Whether the stratum is another one."""
        return self.before != self.after

    @property
    def differs(self) -> bool:
        """Whether anything is different."""
        return self.moved or bool(set(self.topics.values()) - {SAME})


def change_of(row: Row) -> Change | None:
    """The change for the patient of that row; None if it holds no comparison."""
    if row.decided is None or row.after is None:
        return None
    before, after = _by_topic(row.decided.cards), _by_topic(row.after.cards)
    topics = {topic: _kind(before.get(topic), after.get(topic)) for topic in sorted({*before, *after})}
    return Change(row.patient, topics, _stratum(row.decided, row), _stratum(row.after, row))


def _stratum(decided: Decided, row: Row) -> str:
    return stratum_of(decided, row.hook)


def _by_topic(cards: Iterable[CardTold]) -> dict[str, tuple[CardTold, ...]]:
    found: dict[str, tuple[CardTold, ...]] = {}
    for card in cards:
        found[card.topic] = (*found.get(card.topic, ()), card)
    return found


def _kind(before: tuple[CardTold, ...] | None, after: tuple[CardTold, ...] | None) -> str:
    if before is None:
        return GAINED
    if after is None:
        return LOST
    return SAME if before == after else CHANGED


@dataclass(slots=True)
class Impact:
    """The changes of a whole population, counted as they come."""

    before: RuleSet
    after: RuleSet
    patients: int = 0
    differing: int = 0
    topics: Counter[tuple[str, str]] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)

    def row(self, row: Row) -> Change | None:
        """One patient more is counted; what changes for them."""
        change = change_of(row)
        if change is None:
            return None
        self.patients += 1
        self.differing += change.differs
        self.topics.update(change.topics.items())
        self.moves[change.before, change.after] += 1
        return change

    def tables(self) -> Iterator[Table]:
        """The changes as tables."""
        about = "Patients on, about to start or followed up after a PD-1/PD-L1 inhibitor."
        alike = self.patients - self.differing
        differing = (("yes", "something changes", self.differing), ("no", "nothing changes", alike))
        yield table("impact", "Patients for whom something changes", about, differing)
        for topic, title in {**self.before.book.topics, **self.after.book.topics}.items():
            counts = {kind: self.topics[topic, kind] for kind in (GAINED, LOST, CHANGED, SAME)}
            counts[NONE] = self.patients - sum(counts.values())
            rows = ((kind, _WORDS[kind], count) for kind, count in counts.items())
            yield table(f"impact.cards.{topic}", title, "What happens to the card of this topic.", rows)
        rows = ((f"{one}>{other}", _move(one, other), count) for (one, other), count in sorted(self.moves.items()))
        yield table("impact.strata", "Fracture risk, before and after", "From which stratum to which.", rows)


def _move(before: str, after: str) -> str:
    return f"{before}: unchanged" if before == after else f"{before} → {after}"
