"""Rows counted one by one as they come: what the summary, the report and the measure are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cds.engine.verdict import NO_STRATUM, NOT_APPLICABLE
from cds.population.row import ANSWERS, NO, NOT_ASKED, UNKNOWN, YES, Decided, Passed, Result, Row
from cds.population.tables import Table, table
from cds.population.treatment import PATIENT_VIEW, Status
from cds.ruleset.audit import AuditPlan
from cds.ruleset.ruleset import RuleSet

OUTSIDE, NOT_JUDGED, OPEN = "outside", "not-judged", "open"
UNTREATED: Final = "untreated"
_STATUS_WORDS: Final = {
    Status.STARTING: "about to start",
    Status.ON_TREATMENT: "on treatment",
    Status.FOLLOWED_UP: "course ended, followed up",
    Status.NOT_KNOWN: "cannot be told",
    UNTREATED: "no checkpoint inhibitor",
}
_STRATUM_WORDS: Final = {
    NO_STRATUM: "no stratum",
    NOT_APPLICABLE: "the rule does not apply (on a bone drug, bone metastasis, myeloma, under age)",
    OPEN: "cannot be told",
    NOT_JUDGED: "not judged (course ended)",
    OUTSIDE: "outside the rules (deceased, hospice)",
}
ANSWER_WORDS: Final = {YES: "yes", NO: "no", UNKNOWN: "cannot be told", NOT_ASKED: "not asked of them"}
SHOWN, NOT_SHOWN = "shown", "not-shown"


def stratum_of(decided: Decided, hook: str) -> str:
    """The stratum of fracture risk, or why there is none."""
    if decided.in_scope == NO:
        return OUTSIDE
    if hook == PATIENT_VIEW:
        return NOT_JUDGED
    if decided.stratum:
        return decided.stratum
    return decided.possible[0] if len(decided.possible) == 1 else OPEN


@dataclass(slots=True)
class Tally:
    """What was counted so far."""

    ruleset: RuleSet
    plan: AuditPlan
    statuses: Counter[str] = field(default_factory=Counter)
    strata: Counter[str] = field(default_factory=Counter)
    gaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    baseline: Counter[tuple[str, str]] = field(default_factory=Counter)
    incomplete: Counter[str] = field(default_factory=Counter)
    unsettled: int = 0
    fractures: int = 0
    fractured: int = 0
    years: float = 0.0
    repeated: int = 0

    def add(self, result: Result) -> None:
        """One partition more is counted."""
        self.passed(result.passed)
        for row in result.rows:
            self.row(row)

    def passed(self, passed: Passed) -> None:
        """The patients without a row are counted."""
        self.statuses[UNTREATED] += passed.untreated
        self.repeated += passed.repeated

    def row(self, row: Row) -> None:
        """One patient more is counted."""
        self.statuses[row.status] += 1
        if row.decided is None:
            return
        decided = row.decided
        self.strata[stratum_of(decided, row.hook)] += 1
        self.unsettled += bool(decided.stratum) and not decided.settled
        self.gaps.update(decided.gaps.items())
        self.topics.update({card.topic for card in decided.cards})
        self.baseline.update(row.baseline.items())
        self.incomplete[YES if row.incomplete else NO] += 1
        if row.years is not None:
            self.years += row.years
            self.fractures += row.fractures or 0
            self.fractured += bool(row.fractures)

    @property
    def treated(self) -> int:
        """Patients of whom a decision was made."""
        return sum(self.strata.values())

    def tables(self) -> Iterator[Table]:
        """Everything that was counted, as tables in a fixed order."""
        about = "Every patient of the export."
        yield table("status", "Checkpoint inhibitors", about, _rows(_STATUS_WORDS.items(), self.statuses))
        about = "Fracture risk of the patients on, about to start or followed up after a PD-1/PD-L1 inhibitor."
        yield table("strata", "Fracture risk", about, _rows(self._stratum_words(), self.strata))
        for gap in self.plan.gaps:
            yield table(f"gap.{gap.id}", gap.title, gap.about, _answers(gap.id, self.gaps, ANSWERS))
        yield from self._cards()
        for each in self.plan.baseline:
            counts = _answers(each.id, self.baseline, (YES, NO, UNKNOWN))
            yield table(f"baseline.{each.id}", each.title, each.about, counts)
        about = "Patients some of whose data could not be read or was not exported: what is not there is not ruled out."
        words = ((YES, "something may be missing"), (NO, "all sources were read"))
        yield table("incomplete", "Whose data may be missing", about, _rows(words, self.incomplete))

    def _cards(self) -> Iterator[Table]:
        for topic, title in self.ruleset.book.topics.items():
            shown = self.topics[topic]
            counts = ((SHOWN, "shown", shown), (NOT_SHOWN, "not shown", self.treated - shown))
            yield table(f"cards.{topic}", title, "Patients with a card of this topic.", counts)

    def _stratum_words(self) -> Iterator[tuple[str, str]]:
        rules = [each for each in self.ruleset.rules if each.id == self.plan.stratum_of]
        yield from ((stratum.id, stratum.title) for rule in rules for stratum in rule.written.strata)
        yield from _STRATUM_WORDS.items()


def _rows(words: Iterable[tuple[str, str]], counts: Counter[str]) -> Iterator[tuple[str, str, int]]:
    return ((key, label, counts[key]) for key, label in words)


def _answers(name: str, counts: Counter[tuple[str, str]], keys: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    return ((key, ANSWER_WORDS[key], counts[name, key]) for key in keys)
