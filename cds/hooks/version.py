"""What clients of other CDS Hooks versions are spared: members that their version does not know, choices it refuses.

The response that the cards are composed as is 2.0.1; whoever understands that gets it untouched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from cds.hooks.wire import Card, HookResponse, Source, Suggestion

HooksVersion = Literal["1.0", "1.1", "2.0", "3.0"]
Member = Literal[
    "card.uuid",
    "card.overrideReasons",
    "card.source.topic",
    "card.suggestions.isRecommended",
    "card.selectionBehavior.any",
    "extension",
    "service.usageRequirements",
    "service.version",
]
"""What can be left out. ``card.selectionBehavior.any`` stands for the choice alone: it becomes ``at-most-one``.

``service.version`` stands for ``hookVersion`` too.
"""

NEW_IN_2: Final[frozenset[Member]] = frozenset(
    {"card.uuid", "card.overrideReasons", "card.source.topic", "card.suggestions.isRecommended"}
)
_OLD: Final[frozenset[Member]] = NEW_IN_2 | {
    "card.selectionBehavior.any",
    "service.usageRequirements",
    "service.version",
}
UNKNOWN_TO: Final[Mapping[HooksVersion, frozenset[Member]]] = {
    "1.0": _OLD,
    "1.1": _OLD,
    "2.0": frozenset(),
    "3.0": frozenset(),
}
RELEASES: Final[Mapping[HooksVersion, str]] = {"1.0": "STU1", "1.1": "STU1", "2.0": "STU2", "3.0": "STU3"}
"""What CDS Hooks 3.0 calls the versions, in discovery."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one client wants its answers."""

    left_out: frozenset[Member] = field(default=frozenset())
    speaks: HooksVersion = "2.0"

    def response(self, full: HookResponse) -> HookResponse:
        """The response as this client understands it; the same object if nothing is left out."""
        if not self.left_out:
            return full
        cards = tuple(self._card(card) for card in full.cards)
        extension = None if "extension" in self.left_out else full.extension
        return HookResponse(cards=cards, extension=extension)

    def _card(self, card: Card) -> Card:
        changes: dict[str, Any] = {name: empty for member, (name, empty) in _OF_CARD.items() if member in self.left_out}
        changes["source"] = self._without(card.source, "card.source.topic", topic=None)
        changes["suggestions"] = tuple(map(self._suggestion, card.suggestions))
        if card.selection_behavior == "any" and "card.selectionBehavior.any" in self.left_out:
            changes["selection_behavior"] = "at-most-one"
        return msgspec.structs.replace(card, **changes)

    def _suggestion(self, suggestion: Suggestion) -> Suggestion:
        if "card.suggestions.isRecommended" not in self.left_out:
            return suggestion
        return msgspec.structs.replace(suggestion, is_recommended=False)

    def _without(self, source: Source, member: Member, **changes: Any) -> Source:
        return msgspec.structs.replace(source, **changes) if member in self.left_out else source


_OF_CARD: Final[Mapping[Member, tuple[str, Any]]] = {
    "card.uuid": ("uuid", ""),
    "card.overrideReasons": ("override_reasons", ()),
    "extension": ("extension", None),
}


WHOLE: Final = Shape()
"""Nothing is left out."""


def shape_for(version: HooksVersion, left_out: frozenset[Member] | None = None) -> Shape:
    """The shape of a version, or the one that leaves out what a site names instead."""
    return Shape(UNKNOWN_TO[version] if left_out is None else left_out, version)
