"""Which panels of a page are open, as its address says it: ``open=reads.wire``, and ``shut=`` for what is usually open.

Only what is otherwise than usual stands in an address, in order of name: one state of the page, one address.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams

WHAT_IF: Final = "what-if"
TIPS: Final = "tips"
NAMES: Final = (
    "expected", WHAT_IF, "why", TIPS, "reads", "wire", "request", "response", "scores", "events", "values",
)  # fmt: skip
"""Every panel but those of rules and their cards."""

USUAL: Final = frozenset({"why"})
"""Open unless the address says otherwise."""

RULE: Final = "rule-"
"""What the panel of a rule is called, before the rule's id."""

OVERRIDE: Final = "override-"
"""What the form that overrides a rule's card is called: a card is another with each answer, its rule is not."""

_OPEN, _SHUT = "open", "shut"


@dataclass(frozen=True, slots=True)
class Panels:
    """The names of those that are open."""

    unfolded: frozenset[str] = USUAL

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What an address says of them."""
        told = ((_OPEN, self.unfolded - USUAL), (_SHUT, USUAL - self.unfolded))
        return [(name, ".".join(sorted(some))) for name, some in told if some]

    def turned(self, name: str) -> Panels:
        """The same with that panel the other way round."""
        return Panels(self.unfolded ^ {name})

    def opened(self, name: str) -> Panels:
        """The same with that panel open."""
        return Panels(self.unfolded | {name})

    def closed(self, name: str) -> Panels:
        """The same with that panel closed."""
        return Panels(self.unfolded - {name})


AS_USUAL: Final = Panels()


def panels_asked(query: QueryParams, rules: Iterable[str]) -> tuple[Panels, list[str]]:
    """The panels that the address asks for, and in words what it names that is none."""
    known = frozenset((*NAMES, *(f"{which}{each}" for each in rules for which in (RULE, OVERRIDE))))
    opened, shut = _named(query, _OPEN), _named(query, _SHUT)
    wrong = [f"There is no panel “{each}” here." for each in sorted((opened | shut) - known)]
    return Panels(((USUAL | opened) - shut) & known), wrong


def _named(query: QueryParams, name: str) -> frozenset[str]:
    """The panels that the parameter names."""
    return frozenset(filter(None, ".".join(query.getlist(name)).split(".")))
