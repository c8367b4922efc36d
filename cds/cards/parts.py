"""The parts that a rule asks for, as lines of the card and as alternatives to order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cds.cards.options import Bench, reason_words
from cds.cards.wording import fill
from cds.decide import Decision
from cds.engine.verdict import Verdict
from cds.hooks.wire import Suggestion
from cds.orders.weigh import Standing, Weighed
from cds.ruleset.model import WrittenPart, WrittenRule, WrittenSuggestion


def due(rule: WrittenRule, verdict: Verdict, bench: Bench) -> tuple[WrittenPart, ...]:
    """The parts that are due and not already suggested by another card of this response, in the rule's order."""
    asked = (part for part in rule.parts if part.id in verdict.asked)
    return tuple(part for part in asked if not part.orders or bench.still_free(part.orders))


def part_lines(parts: Iterable[WrittenPart], weighed: Iterable[Weighed], decision: Decision) -> Iterator[str]:
    """The sentence of each part, and why an order of it is not suggested."""
    standing = {each.id: each for each in weighed if each.standing is Standing.WITHHELD}
    for part in parts:
        yield fill(part.text, decision)
        for each in (standing[name] for name in part.orders if name in standing):
            why = "; ".join(reason_words(reason, decision) for reason in each.reasons)
            yield f"Not suggested as an order – {each.option.written.title}: {why}."


def part_names(parts: Iterable[WrittenPart]) -> tuple[str, ...]:
    """Their short names, each once."""
    return tuple(dict.fromkeys(part.short for part in parts))


def part_suggestions(bench: Bench, rule: WrittenRule, parts: Sequence[WrittenPart]) -> tuple[Suggestion, ...]:
    """The rule's alternatives with the orders that are due, free and not withheld; no set of orders comes twice."""
    sets: dict[tuple[str, ...], list[WrittenSuggestion]] = {}
    for written in rule.suggestions:
        orders = tuple(order for part in parts if part.id in written.parts for order in part.orders)
        free = bench.offered(orders)
        if free:
            sets.setdefault(free, []).append(written)
    made = tuple(_suggestion(bench, orders, same) for orders, same in sets.items())
    bench.taken.update(order for orders in sets for order in orders)
    return made


def _suggestion(bench: Bench, orders: tuple[str, ...], same: list[WrittenSuggestion]) -> Suggestion:
    label = min(same, key=lambda each: len(each.parts)).label
    return bench.suggestion(label, orders, recommended=any(each.recommended for each in same))
