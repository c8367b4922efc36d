"""``journal``: its tables brought up to date, verified, shown, purged, its inputs sealed under a new key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, Json, app, err, fail, out
from cds.clock import fresh_uuid, now_ms
from cds.journal.chain import OtherKey
from cds.journal.database import StaleTables
from cds.journal.install import Archive, archive_of
from cds.journal.writer import AWAY
from cds.settings import Settings

T = TypeVar("T")
WRITER = "command line"

journal = typer.Typer(help="The journal: what was decided, from what, and what became of it.", no_args_is_help=True)
app.add_typer(journal, name="journal")

Head = Annotated[
    str, typer.Option("--head", metavar="SEQ:HASH", help="A head that was noted down before; it must be in the chain.")
]
Days = Annotated[int, typer.Option("--older-than", metavar="DAYS", min=1, help="Only what is older than that.")]
Everything = Annotated[
    bool, typer.Option("--decisions", help="Decisions, feedback and views too, not the kept inputs alone.")
]


@journal.command()
def migrate() -> None:
    """Bring the tables up to date. The embedded journal does so itself when the service starts."""
    before, after = with_archive(lambda archive: archive.database.migrate())
    out.print(f"the journal is at step {after}" + ("" if before == after else f", was at {before or 'none'}"))


@journal.command()
def verify(head: Head = "") -> None:
    """Look for any edit, deletion or gap; leaves with 1 if there is one. Prints the head, to be noted elsewhere."""
    from cds.journal.verify import head_words
    from cds.journal.verify import verify as verified

    report = with_archive(lambda archive: verified(archive.database, archive.keys, archive.ring, head))
    for note in report.notes:
        out.print(f"note: {note}", markup=False)
    for fault in report.faults:
        err.print(f"fault: {fault}", markup=False)
    out.print(f"{report.entries} entries, {report.inputs} kept inputs opened; head {head_words(report.head)}")
    if not report.is_sound:
        fail(FOUND_SOMETHING, f"{len(report.faults)} faults: the journal is not as it was written")


@journal.command()
def show(decision: Annotated[str, typer.Argument(metavar="DECISION_ID")], json: Json = False) -> None:
    """Print one decision: what was asked, known, concluded and shown, and how its cards were answered."""
    from cds.journal.read import decision_body, decision_text

    body = with_archive(lambda archive: decision_body(archive.database, decision))
    if body is None:
        fail(
            UNREADABLE, f"there is no decision {decision} in the journal", fix="bone-cds journal list names the latest"
        )
    out.out(body.decode() if json else with_archive(lambda archive: decision_text(archive.database, body)))


@journal.command(name="list")
def list_(count: Annotated[int, typer.Option("--count", min=1, help="How many.")] = 20) -> None:
    """Print the latest decisions, newest first: id, time, service, rule book, cards, and whether the input is kept."""
    from cds.journal.read import latest

    for row in with_archive(lambda archive: latest(archive.database, count)):
        kept = "input kept" if row.kept else ""
        out.print(f"{row.id}  {row.when}  {row.service}  {row.cards} cards  {kept}".rstrip(), markup=False)


@journal.command()
def purge(older_than: Days, decisions: Everything = False) -> None:
    """Remove kept inputs that are past their days, or decisions too; tombstones stay in the chain."""
    from cds.journal.purge import purge_entries, purge_inputs

    now = now_ms()
    before = now - int(timedelta(days=older_than) / timedelta(milliseconds=1))
    work = purge_entries if decisions else purge_inputs
    count = with_archive(lambda archive: work(archive.database, archive.keys, WRITER, before, now, fresh_uuid))
    out.print(f"{count} {'entries' if decisions else 'kept inputs'} purged")


@journal.command()
def reseal() -> None:
    """Seal every kept input under the first key of BONE_CDS_JOURNAL_INPUT_KEYS; then the older keys can go."""
    from cds.journal.reseal import reseal_all

    done, unopened = with_archive(lambda archive: reseal_all(archive.database, archive.ring))
    out.print(f"{done} kept inputs sealed anew")
    if unopened:
        fail(FOUND_SOMETHING, f"{unopened} could not be opened", why="their key is missing or they were changed")


def with_archive(work: Callable[[Archive], Awaitable[T]]) -> T:
    """What the work makes of the journal of the settings; leaves with 2 or 3 if there is none that can be read."""

    async def done() -> T:
        archive = archive_of(Settings())
        try:
            return await work(archive)
        finally:
            await archive.database.close()

    try:
        return asyncio.run(done())
    except ValueError as fault:
        fail(USAGE, str(fault), fix="docs/journal.md says how the journal is set up")
    except OtherKey as fault:
        fail(UNREADABLE, str(fault), fix="set the secret that it was written with")
    except (StaleTables, *AWAY) as fault:
        cause = getattr(fault, "orig", None) or fault
        fail(UNREADABLE, "the journal cannot be read", why=str(cause), fix="is it running, and migrated?")
