"""Cards as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cds.hooks.wire import Card, Suggestion


def cards_text(cards: Sequence[Card]) -> str:
    """Every card with its detail, its alternatives and its links; a plain sentence if there are none."""
    if not cards:
        return "No cards."
    return "\n\n".join("\n".join(_card(each)) for each in cards)


def _card(card: Card) -> Iterator[str]:
    yield f"[{card.indicator}] {card.summary}"
    yield ""
    yield from (f"  {line}".rstrip() for line in card.detail.splitlines())
    if card.suggestions:
        yield ""
        yield "  One of:" if len(card.suggestions) > 1 else "  Suggested:"
        yield from _suggestions(card.suggestions)
    if card.links:
        yield ""
        yield f"  Sources: {'; '.join(link.label for link in card.links)}"


def _suggestions(suggestions: Iterable[Suggestion]) -> Iterator[str]:
    for each in suggestions:
        yield f"  * {each.label}{' (recommended)' if each.is_recommended else ''}"
        if len(each.actions) > 1 or each.actions[0].description != f"Order: {each.label}":
            yield from (f"      {action.description}" for action in each.actions)
