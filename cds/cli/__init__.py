"""The command ``bone-cds``: the same decisions at the terminal. Nothing is decided here.

Exit codes: 0 done, 1 a check found something, 2 usage, 3 input could not be read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Final

from pydantic import ValidationError

from cds.cli.app import USAGE, app, err

COMMANDS: Final = {
    "decide": ("ask",),
    "explain": ("ask",),
    "patient": ("ask",),
    "audit": ("audit",),
    "audit-users": ("audit_users",),
    "rules": ("book", "codes", "mutate"),
    "doctor": ("doctor",),
    "fhir": ("fhir",),
    "fixtures": ("fixtures",),
    "journal": ("journal",),
    "release": ("release",),
    "replay": ("replay",),
    "demo": ("run",),
    "serve": ("run",),
}
"""Every command and the modules that it lives in: only those of the one that is called are loaded."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    ready(sys.argv[1:2])
    try:
        app()
    except ValidationError as wrong:
        for each in wrong.errors(include_url=False, include_input=False):
            place = "_".join(str(part) for part in each["loc"][:1]).upper()
            err.print(f"bone-cds: BONE_CDS_{place}: {each['msg']}", markup=False)
        err.print("  fix: docs/settings.md says what fits; `bone-cds doctor` checks the whole configuration")
        raise SystemExit(USAGE) from None


def ready(called: Iterable[str] = ()) -> None:
    """The called command can be run; every command, where none is named or it is not known."""
    known = [modules for each in called if (modules := COMMANDS.get(each))]
    for modules in known or COMMANDS.values():
        for name in modules:
            import_module(f"cds.cli.{name}")
