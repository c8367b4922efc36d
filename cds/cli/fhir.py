"""``fhir load``: patients into the embedded FHIR server's database, and the bar that shows how far a load is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from cds.bootstrap import fhir_server
from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, app, err, fail, out
from cds.server.load import Loaded, Trouble, files_of, load
from cds.server.server import FhirServer
from cds.settings import Settings

fhir = typer.Typer(help="The embedded FHIR server's database.", no_args_is_help=True)
app.add_typer(fhir, name="fhir")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A folder of FHIR Bundles or NDJSON, gzipped or not.")]
_MOST_TOLD = 20


@contextmanager
def bar(total: int) -> Iterator[Callable[[Loaded], None]]:
    """A bar on stderr for so many bytes, moved by what it is told; drawn only on a terminal."""
    columns = (TextColumn("loading"), BarColumn(), DownloadColumn(), TextColumn("{task.fields[resources]} resources"))
    with Progress(*columns, TimeRemainingColumn(), console=err, disable=not err.is_terminal) as progress:
        task = progress.add_task("load", total=total, resources=0)
        yield lambda state: progress.update(task, completed=state.read_bytes, resources=state.resources)


@fhir.command("load")
def load_folder(folder: Folder) -> None:
    """Load a folder into the database that BONE_CDS_FHIR_DATABASE names; what is there already stays.

    Files and lines that cannot be read are listed, and the rest is loaded; leaves with 1 then.
    """
    settings = Settings()
    if not settings.fhir_database:
        fail(
            USAGE, "no database is named", fix="set BONE_CDS_FHIR_DATABASE to the path of a file, or to postgresql://…"
        )
    files = files_of(folder) if folder.exists() else []
    if not files:
        fail(UNREADABLE, f"{folder} holds no FHIR files", fix="give a folder of .json or .ndjson files, gzipped or not")
    try:
        server = fhir_server(settings)
    except ValueError as fault:
        fail(USAGE, "BONE_CDS_FHIR_DATABASE cannot be used", why=str(fault))
    loaded = asyncio.run(_load(server, files, f"{settings.public_url.rstrip('/')}/fhir"))
    out.print(f"{loaded.resources} resources from {len(files)} files")
    _tell(loaded.troubles)


async def _load(server: FhirServer, files: list[Path], base: str) -> Loaded:
    """The files are in the server's database."""
    try:
        with bar(sum(path.stat().st_size for path in files)) as tell:
            return await load(server, files, base, tell)
    finally:
        await server.close()


def _tell(troubles: list[Trouble]) -> None:
    """What could not be loaded is listed; leaves with 1 if there is anything."""
    for each in troubles[:_MOST_TOLD]:
        err.print(escape(f"{each.file}:{each.line or ''} {each.why}"))
    if troubles:
        err.print(f"{len(troubles)} could not be loaded")
        raise typer.Exit(FOUND_SOMETHING)
