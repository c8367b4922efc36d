"""Accounts for the audit pages at the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cds.access.passwords import matches
from cds.cli.whole import app
from cds.journal.accounts import Account, Accounts
from cds.journal.database import Database


def run(*arguments: str, text: str | None = None) -> Result:
    """The command, run to its end."""
    return CliRunner().invoke(app, ["audit-users", *arguments], input=text)


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a journal that the environment names."""
    address = f"sqlite:///{tmp_path}/journal.sqlite"
    monkeypatch.setenv("BONE_CDS_JOURNAL_DATABASE", address)
    monkeypatch.setenv("BONE_CDS_DATA_DIR", str(tmp_path))
    CliRunner().invoke(app, ["journal", "migrate"])
    return address


def account(address: str, name: str) -> Account | None:
    """The account, as the pages find it."""

    async def found() -> Account | None:
        database = Database(address)
        try:
            return await Accounts(database, 0).find(name)
        finally:
            await database.close()

    return asyncio.run(found())


def test_an_account_is_added_with_a_password_that_is_printed_once(address: str) -> None:
    told = run("add", "phil", "--role", "pharmacist")
    assert told.exit_code == 0
    password = told.stdout.split("password ")[1].strip()
    kept = account(address, "phil")
    assert kept is not None
    assert kept.roles == {"pharmacist"}
    assert matches(kept.password, password)
    assert password not in kept.password
    assert password not in run("list").stdout


def test_a_password_can_be_asked_for(address: str) -> None:
    assert (
        run("add", "anna", "--role", "approver", "--ask", text="long enough it is\nlong enough it is\n").exit_code == 0
    )
    kept = account(address, "anna")
    assert kept is not None
    assert matches(kept.password, "long enough it is")
    short = run("add", "anna", "--role", "approver", "--ask", text="short\nshort\n")
    assert (short.exit_code, "at least 12" in short.stderr) == (2, True)


def test_an_unknown_role_is_refused_and_an_account_removed(address: str) -> None:
    assert run("add", "x", "--role", "king").exit_code == 2
    run("add", "x", "--role", "viewer")
    assert run("list").stdout == "x: viewer\n"
    assert run("remove", "x").exit_code == 0
    assert run("remove", "x").exit_code == 2
    assert account(address, "x") is None
