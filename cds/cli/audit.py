"""``audit``: the rules held against every patient of a Bulk Data export."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, AsOf, Compare, Rules, app, bytes_of, day_of, err, fail, out
from cds.clock import fresh_uuid, moment, today
from cds.resources import rules_directory
from cds.ruleset.fault import RuleFaults
from cds.ruleset.site import read_site
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.population.audit import Audited, Engine
    from cds.population.faults import Fault
    from cds.population.local import Progress
    from cds.population.summary import Summary

MOST_TOLD = 20
"""Faults that are told at the terminal; all are in the report's folder."""


Export = Annotated[
    Path | None, typer.Argument(metavar="NDJSON_DIR", help="A folder with the NDJSON files of a Bulk Data export.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go; made if it is not there.")]
Below = Annotated[
    int, typer.Option("--suppress-below", min=0, metavar="N", help="Hide counts from 1 to N-1 in what may be shared.")
]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, metavar="N", help="Processes that decide.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where a killed run with the same question was.")]
Asked = Annotated[
    str,
    typer.Option(
        "--asked",
        metavar="TYPES",
        help="Types that were asked for, or all: no file means that there is nothing.",
    ),
]
Subjects = Annotated[
    bool, typer.Option("--subjects", help="Write a MeasureReport too that lists the patients of each gap.")
]

Fhir = Annotated[str, typer.Option("--fhir", metavar="URL", help="Fetch the export from this FHIR server first.")]
Group = Annotated[str, typer.Option("--group", metavar="ID", help="Export this Group; every patient without one.")]
ClientId = Annotated[str, typer.Option("--client-id", metavar="ID", help="What the server knows us as.")]
KeyFile = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Our private key, as PEM or JWK.")]
TokenUrl = Annotated[
    str, typer.Option("--token-url", metavar="URL", help="Where tokens are to be had, if the server does not say.")
]


class EngineName(StrEnum):
    """Where the work is done."""

    LOCAL = "local"
    SPARK = "spark"


EngineOption = Annotated[EngineName, typer.Option("--engine", help="Processes on this machine, or Apache Spark.")]


@app.command()
def audit(
    *, to: Out, export: Export = None, fhir: Fhir = "", group: Group = "", client_id: ClientId = "",
    key: KeyFile = None, token_url: TokenUrl = "", as_of: AsOf = "", rules: Rules = None, compare: Compare = None,
    suppress_below: Below = 0, engine: EngineOption = EngineName.LOCAL, workers: Workers = 2, resume: Resume = False,
    asked: Asked = "",
    subjects: Subjects = False,
) -> None:  # fmt: skip
    """Audit a whole population: fracture risk, gaps in care and the cards for every patient on a checkpoint inhibitor.

    Leaves with 1 if something in the export could not be read: the results say what may be missing. The per-patient
    tables hold patients; the report, the summary and the measure hold numbers only.
    """
    from cds.population.audit import audit as audited
    from cds.population.files import find_export
    from cds.population.partition import Question
    from cds.population.results import write_results

    if (export is None) == (not fhir):
        fail(USAGE, "there is nothing to audit, or two things", fix="give the folder of an export, or --fhir URL")
    if export is not None and export.resolve() == to.resolve():
        fail(USAGE, "--out is the export itself", fix="give --out another folder than that of the export")
    settings, identity = _settings(rules), _identity(client_id, key, token_url)
    day, rules_dir = day_of(as_of), settings.rules_dir or rules_directory()
    question = Question(rules_dir, read_site(settings.site), day, settings.canonical, compare, as_then=day < today())
    with _refusals(to), progress_bars() as progress:
        to.mkdir(parents=True, exist_ok=True)
        if export is None:
            export = to / "export"
            _fetch(fhir, export, group, identity, progress)
        found = find_export(export, _types(asked), without=None if fhir else to)
        result = audited(found, question, to, engine=_engine(engine, workers), resume=resume, progress=progress)
        summary = write_results(result, to, suppress_below, subjects)
    _tell(summary, result, to)


def _engine(name: EngineName, workers: int) -> Engine:
    """The engine; Spark takes ``--workers`` only where spark-submit has set no master."""
    from cds.population.local import Local
    from cds.population.spark import Spark

    submitted = "SPARK_ENV_LOADED" in os.environ
    return Local(workers) if name is EngineName.LOCAL else Spark("" if submitted else f"local[{workers}]")


