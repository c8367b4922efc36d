"""``fixtures make``: synthetic patients on disk."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cds.cli.app import UNREADABLE, USAGE, app, day_of, err, fail, out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cds.synth.layout import Told
    from cds.synth.population import Person, Population

fixtures = typer.Typer(help="Synthetic patients.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(fixtures, name="fixtures")


EARLIEST = 1950


class Format(StrEnum):
    """How they are written."""

    NDJSON = "ndjson"
    BUNDLES = "bundles"


Patients = Annotated[int, typer.Option("--patients", metavar="N", help="How many; the gallery of stories comes first.")]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="The same seed makes the same bytes.")]
OutDir = Annotated[Path, typer.Option("--out", metavar="DIR", help="An empty folder, or one that is yet to be made.")]
As = Annotated[
    Format, typer.Option("--format", help="NDJSON, a file a type as in a Bulk Data export, or a Bundle each.")
]
Gzip = Annotated[bool, typer.Option("--gzip", help="Compress the NDJSON files.")]
Files = Annotated[int, typer.Option("--files", metavar="N", help="NDJSON files a resource type.")]
Day = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="The patients' present day; 2026-11-24 if not given.")
]


@fixtures.command()
def make(
    out_dir: OutDir, patients: Patients = 200, seed: Seed = 1, format_: As = Format.NDJSON, gzip: Gzip = False,
    files: Files = 1, as_of: Day = "",
) -> None:  # fmt: skip
    """Make synthetic FHIR R4 patients: full charts, a story each, in the coding habits of several EHRs."""
    from cds.synth.layout import Layout, write_bundles, write_ndjson
    from cds.synth.population import PRESENT, Population

    _sensible(patients, seed, files, format_ is Format.BUNDLES and (gzip or files > 1))
    population = Population(patients, seed, _present(as_of) if as_of else PRESENT)
    _emptied(out_dir)
    try:
        with _progress(population) as told:
            if format_ is Format.BUNDLES:
                made = write_bundles(population, out_dir, told)
            else:
                made = write_ndjson(population, out_dir, Layout(files, gzip), told)
    except OSError as error:
        fail(
            UNREADABLE,
            f"{out_dir} could not be written",
            why=error.strerror or str(error),
            fix="free space there, or name another folder",
        )
    _report(population, out_dir, made)


def _sensible(patients: int, seed: int, files: int, both: bool) -> None:
    if patients < 1:
        fail(USAGE, f"--patients {patients} makes nobody", fix="ask for 1 or more, as in --patients 200")
    if seed < 0:
        fail(USAGE, f"--seed {seed} is negative", fix="give a whole number from 0, as in --seed 1")
    if files < 1:
        fail(USAGE, f"--files {files} leaves nowhere to write", fix="ask for 1 or more files a type")
    if both:
        fail(USAGE, "--gzip and --files are for NDJSON", fix="leave them out, or use --format ndjson")


def _present(as_of: str) -> date:
    """The day that is named; leaves with 2 if no long history can lie before it."""
    day = day_of(as_of)
    if day.year < EARLIEST:
        fail(
            USAGE, f"--as-of {as_of} is too long ago", why="histories reach back decades", fix="name a day of our time"
        )
    return day


def _emptied(folder: Path) -> None:
    """The folder exists and is empty; leaves with 2 if something is in it, with 3 if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        used = any(folder.iterdir())
    except OSError as error:
        fail(
            UNREADABLE,
            f"{folder} cannot be used as a folder",
            why=error.strerror or str(error),
            fix="name a folder that can be written",
        )
    if used:
        fail(
            USAGE,
            f"{folder} is not empty",
            why="files of another population would be mixed with these",
            fix="name an empty folder, or empty this one",
        )


@contextmanager
def _progress(population: Population) -> Iterator[Told]:
    """A bar on a terminal, nothing elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("patients"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    step = max(population.size // 200, 1)
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=population.size)

        def told(person: Person) -> None:
            number = person.number + 1
            if number % step == 0 or number == population.size:
                bar.update(task, completed=number)

        yield told


def _report(population: Population, folder: Path, made: Counter[str]) -> None:
    out.print(f"{made['Patient']:,} patients of {population.as_of.isoformat()}, seed {population.seed}, in {folder}")
    out.print(", ".join(f"{count:,} {kind}" for kind, count in sorted(made.items()) if kind != "Patient"))
