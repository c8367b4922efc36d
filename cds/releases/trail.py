"""Every step of every release in the journal's chain. What the journal lacks is given to it; nothing is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sql

from cds.journal.chain import append, head_of
from cds.journal.database import Database
from cds.journal.install import Archive
from cds.journal.slips import RELEASE, Slip
from cds.journal.tables import ENTRIES
from cds.releases.event import body_of, link_of
from cds.releases.release import Release
from cds.releases.shelf import Shelf

WRITER = "releases"


def slips_of(release: Release) -> Iterator[Slip]:
    """The release's steps as entries; an entry's name holds the step's hash, so that no other step passes for it."""
    for event, stored in zip(release.events, release.stored, strict=True):
        name = f"release {release.id} {event.number} {link_of(stored)[:16]}"
        yield Slip(RELEASE, name, event.at, body_of(stored))


async def insist_on_journal(archive: Archive) -> None:
    """The journal can be written to. Raises what the database raises, and OtherKey."""
    async with archive.database.writing() as connection:
        await head_of(connection, archive.keys)


async def journalled(archive: Archive, shelf: Shelf) -> int:
    """The journal has every step of every release; how many it lacked. Raises as above, and NoRelease."""
    slips = [slip for release in shelf.releases() for slip in slips_of(release)]
    async with archive.database.writing() as connection:
        return await append(connection, archive.keys, WRITER, slips)


@dataclass(frozen=True, slots=True)
class Compared:
    """Steps that the journal does not have, and entries for which there is no step any more."""

    unwritten: tuple[str, ...]
    vanished: tuple[str, ...]


async def compared(database: Database, release: Release) -> Compared:
    """The release's steps held against the journal."""
    chosen = sql.select(ENTRIES.c.id).where(ENTRIES.c.kind == RELEASE, ENTRIES.c.id.like(f"release {release.id} %"))
    async with database.reading() as connection:
        known = set((await connection.execute(chosen)).scalars())
    steps = {slip.id for slip in slips_of(release)}
    return Compared(tuple(sorted(steps - known)), tuple(sorted(known - steps)))