@contextmanager
def _refusals(to: Path) -> Iterator[None]:
    """What keeps an audit from being made is said with its reason; leaves with 1 for a rule book, else with 3."""
    import duckdb

    from cds.population.files import UnusableExport
    from cds.population.spark import NoSpark

    try:
        yield
    except NoSpark as missing:
        fail(
            USAGE,
            "--engine spark cannot be used",
            why=str(missing),
            fix="use --engine local, or install what is missing",
        )
    except UnusableExport as nothing:
        fail(UNREADABLE, str(nothing), why=nothing.why, fix=nothing.fix)
    except RuleFaults as faults:
        err.print(escape(str(faults)))
        raise typer.Exit(FOUND_SOMETHING) from None
    except duckdb.Error as stopped:
        why = str(stopped).partition("\n")[0]
        fix = "give it more free disk or memory and run it again with --resume"
        fail(UNREADABLE, "the audit could not be finished", why=why, fix=fix)
    except OSError as wrong:
        why = wrong.strerror or str(wrong)
        fail(UNREADABLE, f"{wrong.filename or to} cannot be used", why=why, fix="give a folder that can be written")


def _settings(rules: Path | None) -> Settings:
    return Settings(rules_dir=rules) if rules else Settings()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are to the server: our id there, our key, and where tokens are to be had ('' if the server says)."""

    client_id: str
    key: str
    token_url: str


def _identity(client_id: str, key: Path | None, token_url: str) -> Identity | None:
    """None if the server asks for nothing."""
    if not client_id and key is None:
        return None
    if not client_id or key is None:
        fail(USAGE, "--client-id and --key belong together", fix="give both, or neither for an open server")
    return Identity(client_id, bytes_of(key).decode("utf-8", "replace"), token_url)


def _fetch(fhir: str, folder: Path, group: str, identity: Identity | None, progress: Progress) -> None:
    """The export of that server lies in the folder; leaves with 3 if it cannot be had."""
    import asyncio

    from cds.population.smart import BulkFailed

    try:
        asyncio.run(_fetched(fhir, folder, group, identity, progress))
    except BulkFailed as failed:
        fail(UNREADABLE, str(failed), why=failed.why, fix=failed.fix)


async def _fetched(fhir: str, folder: Path, group: str, identity: Identity | None, progress: Progress) -> None:
    from cds.gateway.client import ANYWHERE, make_client
    from cds.population.bulk import BulkServer
    from cds.population.smart import Backend, read_key, token_url_of

    async with make_client(reach=ANYWHERE) as client:
        backend = None
        if identity is not None:
            key = read_key(identity.key)
            where = identity.token_url or await token_url_of(client, fhir)
            backend = Backend(client, identity.client_id, key, where, moment, fresh_uuid)
        await BulkServer(fhir, client, backend, moment, progress=progress).export(folder, group)


def _types(asked: str) -> list[str]:
    return ["*" if each == "all" else each for each in asked.split(",") if each]


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """A bar for each thing that is being done, at a terminal; silence elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars, tasks = Progress(*columns, console=err, disable=not err.is_terminal), {}

    def told(what: str, done: int, total: int) -> None:
        if what not in tasks:
            bars.start()  # not before: its thread would stand in the way of ``processes``
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield told
    finally:
        bars.stop()


def _tell(summary: Summary, result: Audited, to: Path) -> None:
    """What was found, in a few lines; leaves with 1 if the results are incomplete."""
    for cell in summary.table("status").cells:
        out.print(f"{_count(cell.count):>8}  {cell.label}")
    for table in (each for each in summary.tables if each.id.startswith("gap.")):
        told = f"{_count(table.count('yes'))} yes, {_count(table.count('no'))} no"
        out.print(f"  {escape(table.title)}: {told}, {_count(table.count('unknown'))} cannot be told")
    if summary.changes:
        out.print(f"  the other rules change something for {_count(summary.table('impact').count('yes'))}")
    if result.absent:
        err.print(f"not exported, so not known: {', '.join(result.absent)} (--asked says that they were asked for)")
    out.print(f"report: {escape(str(to / 'report.html'))}")
    if result.incomplete:
        _tell_faults(result.faults, to)
        raise typer.Exit(FOUND_SOMETHING)


def _count(count: int | None) -> str:
    return "hidden" if count is None else f"{count:,}"


def _tell_faults(faults: tuple[Fault, ...], to: Path) -> None:
    err.print("bone-cds: the results are incomplete, because parts of the export could not be read")
    for fault in faults[:MOST_TOLD]:
        err.print(escape(str(fault)))
    if len(faults) > MOST_TOLD:
        err.print(f"and {len(faults) - MOST_TOLD} more, all in {escape(str(to / 'faults.csv'))}")
