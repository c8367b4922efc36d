"""Kept inputs under the newest key, so that older keys can be thrown away. The chain does not change."""

from __future__ import annotations

import sqlalchemy as sql

from cds.journal.database import Database
from cds.journal.kept_input import resealed
from cds.journal.keys import CannotOpen, SealRing
from cds.journal.tables import INPUTS


async def reseal_all(database: Database, ring: SealRing) -> tuple[int, int]:
    """How many inputs were sealed anew, and how many could not be opened. Raises ValueError without a key."""
    if not ring:
        raise ValueError("BONE_CDS_JOURNAL_INPUT_KEYS holds no key to seal with")
    async with database.reading() as connection:
        older = sql.select(INPUTS.c.decision).where(INPUTS.c.key != ring.newest)
        names = [*(await connection.execute(older)).scalars()]
    done = 0
    for name in names:
        done += await _resealed(database, ring, name)
    return done, len(names) - done


async def _resealed(database: Database, ring: SealRing, decision: str) -> bool:
    async with database.writing() as connection:
        row = (await connection.execute(sql.select(INPUTS).where(INPUTS.c.decision == decision))).one_or_none()
        if row is None:
            return False
        try:
            sealed = resealed(row.key, row.sealed, decision, ring)
        except CannotOpen:
            return False
        changed = INPUTS.update().where(INPUTS.c.decision == decision)
        await connection.execute(changed.values(key=ring.newest, sealed=sealed))
        return True
