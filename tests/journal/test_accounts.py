"""Tries to sign in are counted before they are judged: by the database itself, however many come at once."""

from __future__ import annotations

import asyncio

import pytest

from cds.bootstrap import House
from cds.journal.accounts import LOCK_MS, TRIES, Accounts
from cds.journal.database import Database
from tests.journal.desk import journal_of

NOW = 1_790_000_000_000


@pytest.fixture
async def accounts(house: House) -> Accounts:
    """The accounts of a journal, one of them there."""
    found = Accounts(journal_of(house).database, 60_000)
    await found.put("vera", frozenset({"viewer"}), "a hash")
    return found


async def many(accounts: Accounts, count: int) -> list[int]:
    """The tries that may be made, of so many at once."""
    tries = await asyncio.gather(*(accounts.may_try("vera", NOW) for _ in range(count)))
    return [each for each in tries if each is not None]


async def test_of_many_tries_at_once_a_few_are_made_and_the_account_is_locked(accounts: Accounts) -> None:
    assert len(await many(accounts, 43)) == TRIES
    assert await accounts.may_try("vera", NOW + LOCK_MS - 1) is None
    assert await accounts.may_try("vera", NOW + LOCK_MS) is not None


async def test_two_workers_count_together(accounts: Accounts, address: str) -> None:
    database = Database(address)
    other = Accounts(database, 60_000)
    tries = await asyncio.gather(*(many(each, 20) for each in (accounts, other)))
    await database.close()
    assert sum(map(len, tries)) == TRIES


async def test_nobody_has_an_account_that_is_not_there(accounts: Accounts) -> None:
    assert await accounts.may_try("nobody", NOW) is None


async def test_a_try_that_went_well_starts_the_count_anew_even_the_last_one(accounts: Accounts) -> None:
    for _ in range(3):
        tries = await many(accounts, TRIES)
        assert len(tries) == TRIES
        await accounts.went_well("vera", max(tries))


async def test_what_ends_late_does_not_open_an_account_that_was_locked_meanwhile(accounts: Accounts) -> None:
    first = await accounts.may_try("vera", NOW)
    assert first is not None
    assert len(await many(accounts, 40)) == TRIES - 1
    await accounts.went_well("vera", first)
    assert await accounts.may_try("vera", NOW + 1) is None
