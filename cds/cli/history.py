"""``demo --with-history``: a made-up past in the journal of a demonstration, loaded once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from cds.cli.app import UNREADABLE, USAGE, err, fail, out
from cds.clock import today
from cds.history import Tell, already_there, keeping_inputs, load_history
from cds.journal.chain import OtherKey
from cds.journal.simulated import History
from cds.settings import Settings
from cds.synth import Orders, Population

DAYS: Final = 90


def orders_of(patients: int, orders: int, seed: int) -> Orders:
    """That many orders of the ninety days up to yesterday; leaves with 2 if they can be nobody's."""
    for name, number, least in (("patients", patients, 1), ("orders", orders, 1), ("seed", seed, 0)):
        if number < least:
            fail(USAGE, f"--history-{name} {number} makes no history", fix=f"give a whole number from {least}")
    return Orders(Population(patients, seed, today() - timedelta(days=1)), orders, DAYS)


def with_past(settings: Settings, orders: Orders) -> Settings:
    """The settings of a demonstration whose journal holds these orders; one that holds them already is left alone.

    Leaves with 3 if they cannot be written.
    """
    chosen = keeping_inputs(settings)
    try:
        found = asyncio.run(already_there(chosen, orders))
        loaded = found or asyncio.run(_load(chosen, orders))
    except OtherKey as other:
        fail(UNREADABLE, str(other), fix="set the secret that it was written with")
    except (OSError, SQLAlchemyError) as fault:
        cause = getattr(fault, "orig", None) or fault
        why = f"{cause}; nothing of it was kept"
        fail(UNREADABLE, "the history could not be written to the journal", why=why, fix="bone-cds doctor looks at it")
    out.print(_words(loaded) + (" (loaded before)" if found else ""))
    return chosen


async def _load(settings: Settings, orders: Orders) -> History:
    with _bar(len(orders)) as tell:
        return await load_history(settings, orders, tell)


def _words(history: History) -> str:
    return (
        f"simulated history: {history.signed:,} orders for {history.patients:,} synthetic patients "
        f"(seed {history.seed}), {history.first} to {history.last}, {history.answers:,} cards answered"
    )


@contextmanager
def _bar(total: int) -> Iterator[Tell]:
    """A bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("simulated orders"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda signed: bar.update(task, completed=signed)
