"""Every step stands in the journal's chain, also one whose process was killed before it could tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sql

from cds.journal.install import Archive, archive_of
from cds.journal.tables import ENTRIES
from cds.journal.verify import verify
from cds.releases.desk import Desk
from cds.releases.event import body_of
from cds.releases.force import activate
from cds.releases.trail import compared, insist_on_journal, journalled
from cds.settings import Settings
from tests.releases.office import ANN

ID = "r0001"


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """An empty journal."""
    made = archive_of(Settings(data_dir=tmp_path / "data", journal_key="k" * 40))  # type: ignore[arg-type]
    await made.database.migrate()
    yield made
    await made.database.close()


async def test_every_step_is_an_entry_once(signed_off: Desk, archive: Archive) -> None:
    await insist_on_journal(archive)
    assert await journalled(archive, signed_off.shelf) == 4
    assert await journalled(archive, signed_off.shelf) == 0
    activate(signed_off, ID, ANN)
    before = await compared(archive.database, signed_off.shelf.release(ID))
    assert len(before.unwritten) == 1
    assert await journalled(archive, signed_off.shelf) == 1
    release = signed_off.shelf.release(ID)
    assert await compared(archive.database, release) == type(before)((), ())
    async with archive.database.reading() as connection:
        bodies = [*(await connection.execute(sql.select(ENTRIES.c.body).order_by(ENTRIES.c.seq))).scalars()]
    assert bodies == [body_of(each) for each in release.stored]
    assert (await verify(archive.database, archive.keys, archive.ring)).is_sound


async def test_a_step_that_vanished_is_missed(signed_off: Desk, archive: Archive) -> None:
    activate(signed_off, ID, ANN)
    await journalled(archive, signed_off.shelf)
    (signed_off.shelf.root / ID / "events" / "0005.json").unlink()
    told = await compared(archive.database, signed_off.shelf.release(ID))
    assert [each.rpartition(" ")[0] for each in told.vanished] == ["release r0001 5"]
