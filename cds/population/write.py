"""The per-patient table as CSV and Parquet, sorted by patient whatever came first: not to be shared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

from cds.population.impact import Change
from cds.population.queries import database, quoted
from cds.population.row import Decided, Row
from cds.population.tally import stratum_of
from cds.ruleset.audit import AuditPlan

CSV, PARQUET = "patients.csv", "patients.parquet"
MEMORY: Final = "96MB"
_FORMULA: Final = r"""(^|[;,\t\r\n])([\s"]*)([=+@＝＋－＠-])"""
"""As ``cds.spreadsheet`` has it, for the database: a sign that begins a formula, first or after a separator."""

Flat = dict[str, Any]


def columns(plan: AuditPlan, compared: bool) -> dict[str, str]:
    """The columns with their types, in order."""
    texts = ("patient", "status", "why", "hook")
    found = dict.fromkeys(texts, "VARCHAR")
    found |= {"age": "DOUBLE", "sex": "VARCHAR", "agents": "VARCHAR", "course_start": "VARCHAR"}
    found |= _decided_columns(plan)
    found |= {f"baseline_{each.id.replace('-', '_')}": "VARCHAR" for each in plan.baseline}
    found |= {"years": "DOUBLE", "fractures": "BIGINT", "incomplete": "VARCHAR", "older_versions": "BIGINT"}
    if compared:
        found |= {f"after_{name}": kind for name, kind in _decided_columns(plan).items()}
        found |= {"changes": "VARCHAR"}
    return found


def _decided_columns(plan: AuditPlan) -> dict[str, str]:
    found = {"in_scope": "VARCHAR", "stratum": "VARCHAR", "stratum_settled": "BOOLEAN", "stratum_possible": "VARCHAR"}
    found |= {_gap(gap.id): "VARCHAR" for gap in plan.gaps}
    return found | {"cards": "BIGINT", "card_topics": "VARCHAR", "card_summaries": "VARCHAR"}


def flat(row: Row, change: Change | None) -> Flat:
    """The row with one plain value a column."""
    told: Flat = {
        "patient": row.patient,
        "status": row.status,
        "why": row.why,
        "hook": row.hook,
        "age": row.age,
        "sex": row.sex,
        "agents": "; ".join(row.agents),
        "course_start": row.course_start,
        **_decided(row.decided, row.hook),
        **{f"baseline_{name.replace('-', '_')}": answer for name, answer in row.baseline.items()},
        "years": row.years,
        "fractures": row.fractures,
        "incomplete": "; ".join(row.incomplete),
        "older_versions": row.repeated,
    }
    if row.after is not None:
        told |= {f"after_{name}": value for name, value in _decided(row.after, row.hook).items()}
    if change is not None:
        told["changes"] = "; ".join(_changes(change))
    return told


def _decided(decided: Decided | None, hook: str) -> Flat:
    if decided is None:
        return {}
    return {
        "in_scope": decided.in_scope,
        "stratum": stratum_of(decided, hook),
        "stratum_settled": decided.settled,
        "stratum_possible": "; ".join(decided.possible),
        **{_gap(name): answer for name, answer in decided.gaps.items()},
        "cards": len(decided.cards),
        "card_topics": "; ".join(card.topic for card in decided.cards),
        "card_summaries": " | ".join(card.summary for card in decided.cards),
    }


def _changes(change: Change) -> list[str]:
    told = [f"{topic} {kind}" for topic, kind in change.topics.items() if kind != "same"]
    return [*told, f"stratum {change.before} → {change.after}"] if change.moved else told


def write_tables(rows: Path, out: Path, types: Mapping[str, str], scratch: Path) -> None:
    """The rows, one JSON object a line, as both tables."""
    connection = database(scratch, MEMORY, threads=1)
    connection.execute("SET preserve_insertion_order = true")
    shape = "{" + ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in types.items()) + "}"
    source = f"read_json({quoted(str(rows))}, format = 'newline_delimited', columns = {shape})"
    try:
        _copy(connection, f"SELECT * FROM {source} ORDER BY patient", out / PARQUET, "FORMAT parquet, COMPRESSION zstd")
        shown = ", ".join(_guarded(name) if kind == "VARCHAR" else f'"{name}"' for name, kind in types.items())
        query = f"SELECT {shown} FROM {source} AS it ORDER BY it.patient"
        _copy(connection, query, out / CSV, "FORMAT csv, HEADER true")
    finally:
        connection.close()


def patients_with_gaps(out: Path, plan: AuditPlan, scratch: Path) -> dict[str, tuple[str, ...]]:
    """The patients of each gap, sorted, from the table that was written."""
    connection = database(scratch, MEMORY, threads=1)
    found: dict[str, tuple[str, ...]] = {}
    for gap in plan.gaps:
        query = (
            f"SELECT patient FROM read_parquet({quoted(str(out / PARQUET))}) WHERE {_gap(gap.id)} = 'yes' ORDER BY 1"
        )
        found[gap.id] = tuple(name for (name,) in connection.execute(query).fetchall())
    connection.close()
    return found


def _gap(name: str) -> str:
    """The column of a gap."""
    return f"gap_{name.replace('-', '_')}"


def _guarded(name: str) -> str:
    """The column as text that no spreadsheet takes for a formula."""
    text = f"""regexp_replace("{name}", '{_FORMULA}', '\\1\\2''\\3', 'g')"""
    return f"""CASE WHEN regexp_matches("{name}", '^[\\t\\r\\n]') THEN '''' || {text} ELSE {text} END AS "{name}\""""


def _copy(connection: duckdb.DuckDBPyConnection, query: str, file: Path, options: str) -> None:
    connection.execute(f"COPY ({query}) TO {quoted(str(file))} ({options})")
