"""What goes out on the wire: cards and all that hangs on them, shaped as CDS Hooks 2.0.1 says.

A member that holds nothing is left out; only ``cards`` is always there.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Indicator = Literal["info", "warning", "critical"]
Selection = Literal["at-most-one", "any"]
Plain = dict[str, Any]
"""A resource or an extension as plain JSON values."""


class Wire(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True, kw_only=True):
    """Anything that is sent: camelCase members, defaults left out."""


class Coding(Wire, frozen=True):
    """A code with its system."""

    code: str
    system: str = ""
    display: str = ""


class Source(Wire, frozen=True):
    """Whose advice it is, where to read on, and which topic it belongs to."""

    label: str
    url: str = ""
    icon: str = ""
    topic: Coding | None = None


class Link(Wire, frozen=True, omit_defaults=False):
    """Where a click leads; ``type`` is always sent."""

    label: str
    url: str
    type: Literal["absolute", "smart"] = "absolute"
    app_context: str | msgspec.UnsetType = msgspec.UNSET


class Action(Wire, frozen=True):
    """One thing that a suggestion does when it is accepted."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: Plain | None = None
    resource_id: str = ""


class Suggestion(Wire, frozen=True):
    """One alternative: its actions belong together and are taken up together."""

    label: str
    uuid: str = ""
    is_recommended: bool = False
    actions: tuple[Action, ...] = ()


class Card(Wire, frozen=True):
    """One piece of advice. ``summary`` is shorter than 140 characters; suggestions come with ``selection_behavior``."""

    summary: str
    indicator: Indicator
    source: Source
    uuid: str = ""
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: Selection | None = None
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    extension: Plain | None = None


class HookResponse(Wire, frozen=True):
    """The answer to one hook request; ``cards`` is sent even when empty."""

    cards: tuple[Card, ...]
    extension: Plain | None = None
