"""The command line with every command in it, for whoever wants to look at all of them: tests and the documentation."""

from __future__ import annotations

from cds.cli import ready
from cds.cli.app import app

__all__ = ["app"]

ready()
