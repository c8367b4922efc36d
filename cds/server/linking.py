"""References inside a Bundle lead to the names that its resources have here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cds.server.references import target_of
from cds.server.shelf import Name

Names = dict[str, str]
"""What a resource is called in the Bundle, and what it is called here (``Patient/1``)."""

_CONDITION: Final = re.compile(r"[A-Z][A-Za-z]+\?.+", re.DOTALL)
_REFERENCE: Final = "reference"


def names_of(pairs: Iterable[tuple[str, Name]]) -> Names:
    """The names from each entry's fullUrl; of ``https://…/Patient/1`` also ``Patient/1``, as others may refer to it."""
    names: Names = {}
    for full_url, (kind, name) in pairs:
        here = f"{kind}/{name}"
        names[full_url] = here
        known = target_of("/".join(full_url.rsplit("/", 2)[-2:]), "")
        if full_url.startswith("http") and known is not None and known.type == kind:
            names[f"{kind}/{known.id}"] = here
    names.pop("", None)
    return names


def linked(node: Any, names: Names) -> Any:
    """The same JSON with every reference, and every other text that is a ``urn:``, by the name it has here."""
    if isinstance(node, dict):
        return {
            key: _renamed(value, names, key == _REFERENCE) if isinstance(value, str) else linked(value, names)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_renamed(each, names, False) if isinstance(each, str) else linked(each, names) for each in node]
    return node


def _renamed(text: str, names: Names, is_reference: bool) -> str:
    """The text under its name here."""
    return names.get(text, text) if is_reference or text.startswith("urn:") else text


def conditions_in(node: Any) -> Iterator[str]:
    """Every reference that is a search (``Practitioner?identifier=…``)."""
    if isinstance(node, dict):
        reference = node.get(_REFERENCE)
        if isinstance(reference, str) and _CONDITION.fullmatch(reference):
            yield reference
        for value in node.values():
            yield from conditions_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from conditions_in(value)
