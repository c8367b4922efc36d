"""The command line's frame: the app, its console, and how every command fails."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from cds.clock import today
from cds.releases.fault import ReleaseFault
from cds.ruleset.fault import RuleFaults
from cds.ruleset.ruleset import RuleSet
from cds.settings import Settings, plausible_day

FOUND_SOMETHING, USAGE, UNREADABLE = 1, 2, 3

app = typer.Typer(
    name="bone-cds",
    help="Bone health when a PD-1/PD-L1 inhibitor is ordered: a CDS Hooks service, at the terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _named() -> None:
    """A command is called by its name even where it is the only one that is loaded."""


out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Decide as on this day (YYYY-MM-DD); today if not given.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]


def fail(code: int, message: str, *, why: str = "", fix: str = "") -> NoReturn:
    """Say on stderr what went wrong, why and how to put it right; leave with the code."""
    err.print(f"bone-cds: {escape(message)}")
    for label, text in (("why", why), ("fix", fix)):
        if text:
            err.print(f"  {label}: {escape(text)}")
    raise typer.Exit(code)


def day_of(text: str) -> date:
    """The day that ``--as-of`` names, today if it names none; leaves with 2 if it is no date, or none of our time."""
    if not text:
        return today()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fail(USAGE, f"--as-of {text} is not a date", fix="write it as YYYY-MM-DD, as in --as-of 2026-11-24")
    try:
        return plausible_day(day)
    except ValueError as wrong:
        fail(USAGE, f"--as-of {wrong}", fix="name a day of our time, as in --as-of 2026-11-24")


def folder_of(given: Path | None) -> Path | None:
    """The rules directory, if one is given; leaves with 3 if there is no such folder."""
    if given is not None and not given.is_dir():
        fail(UNREADABLE, f"{given} is not a folder", fix="give a rules directory, as in --rules rules")
    return given


Rules = Annotated[
    Path | None, typer.Option("--rules", metavar="DIR", help="Another rules directory.", callback=folder_of)
]
Compare = Annotated[
    Path | None,
    typer.Option("--compare", metavar="RULES_DIR", help="Tell what these rules would change.", callback=folder_of),
]


def loaded(directory: Path | None = None) -> RuleSet:
    """The rule set that the settings put in force, or the one in that directory; leaves with 1 on any fault in it."""
    from cds.releases.in_force import rules_for

    try:
        return rules_for(Settings(rules_dir=directory, releases=None) if directory else Settings())
    except (RuleFaults, ReleaseFault) as faults:
        err.print(escape(str(faults)))
        raise typer.Exit(FOUND_SOMETHING) from None


def bytes_of(name: Path) -> bytes:
    """The file's bytes, stdin's for ``-``; leaves with 3 if it cannot be read."""
    try:
        return typer.get_binary_stream("stdin").read() if str(name) == "-" else name.read_bytes()
    except OSError as error:
        fail(
            UNREADABLE,
            f"{name} could not be read",
            why=error.strerror or str(error),
            fix="give the path of a JSON file, or - for stdin",
        )
