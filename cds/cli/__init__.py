"""The command ``bone-cds``: the same decisions at the terminal. Nothing is decided here.

Exit codes: 0 done, 1 a check found something, 2 usage, 3 input could not be read.
"""

from __future__ import annotations

from cds.cli.app import app
from cds.cli.ask import decide, explain, patient
from cds.cli.book import rules
from cds.cli.codes import codes
from cds.cli.mutate import mutate
from cds.cli.run import demo, serve

__all__ = ["app", "codes", "decide", "demo", "explain", "main", "mutate", "patient", "rules", "serve"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    app()
