"""What an audit found, in numbers that may be shown: the machine-readable summary, small cells hidden if wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from cds.population.audit import Audited
from cds.population.tables import Rate, Table, rate, suppressed
from cds.population.tally import Tally
from cds.ruleset.ruleset import RuleSet

Plain = dict[str, Any]
FORMAT = 1
"""The version of the summary's shape."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Tables and rates as they may be shown; ``below`` is the size under which cells are hidden, 0 if none are."""

    as_of: date
    ruleset: RuleSet
    after: RuleSet | None
    tables: tuple[Table, ...]
    changes: tuple[Table, ...]
    fractures: Rate
    below: int
    audited: Audited

    def table(self, name: str) -> Table:
        """The table of that name; KeyError without one."""
        found = {each.id: each for each in (*self.tables, *self.changes)}
        return found[name]


def summary_of(audited: Audited, below: int = 0) -> Summary:
    """The summary, with cells under ``below`` hidden."""
    tally, impact = audited.tally, audited.impact
    return Summary(
        as_of=audited.question.as_of,
        ruleset=audited.auditor.ruleset,
        after=impact.after if impact else None,
        tables=tuple(suppressed(each, below) for each in tally.tables()),
        changes=tuple(suppressed(each, below) for each in impact.tables()) if impact else (),
        fractures=_fractures(tally, below),
        below=below,
        audited=audited,
    )


def _fractures(tally: Tally, below: int) -> Rate:
    """Fractures in person-time; hidden if so few patients had any that they could be recognised."""
    few = 0 < tally.fractured < below
    return rate(tally.fractures, tally.years, max(below, tally.fractures + 1) if few else below)


def summary_json(summary: Summary) -> Plain:
    """The summary as plain values; a hidden number is null."""
    audited = summary.audited
    return {
        "format": FORMAT,
        "asOf": summary.as_of.isoformat(),
        "ruleset": _ruleset(summary.ruleset),
        "comparedWith": _ruleset(summary.after) if summary.after else None,
        "suppressedBelow": summary.below or None,
        "complete": not audited.incomplete,
        "tables": {each.id: _table(each) for each in summary.tables},
        "changes": {each.id: _table(each) for each in summary.changes},
        "fractures": _rate(summary.fractures),
        "export": {
            "files": len(audited.export.files),
            "filesPassedOver": len(audited.export.passed_over),
            "lines": dict(sorted(audited.extracted.counts.items())),
            "typesNotExported": list(audited.absent),
            "faults": len(audited.faults),
            "olderVersions": audited.tally.repeated,
        },
    }


def _ruleset(ruleset: RuleSet) -> Plain:
    return {"version": ruleset.book.version, "fingerprint": ruleset.fingerprint}


def _table(table: Table) -> Plain:
    counts = {cell.key: cell.count for cell in table.cells}
    return {"title": table.title, "about": table.about, "total": table.total, "counts": counts}


def _rate(rate: Rate) -> Plain:
    return {
        "events": rate.events,
        "personYears": rate.years,
        "per1000PersonYears": rate.rate,
        "low95": rate.low,
        "high95": rate.high,
    }
