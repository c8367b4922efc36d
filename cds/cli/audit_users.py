"""``audit-users``: local accounts for the audit pages. Hospitals with a sign-in provider need none."""

from __future__ import annotations

import asyncio
from secrets import token_urlsafe
from typing import Annotated, Final

import typer
from rich.markup import escape

from cds.access.passwords import hashed
from cds.access.roles import ROLES, known_roles
from cds.cli.app import USAGE, app, fail, out
from cds.cli.journal import with_archive
from cds.journal.accounts import Accounts
from cds.journal.install import Archive, prepare_journal, with_journal
from cds.settings import Settings

audit_users = typer.Typer(help="Local accounts for the audit pages.", no_args_is_help=True)
app.add_typer(audit_users, name="audit-users")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]
Roles = Annotated[
    list[str], typer.Option("--role", metavar="ROLE", help=f"One of {', '.join(ROLES)}; may be repeated.")
]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for the password instead of making one.")]


DEMO: Final = {"phil": "pharmacist", "paula": "pharmacist", "anna": "approver"}


def demo_accounts() -> str:
    """The password of the accounts for a demonstration, made anew at each start."""
    password = token_urlsafe(9)

    async def put(archive: Archive) -> None:
        for name, role in DEMO.items():
            await Accounts(archive.database, 0).put(name, frozenset({role}), hashed(password))

    with_archive(put)
    return password


@audit_users.command()
def add(name: Name, role: Roles, ask: Ask = False) -> None:
    """Add an account, or change its roles and password; whoever was signed in with it no longer is.

    Prints the password that was made, once.
    """
    roles = known_roles(role)
    if len(roles) != len(set(role)) or not name.strip() or len(name) > 80:
        fail(USAGE, "that is no role, or no name", fix=f"the roles are {', '.join(ROLES)}")
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else token_urlsafe(15)
    try:
        kept = hashed(password)
    except ValueError as short:
        fail(USAGE, str(short))
    asyncio.run(prepare_journal(with_journal(Settings())))
    with_archive(lambda archive: Accounts(archive.database, 0).put(name, roles, kept))
    out.print(escape(f"{name}: {', '.join(sorted(roles))}" + ("" if ask else f"; password {password}")))


@audit_users.command(name="list")
def list_() -> None:
    """List the accounts with their roles."""
    for each in with_archive(lambda archive: Accounts(archive.database, 0).every()):
        out.print(escape(f"{each.name}: {', '.join(sorted(each.roles))}"))


@audit_users.command()
def remove(name: Name) -> None:
    """Remove an account; whoever is signed in with it no longer is."""
    if not with_archive(lambda archive: Accounts(archive.database, 0).remove(name)):
        fail(USAGE, f"there is no account {name}", fix="bone-cds audit-users list names them")
    out.print(escape(f"{name} is removed"))
