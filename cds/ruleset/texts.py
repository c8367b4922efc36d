"""The sentences of the rule book and the placeholders in them: ``{fact.id}``, ``{parameter.name}`` and a few words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cds.ruleset.page import Page, Spot

CARD_WORDS: Mapping[str, str] = {
    "because": "the reasons, with values and dates",
    "because-inline": "the reasons",
    "parts": "what is missing",
    "parts-inline": "what is missing",
    "options": "each drug, and what speaks against it",
    "gaps": "what could not be read, and what is not known",
    "unread": "the sources",
}
"""What a card's text may ask for besides facts and parameters: it is put together when the card is."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
Data = object


def texts_in(spot: Spot) -> Iterator[tuple[Spot, str]]:
    """Every text at or below the spot, with its own spot, in the order of the file."""
    data: Data = spot.page.data
    for part in spot.place:
        data = _below(data, part)
    yield from _texts(spot, data)


def placeholders_in(text: str) -> tuple[str, ...]:
    """The names in braces, in reading order."""
    return tuple(PLACEHOLDER.findall(text))


def placeholders_of(page: Page) -> frozenset[str]:
    """Every name in braces in the whole page."""
    return frozenset(name for _, text in texts_in(Spot(page)) for name in placeholders_in(text))


def _below(data: Data, part: str | int) -> Data:
    if isinstance(data, dict):
        return data.get(part)
    return data[int(part)] if isinstance(data, list) else None


def _texts(spot: Spot, data: Data) -> Iterator[tuple[Spot, str]]:
    if isinstance(data, str):
        yield spot, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(spot.at(str(key)), value)
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _texts(spot.at(number), value)


def values_under(page: Page, key: str) -> frozenset[str]:
    """Every text that stands directly under that key, anywhere in the page."""
    return frozenset(text for spot, text in texts_in(Spot(page)) if spot.place and spot.place[-1] == key)


def placeholders_below(data: Data) -> frozenset[str]:
    """Every name in braces anywhere in plain data."""
    if isinstance(data, str):
        return frozenset(placeholders_in(data))
    below = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return frozenset[str]().union(*(placeholders_below(each) for each in below))
