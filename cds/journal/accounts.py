"""Accounts of those who audit, and who is signed in: shared by all workers, because the database keeps them.

A session is known by the hash of its token, which only the browser has. It ends when nobody used it for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final

import sqlalchemy as sql

from cds.journal.database import Database
from cds.journal.tables import ACCOUNTS, SESSIONS

TRIES: Final = 5
LOCK_MS: Final = 15 * 60 * 1000
LONGEST_MS: Final = 10 * 60 * 60 * 1000
"""A session ends after a working day, used or not."""

TOUCH_MS: Final = 15_000


@dataclass(frozen=True, slots=True)
class Account:
    """A local account."""

    name: str
    roles: frozenset[str]
    password: str
    locked_until: int


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    account: str
    roles: frozenset[str]
    csrf: str


class Accounts:
    """The accounts and sessions in that database."""

    def __init__(self, database: Database, idle_ms: int) -> None:
        self._database, self._idle = database, idle_ms

    async def put(self, name: str, roles: frozenset[str], password: str) -> None:
        """The account is there with these roles and this password hash; whoever was signed in with it no longer is."""
        values = {"roles": " ".join(sorted(roles)), "password": password, "failures": 0, "locked_until": 0}
        async with self._database.writing() as connection:
            await connection.execute(ACCOUNTS.delete().where(ACCOUNTS.c.name == name))
            await connection.execute(ACCOUNTS.insert(), [{"name": name, **values}])
            await connection.execute(SESSIONS.delete().where(SESSIONS.c.account == name))

    async def remove(self, name: str) -> bool:
        """Whether there was such an account; it is gone, and so are its sessions."""
        async with self._database.writing() as connection:
            await connection.execute(SESSIONS.delete().where(SESSIONS.c.account == name))
            gone = await connection.execute(ACCOUNTS.delete().where(ACCOUNTS.c.name == name))
            return bool(gone.rowcount)

    async def every(self) -> list[Account]:
        """All accounts by name."""
        async with self._database.reading() as connection:
            return [_account(row) for row in await connection.execute(sql.select(ACCOUNTS).order_by(ACCOUNTS.c.name))]

    async def find(self, name: str) -> Account | None:
        """The account of that name."""
        async with self._database.reading() as connection:
            row = (await connection.execute(sql.select(ACCOUNTS).where(ACCOUNTS.c.name == name))).one_or_none()
        return None if row is None else _account(row)

    async def may_try(self, name: str, now: int) -> int | None:
        """Whether a password may be held against the account: None if it is locked, or not there.

        The try is counted before anybody knows how it ends, in one step for all workers, so that no more than ``TRIES``
        get through however many come at once; the last of them locks the account by coming. It gets until when the
        account is locked from now on, with which it can take its own part back when it went well.
        """
        last, one = ACCOUNTS.c.failures + 1 >= TRIES, ACCOUNTS.c.name == name
        locked = sql.case((last, sql.literal(now + LOCK_MS, sql.BigInteger)), else_=ACCOUNTS.c.locked_until)
        counted = ACCOUNTS.update().where(one, ACCOUNTS.c.locked_until <= now)
        values = {"failures": sql.case((last, 0), else_=ACCOUNTS.c.failures + 1), "locked_until": locked}
        async with self._database.writing() as connection:
            if not (await connection.execute(counted.values(values))).rowcount:
                return None
            return int((await connection.execute(sql.select(ACCOUNTS.c.locked_until).where(one))).scalar_one())

    async def went_well(self, name: str, locked_until: int) -> None:
        """The tries start anew after one that went well; unless others have locked the account since it began."""
        ours = (ACCOUNTS.c.name == name) & (ACCOUNTS.c.locked_until == locked_until)
        async with self._database.writing() as connection:
            await connection.execute(ACCOUNTS.update().where(ours).values(failures=0, locked_until=0))

    async def begin(self, account: str, roles: frozenset[str], now: int) -> str:
        """The token of a new session."""
        token = token_urlsafe(32)
        values = {"account": account, "roles": " ".join(sorted(roles)), "csrf": token_urlsafe(24)}
        async with self._database.writing() as connection:
            await connection.execute(SESSIONS.delete().where(SESSIONS.c.seen < now - self._idle))
            await connection.execute(SESSIONS.insert(), [{"token": _kept(token), "began": now, "seen": now, **values}])
        return token

    async def session(self, token: str, now: int, *, is_use: bool = True) -> Session | None:
        """Who is signed in with that token; None if nobody is any longer. It lives on from its last use."""
        async with self._database.reading() as connection:
            row = (await connection.execute(sql.select(SESSIONS).where(SESSIONS.c.token == _kept(token)))).one_or_none()
        if row is None or now - row.seen > self._idle or now - row.began > LONGEST_MS:
            return None
        if is_use and now - row.seen > TOUCH_MS:
            async with self._database.writing() as connection:
                await connection.execute(SESSIONS.update().where(SESSIONS.c.token == row.token).values(seen=now))
        return Session(row.account, frozenset(row.roles.split()), row.csrf)

    async def end(self, token: str) -> None:
        """Nobody is signed in with that token."""
        async with self._database.writing() as connection:
            await connection.execute(SESSIONS.delete().where(SESSIONS.c.token == _kept(token)))


def _account(row: Any) -> Account:
    return Account(row.name, frozenset(row.roles.split()), row.password, row.locked_until)


def _kept(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
