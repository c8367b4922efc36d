"""Rule sets out of the journal, by fingerprint: as they were when they decided."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sql
from pydantic import ValidationError

from cds.journal.database import Database
from cds.journal.slips import RULESET
from cds.journal.tables import ENTRIES
from cds.ruleset.archive import NotARuleBook, unpack
from cds.ruleset.book import Site
from cds.ruleset.fault import RuleFaults
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet


async def kept_rules(database: Database, fingerprint: str) -> RuleSet | str:
    """The rule set with that fingerprint; in words why it is not to be had."""
    packed = await _packed(database, fingerprint)
    return packed if isinstance(packed, str) else await asyncio.to_thread(_loaded, packed, fingerprint)


async def kept_site(database: Database, fingerprint: str) -> Site | str:
    """What the site had decided beside the rules with that fingerprint; in words why it is not to be had."""
    packed = await _packed(database, fingerprint)
    return packed if isinstance(packed, str) else await asyncio.to_thread(_site, packed, fingerprint)


async def _packed(database: Database, fingerprint: str) -> bytes | str:
    async with database.reading() as connection:
        chosen = sql.select(ENTRIES.c.body).where(ENTRIES.c.kind == RULESET, ENTRIES.c.id == fingerprint)
        body = (await connection.execute(chosen)).scalar_one_or_none()
    return f"the rule set {fingerprint[:12]} is not in the journal" if body is None else bytes(body)


def _loaded(packed: bytes, fingerprint: str) -> RuleSet | str:
    with TemporaryDirectory() as folder:
        try:
            root, site = unpack(packed, Path(folder))
            found = load(root, site)
        except (NotARuleBook, RuleFaults, ValidationError) as fault:
            return f"the rule set {fingerprint[:12]} cannot be read by this version of the program: {fault}"
    return found


def _site(packed: bytes, fingerprint: str) -> Site | str:
    with TemporaryDirectory() as folder:
        try:
            return unpack(packed, Path(folder))[1]
        except (NotARuleBook, ValidationError) as fault:
            return f"what the site decided beside the rule set {fingerprint[:12]} cannot be read: {fault}"
