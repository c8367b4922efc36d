"""What DuckDB is asked: SQL for reading an export, and the database that it is asked of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb

CANDIDATES: Final = "candidates.parquet"
"""Who is looked at; without this file everybody is."""

MEMORY: Final = "256MB"
"""Each of the threads reads with room for several of the longest lines."""

THREADS: Final = 2
SPLIT: Final = 8
"""So many partitions are written at a time: each takes memory while it is open."""

MOST_SPLITS: Final = 5
PARTITION_BYTES: Final = 16 * 1024 * 1024
"""A partition that holds more is split again."""

_FLUSH_ROWS: Final = 4000
GROUP_ROWS: Final = 4096
"""Rows that lie together in a partition: so many are in memory at once when it is read."""

ODD, DRUGS, OTHERS, MISNAMED = -1, -2, -3, -4
"""Partitions of lines that are no resource of somebody, of Medication resources, of the Patients who are no candidates
(without their text), and of drugs in a file whose name promises something else."""

ID: Final = r"[A-Za-z0-9.\-_]{1,64}"
OWNER: Final = rf"^(?:urn:uuid:|urn:oid:|(?:.*/)?Patient/)?({ID})(?:/_history/.*|\|.*)?/?$"
SOMETHING_ELSE: Final = r"^(?:.*/)?[A-Z][A-Za-z]+/[^/?]+(?:/_history/.*)?$"

LINES: Final = """
SELECT f, k, id, u, v, r, json, x,
       CASE WHEN k = 'Patient' THEN id
            WHEN starts_with(r, 'Patient/') AND regexp_full_match(substr(r, 9), '{id}') THEN substr(r, 9)
            ELSE nullif(regexp_extract(r, '{owner}', 1), '') END AS p,
       json IS NULL OR k IS NULL OR k = 'OperationOutcome'
           OR (list_contains({needed}, k) AND p IS NULL AND k <> 'Medication'
              AND (k = 'Patient' OR r IS NULL OR contains(r, 'Patient/') OR NOT regexp_matches(r, '{else_}'))) AS broken
FROM (SELECT filename AS f, json, x, x[1] AS k, x[2] AS id, coalesce(x[3], x[4]) AS r, x[5] AS u, x[6] AS v
      FROM (SELECT filename, json, json_extract_string(json, {paths}) AS x
            FROM read_ndjson_objects({files}, filename = true, ignore_errors = true, maximum_object_size = {longest})))
"""
PATHS: Final = ("resourceType", "id", "subject.reference", "patient.reference", "meta.lastUpdated", "meta.versionId")
DRUG_PATHS: Final = (
    "medicationReference.reference", "medicationReference.display", "medicationCodeableConcept", "code", "ingredient",
    "contained", "status", "doNotPerform",
)  # fmt: skip
FIRST: Final = """
SELECT f, k, id, u, v, p, json, x[7] AS m, x[8] AS d, x[9] AS c, x[10] AS code, x[11] AS parts,
       x[12] IS NOT NULL OR x[13][1] IN ('{{', '[') OR coalesce(x[14], 'true') NOT IN ('true', 'false') AS odd,
       CASE WHEN broken THEN {odd} WHEN k = 'Medication' THEN {drugs} WHEN p IS NULL OR NOT list_contains({needed}, k)
            THEN NULL ELSE (hash(p) % {partitions})::BIGINT END AS part
FROM ({lines})
"""
THEN: Final = """
SELECT f, k, id, u, v, p, CASE WHEN part = {others} THEN NULL ELSE json END AS json, part
FROM (SELECT it.*, CASE WHEN broken THEN {odd} WHEN list_contains({drug_kinds}, k) THEN {misnamed}
                        WHEN it.p IS NULL OR NOT list_contains({needed}, k) THEN NULL
                        WHEN wanted.p IS NOT NULL THEN (hash(it.p) % {partitions})::BIGINT
                        WHEN k = 'Patient' THEN {others} END AS part
      FROM ({lines}) AS it LEFT JOIN {table} AS wanted ON wanted.p = it.p)
"""


def database(scratch: Path, memory: str = MEMORY, threads: int = THREADS) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills into the folder and fetches nothing from anywhere."""
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    connection.execute(f"SET memory_limit = '{memory}'; SET threads = {threads}; SET preserve_insertion_order = false")
    connection.execute("SET enable_progress_bar = false")
    connection.execute(f"SET partitioned_write_flush_threshold = {_FLUSH_ROWS}")
    connection.execute(f"SET temp_directory = {quoted(str(scratch / 'spill'))}")
    return connection


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """The texts as an SQL list."""
    return "[" + ", ".join(quoted(each) for each in texts) + "]::VARCHAR[]"


def one_of(names: Iterable[str]) -> str:
    """The names as what SQL's IN asks for."""
    return "(" + ", ".join(quoted(name) for name in names) + ")"


def staged(out: Path, name: str, part: str = "*") -> str:
    """What was staged under that name, as an SQL source."""
    return f"read_parquet({quoted(str(out / name / f'part={part}' / '*.parquet'))}, hive_partitioning = true)"


def copied(query: str, folder: Path) -> str:
    """The statement that writes the rows into partitions below the folder."""
    options = f"FORMAT parquet, PARTITION_BY (part), COMPRESSION snappy, ROW_GROUP_SIZE {GROUP_ROWS}"
    return f"COPY ({query}) TO {quoted(str(folder))} ({options}, OVERWRITE_OR_IGNORE true)"
