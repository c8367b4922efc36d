"""Where the commands of ``release`` take their steps: the settings' desk, the journal behind it, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getuser
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, err, fail
from cds.cli.journal import with_archive
from cds.journal.install import prepare_journal, with_journal
from cds.releases.fault import NoRelease, ReleaseFault, UnreadableBook
from cds.releases.in_force import desk_of
from cds.ruleset.fault import RuleFaults
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.releases.desk import Desk
    from cds.releases.release import Release


def desk_here() -> Desk:
    """Where steps are taken, as the settings say. Raises ReleaseFault, RuleFaults."""
    return desk_of(Settings(), f"terminal ({getuser()})")


def step(take: Callable[[Desk], Release]) -> Release:
    """The step, taken and journalled; leaves with 1, 2 or 3 if it is refused. Nothing is done without a journal."""
    from cds.releases.trail import insist_on_journal, journalled

    with refusals():
        desk = desk_here()
        asyncio.run(prepare_journal(with_journal(Settings())))
        with_archive(insist_on_journal)
        made = take(desk)
        with_archive(lambda archive: journalled(archive, desk.shelf))
        return made


@contextmanager
def refusals() -> Iterator[None]:
    """What is refused inside leaves with 1, what cannot be read with 3, each with its reason."""
    try:
        yield
    except (NoRelease, UnreadableBook) as refused:
        fail(UNREADABLE, refused.what, why=refused.why, fix=refused.fix)
    except ReleaseFault as refused:
        fail(FOUND_SOMETHING, refused.what, why=refused.why, fix=refused.fix)
    except RuleFaults as faults:
        err.print(escape(str(faults)))
        raise typer.Exit(FOUND_SOMETHING) from None
    except OSError as wrong:
        fail(UNREADABLE, f"{wrong.filename or 'a file'} cannot be used", why=wrong.strerror or str(wrong))
