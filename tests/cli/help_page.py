"""``docs/cli.md``, made from what the commands say of themselves: ``python -m tests.cli.help_page > docs/cli.md``."""

from __future__ import annotations

from collections.abc import Iterator

import click
import typer
from typer.testing import CliRunner

from cds.cli.whole import app

OPENING = """# The command line

What every command says of itself (`--help`). Exit codes: 0 done, 1 the check found something, 2 usage, 3 input could
not be read. This page is made from the commands and tested against them.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([OPENING, *sections()])


def sections() -> Iterator[str]:
    """One section a command, in the order of the program's own list."""
    for path in commands(typer.main.get_command(app), ()):
        told = CliRunner().invoke(app, [*path, "--help"], terminal_width=100, env={"COLUMNS": "100"})
        yield f"## bone-cds {' '.join(path)}\n\n```text\n{told.stdout.strip()}\n```\n"


def commands(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The paths of all commands that do something."""
    under = getattr(command, "commands", None)
    if not under:
        yield path
        return
    for name, each in under.items():
        if not getattr(each, "hidden", False):
            yield from commands(each, (*path, name))


if __name__ == "__main__":
    click.echo(page(), nl=False)
