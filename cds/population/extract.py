"""An export sorted by patient: DuckDB reads every file once and writes the lines that are needed into partitions.

The drugs are read first; of everything else only what belongs to patients who may be on a checkpoint inhibitor is
written. DuckDB works within a memory limit and spills to disk. What it cannot read is read line by line instead, so
that every fault has a file and a line, and what is sound in a broken file is kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from cds.fhir.codes import CodeBook
from cds.population.candidates import BARE, TABLE, add_candidates, find_candidates, no_candidates
from cds.population.faults import ANY_KIND, Fault
from cds.population.files import NEEDED, Export, ExportFile
from cds.population.lines import LONGEST, faults_in
from cds.population.queries import (
    CANDIDATES,
    DRUG_PATHS,
    DRUGS,
    FIRST,
    ID,
    LINES,
    MISNAMED,
    MOST_SPLITS,
    ODD,
    OTHERS,
    OWNER,
    PARTITION_BYTES,
    PATHS,
    SOMETHING_ELSE,
    SPLIT,
    THEN,
    copied,
    database,
    listed,
    one_of,
    quoted,
    staged,
)
from cds.population.treatment import DRUG_KINDS


@dataclass(frozen=True, slots=True)
class Extracted:
    """How many partitions were written, what was wrong with the files, how many lines of each type were written, and
    how many patients were left out because nothing says that they are on a checkpoint inhibitor."""

    partitions: int
    faults: tuple[Fault, ...]
    counts: dict[str, int]
    others: int = 0


def extract(export: Export, out: Path, codes: CodeBook) -> Extracted:
    """The export in partitions below ``out``, and every fault in it."""
    extraction = _Extraction(export, out, codes, database(out))
    try:
        return extraction.run()
    finally:
        extraction.connection.close()
        shutil.rmtree(out / "mended", ignore_errors=True)


@dataclass(slots=True)
class _Extraction:
    """One run over an export."""

    export: Export
    out: Path
    codes: CodeBook
    connection: duckdb.DuckDBPyConnection
    faults: list[Fault] = field(default_factory=list)
    partitions: int = SPLIT

    def run(self) -> Extracted:
        """Everything is staged."""
        self._anew()
        first = [each for each in self.export.files if each.may_hold_drugs]
        rest = [each for each in self.export.files if each not in first]
        self._stage(first, "first")
        if self._in_doubt() or not self._staged_with_drugs(rest):
            self._anew()
            self._stage(self.export.files, "first")
        self._split()
        self._hand_out_drugs()
        return self._done()

    def _anew(self) -> None:
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        self.faults.clear()

    def _staged_with_drugs(self, rest: list[ExportFile]) -> bool:
        """The rest is staged for the candidates; False if that could have left somebody out."""
        besides = {fault.patient for fault in self.faults if fault.patient}
        uses = f"(SELECT * FROM {self._lines('first')} WHERE part >= 0 AND k IN {one_of(DRUG_KINDS)})"
        drugs = f"(SELECT * FROM {self._lines('first')} WHERE part = {DRUGS})"
        if any((self.out / "first").glob("*/*.parquet")):
            find_candidates(self.connection, uses, drugs, self.codes)
        else:
            no_candidates(self.connection)
        add_candidates(self.connection, besides)
        self.connection.execute(f"COPY {TABLE} TO {quoted(str(self.out / CANDIDATES))} (FORMAT parquet)")
        self._stage(rest, "rest")
        return not self._in_doubt() and not self._has("rest", MISNAMED)

    def _in_doubt(self) -> bool:
        """Whether anybody may be on a drug that could not be read."""
        kinds = {*DRUG_KINDS, ANY_KIND}
        return any(fault.kind in kinds and not fault.patient for fault in self.faults)

    def _stage(self, files: Iterable[ExportFile], name: str) -> None:
        """The needed lines of the files are in their partitions, the faults of the files are known."""
        paths = {str(each.path): each for each in files}
        try:
            self._copy(paths, name)
        except duckdb.Error:
            paths = self._readable(paths.values())
            self._copy(paths, name)
        self.faults.extend(self._odd(paths, name))

    def _copy(self, paths: Mapping[str, ExportFile], name: str) -> None:
        shutil.rmtree(self.out / name, ignore_errors=True)
        (self.out / name).mkdir()
        if not paths:
            return
        values = {
            "needed": listed(sorted(NEEDED)), "partitions": SPLIT, "odd": ODD, "drugs": DRUGS,
            "others": OTHERS, "misnamed": MISNAMED, "drug_kinds": listed(sorted({*DRUG_KINDS, "Medication"})),
            "table": TABLE,
        }  # fmt: skip
        wanted = (*PATHS, *DRUG_PATHS) if name == "first" else PATHS
        lines = LINES.format(
            files=listed(paths), longest=LONGEST, owner=OWNER, else_=SOMETHING_ELSE, id=ID,
            paths=listed(f"$.{path}" for path in wanted), needed=values["needed"],
        )  # fmt: skip
        query = (FIRST if name == "first" else THEN).format(lines=lines, **values)
        self.connection.execute(copied(f"SELECT * FROM ({query}) WHERE part IS NOT NULL", self.out / name))

    def _split(self) -> None:
        """No partition is larger than what is read in one go, unless one patient is."""
        (self.out / "finer").mkdir()
        while self.partitions < SPLIT**MOST_SPLITS and self._largest() > PARTITION_BYTES:
            self.partitions *= SPLIT
            for name in ("first", "rest"):
                for part in sorted((self.out / name).glob("part=[0-9]*")):
                    source = f"read_parquet({quoted(str(part / '*.parquet'))}, hive_partitioning = false)"
                    finer = f"SELECT *, (hash(p) % {self.partitions})::BIGINT AS part FROM {source}"
                    self.connection.execute(copied(finer, self.out / "finer" / name))
                    shutil.rmtree(part)
                for part in (self.out / "finer" / name).glob("part=*"):
                    part.rename(self.out / name / part.name)

    def _largest(self) -> int:
        """Bytes in the largest partition."""
        kept = [name for name in ("first", "rest") if any((self.out / name).glob("part=[0-9]*"))]
        every = " UNION ALL ".join(f"SELECT part, json FROM {self._lines(name)}" for name in kept)
        query = f"SELECT max(size) FROM (SELECT sum(strlen(json)) AS size FROM ({every}) WHERE part >= 0 GROUP BY part)"
        return int(self.connection.execute(query).fetchall()[0][0] or 0) if kept else 0

    def _readable(self, files: Iterable[ExportFile]) -> dict[str, ExportFile]:
        """The files that DuckDB can read to their end, and mended copies of the others, whose faults are told."""
        (self.out / "mended").mkdir(exist_ok=True)
        paths: dict[str, ExportFile] = {}
        for file in files:
            path = file.path
            if not _is_sound(self.connection, file):
                path = self.out / "mended" / f"{self.export.files.index(file)}.ndjson"
                self.faults.extend(faults_in(file, path))
            if path.stat().st_size:
                paths[str(path)] = file
        return paths

    def _odd(self, paths: Mapping[str, ExportFile], name: str) -> Iterator[Fault]:
        """The faults of files in which lines are no resource of somebody; those already told are not told again."""
        if not self._has(name, ODD):
            return
        broken = "count(*) FILTER (WHERE k IS DISTINCT FROM 'OperationOutcome')"
        query = f"SELECT f, {broken} FROM {self._lines(name)} WHERE part = {ODD} GROUP BY f ORDER BY f"
        named = {fault.file for fault in self.faults}
        for path, count in self.connection.execute(query).fetchall():
            file = paths[path]
            if file.name in named:
                continue
            found = list(faults_in(file))
            yield from found
            if not found and count:
                why = "the reader refused them and a second reading found nothing wrong"
                what = f"{count} lines could not be read"
                yield Fault(file.name, 0, what, why, "export it again", file.kind or ANY_KIND)

    def _has(self, name: str, part: int) -> bool:
        return any((self.out / name / f"part={part}").glob("*.parquet"))

    def _lines(self, name: str) -> str:
        return staged(self.out, name)

    def _hand_out_drugs(self) -> None:
        """Each Medication goes to the patients whose resources refer to it; those nobody refers to stay behind."""
        if not self._has("first", DRUGS):
            return
        (self.out / "drugs").mkdir()
        part = f"(hash(uses.p) % {self.partitions})::BIGINT"
        query = (
            f"SELECT uses.p AS p, drugs.k, drugs.id AS id, drugs.u AS u, drugs.v AS v, drugs.json AS json, "
            f"       {part} AS part "
            f"FROM (SELECT DISTINCT p, {BARE} AS m FROM {self._lines('first')} "
            f"      WHERE part >= 0 AND m IS NOT NULL AND NOT starts_with(m, '#')) uses "
            f"JOIN (SELECT * FROM {self._lines('first')} WHERE part = {DRUGS}) drugs ON drugs.id = uses.m"
        )
        self.connection.execute(copied(query, self.out / "drugs"))

    def _done(self) -> Extracted:
        counts: dict[str, int] = {}
        for name in ("first", "rest"):
            if any((self.out / name).glob("*/*.parquet")):
                query = (
                    f"SELECT k, count(*) FROM {self._lines(name)} WHERE k IS NOT NULL AND part <> {OTHERS} GROUP BY k"
                )
                for kind, count in self.connection.execute(query).fetchall():
                    counts[kind] = counts.get(kind, 0) + count
        return Extracted(self.partitions, tuple(sorted(set(self.faults))), counts, self._others())

    def _others(self) -> int:
        """The Patients who are no candidates."""
        if not (self.out / CANDIDATES).is_file():
            return 0
        kept = [name for name in ("first", "rest") if any((self.out / name).glob("*/*.parquet"))]
        every = " UNION ".join(
            f"SELECT id FROM {self._lines(name)} WHERE k = 'Patient' AND part <> {ODD}" for name in kept
        )
        query = f"SELECT count(*) FROM ({every}) WHERE id NOT IN (SELECT p FROM {TABLE})"
        return int(self.connection.execute(query).fetchall()[0][0]) if kept else 0


def _is_sound(connection: duckdb.DuckDBPyConnection, file: ExportFile) -> bool:
    reading = f"read_ndjson_objects({quoted(str(file.path))}, ignore_errors = true, maximum_object_size = {LONGEST})"
    try:
        connection.execute(f"SELECT count(json) FROM {reading}").fetchall()
    except duckdb.Error:
        return False
    return True
