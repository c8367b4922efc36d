"""How a claim of the rule book is held against one patient's facts."""

from __future__ import annotations

from collections.abc import Callable

from cds.engine.compare import Claim
from cds.engine.truth import Truth

Told = Callable[[Claim], Truth]
"""Holds a claim against one patient's facts. A view does so once: most gates stand before several options."""
