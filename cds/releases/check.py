"""Everything that a rule book is held against before people sign it: lint, every case, and its own version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from cds.releases.charts import chart_faults, doors_of
from cds.releases.option_cases import FILE as OPTIONS
from cds.releases.option_cases import OptionCases, option_faults
from cds.releases.progress import Progress, unwatched
from cds.ruleset.book import Site
from cds.ruleset.charts.cases import FILE as CHARTS
from cds.ruleset.fault import Level, RuleFault, RuleFaults
from cds.ruleset.lint import Proven, lint
from cds.ruleset.load import load
from cds.ruleset.mutation.run import tried
from cds.ruleset.mutation.survivors import read_survivors, unexplained
from cds.ruleset.tables import Table, tables_in

MOST_TOLD: Final = 200
"""Findings that are kept on record; their number is kept anyhow."""

_CASE_TABLES: Final = frozenset({"case", "chart"})


def checked(
    rules: Path,
    as_of: date,
    site: Site,
    base_version: str,
    *,
    mutate: bool = False,
    progress: Progress = unwatched,
) -> dict[str, Any]:
    """What was found: errors, warnings, the number of cases that were run, and slips that no case would notice."""
    cases = case_counts(rules)
    found = [*_findings(rules, as_of, site, base_version, _proven(cases, progress))]
    slips: list[str] | None = None
    if mutate and not any(each.level is Level.ERROR for each in found):
        slips = [*_slips(rules)]
    levels = Counter(each.level for each in found)
    return {
        "as_of": as_of.isoformat(),
        "errors": levels[Level.ERROR],
        "warnings": levels[Level.WARNING],
        "notes": levels[Level.NOTE],
        "cases": sum(cases.values()),
        "mutation": None if slips is None else {"unnoticed": slips[:MOST_TOLD], "count": len(slips)},
        "findings": [str(each) for each in sorted(found, key=_gravest_first)][:MOST_TOLD],
    }


def _proven(cases: Mapping[str, int], progress: Progress) -> Proven:
    """Tells how many cases have been run whenever those of a file have."""
    run, total = Counter[str](), sum(cases.values())
    progress("cases", 0, total)

    def proven(file: str) -> None:
        run[file] = cases.get(file, 0)
        progress("cases", run.total(), total)

    return proven


def _findings(rules: Path, as_of: date, site: Site, base_version: str, proven: Proven) -> Iterator[RuleFault]:
    garbled = [*_garbled(rules)]
    if garbled:
        yield from garbled
        return
    try:
        found = lint(rules, as_of, site, proven=proven)
        yield from found
        if any(each.level is Level.ERROR for each in found):
            return
        yield from option_faults(rules)
        proven(OPTIONS)
        yield from chart_faults(rules)
        proven(CHARTS)
        version = load(rules, site).book.version
        if version == base_version:
            why = f"the rule book in force is called {version} already, and a card names it"
            yield RuleFault("ruleset.yaml", 0, f"the version is still {version}", why, "raise `version`")
    except RuleFaults as faults:
        yield from faults.faults


def _garbled(rules: Path) -> Iterator[RuleFault]:
    """Files that are no text."""
    for path in sorted(each for each in rules.rglob("*") if each.is_file()):
        try:
            path.read_text("utf-8")
        except UnicodeDecodeError as wrong:
            why = f"byte {wrong.start} is not UTF-8"
            yield RuleFault(path.relative_to(rules).as_posix(), 0, "the file is no text", why, "save it as UTF-8")


def _gravest_first(fault: RuleFault) -> tuple[int, RuleFault]:
    return list(Level).index(fault.level), fault


def _slips(rules: Path) -> Iterator[str]:
    """Every small slip in the rule book that no case would notice and nobody has explained."""
    faults: list[RuleFault] = []
    listed = read_survivors(rules, faults)
    if faults:
        raise RuleFaults(faults)
    yield from (str(each) for each in unexplained(tried(rules, OptionCases(rules), doors_of), listed))


def case_counts(rules: Path) -> dict[str, int]:
    """By file, the rows of its tables of cases."""
    paths = (path for path in sorted(rules.rglob("*.md")) if path.name != "README.md")
    texts = {path.relative_to(rules).as_posix(): path.read_text("utf-8", errors="replace") for path in paths}
    return {file: sum(len(table.rows) for table in _case_tables(text)) for file, text in texts.items()}


def _case_tables(text: str) -> Iterator[Table]:
    return (table for table in tables_in(text) if table.head.cells[0].lower() in _CASE_TABLES)
