"""Tokens seen by any worker: a small table of their own, in whatever database the workers share."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy import Column, Double, Index, LargeBinary, MetaData, Table, delete, insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cds.access.replay import KEY_BYTES, ReplayStore

PATIENCE_SECONDS: Final = 1.0
"""A caller does not wait longer for the database."""

LOG: Final = logging.getLogger(__name__)
SWEEP_SECONDS: Final = 60
"""Tokens that ended are swept out this often."""

METADATA: Final = MetaData()
SEEN: Final = Table(
    "seen_token",
    METADATA,
    Column("token", LargeBinary(KEY_BYTES), primary_key=True),
    Column("until", Double, nullable=False),
    Index("seen_token_until", "until"),
)


class SeenByAll:
    """Tokens in the workers' database. While it cannot be asked, ``meanwhile`` keeps watch in this process."""

    def __init__(self, engine: AsyncEngine, meanwhile: ReplayStore) -> None:
        self._engine, self._meanwhile = engine, meanwhile
        self._is_away = False
        self._is_there = False
        self._swept = 0.0

    async def is_first(self, key: bytes, until: float, now: float) -> bool:
        """Whether no worker has seen the token before."""
        if not await self._meanwhile.is_first(key, until, now):
            return False
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                first = await self._noted(key, until, now)
        except (SQLAlchemyError, OSError) as wrong:
            self._tell(wrong)
            return True
        self._is_away = False
        return first

    def _tell(self, wrong: Exception) -> None:
        """That the database is away has been logged, once for each time that it goes."""
        if not self._is_away:
            LOG.warning("used tokens are known in this process alone: %s", type(wrong).__name__)
        self._is_away = True

    async def _noted(self, key: bytes, until: float, now: float) -> bool:
        """Whether the token could be written down, which can be done once."""
        await self._prepare(now)
        try:
            async with self._engine.begin() as line:
                await line.execute(insert(SEEN).values(token=key, until=until))
        except IntegrityError:
            return False
        return True

    async def _prepare(self, now: float) -> None:
        """The table is there, and nothing that ended long ago is left in it."""
        if not self._is_there:
            async with self._engine.begin() as line:
                await line.run_sync(METADATA.create_all)
            self._is_there = True
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            async with self._engine.begin() as line:
                await line.execute(delete(SEEN).where(SEEN.c.until < now))
