"""How each measured server is started: as a process of its own, on a port that it is told."""

from __future__ import annotations

import sys


def port_given() -> int:
    """The port on the command line."""
    return int(sys.argv[1])
