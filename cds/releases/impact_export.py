"""Whom a proposal would touch among the patients of a Bulk Data export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cds.clock import today
from cds.population.audit import Engine, audit, no_progress
from cds.population.faults import Fault
from cds.population.files import find_export
from cds.population.local import Progress
from cds.population.partition import Question
from cds.population.tables import suppressed
from cds.releases.desk import Desk
from cds.releases.impact import plain
from cds.releases.release import Release
from cds.settings import Settings


def question_of(desk: Desk, release: Release, as_of: date, settings: Settings) -> Question:
    """What the rules in force say of every patient on that day, and what those of the release would say."""
    then = as_of < today()
    return Question(desk.in_force(), desk.site, as_of, settings.canonical, release.rules, as_then=then)


def over_export(
    question: Question, export: Path, below: int = 0, within: Path | None = None, engine: Engine | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:  # fmt: skip
    """What would change for the patients of the export, worked out in a folder ``within`` that one, or as usual.

    Raises UnusableExport, RuleFaults, OSError.
    """
    with TemporaryDirectory(dir=within) as scratch:
        found = audit(find_export(export), question, Path(scratch), engine=engine, progress=progress)
    assert found.impact is not None
    tables = [suppressed(each, below) for each in found.impact.tables()]
    return {
        "over": "export",
        "of": export.resolve().name,
        "as_of": question.as_of.isoformat(),
        "counted": "patients",
        "hidden_below": below,
        "unreadable": len(found.faults),
        "unread": _by_file(found.faults),
        "not_exported": list(found.absent),
        "tables": [plain(each) for each in tables],
    }


def _by_file(faults: Iterable[Fault]) -> dict[str, int]:
    """How many files and lines could not be read, by file; nothing of what stands in them."""
    return dict(sorted(Counter(each.file for each in faults).items()))
