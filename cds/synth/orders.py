"""Orders that a population's prescribers sign over a period, oldest first, and how they answer the cards.

An order is signed for each dose; the chart is what it held on that day, orders that were accepted earlier included.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from cds.synth.answers import answered
from cds.synth.dice import Dice
from cds.synth.population import Population
from cds.synth.requests import drafts, hook_request, known_on
from cds.synth.sources import prescribers

Plain = dict[str, Any]
_OPEN: Final = (8 * 60, 17 * 60)
"""Orders are signed between these minutes of a day."""

_NAMESPACE: Final = 1 << 96


@dataclass(frozen=True, slots=True)
class Order:
    """One signing: its number among all, whose, when (UTC), and the hook request. Decide on it as of ``day``."""

    number: int
    person: int
    patient_id: str
    archetype: str
    day: date
    at: str
    request: Plain


@dataclass(frozen=True)
class Orders:
    """So many orders – all that were signed, if there are fewer – of the last ``days`` days of a population.

    Iterating draws them one by one; ``answer`` tells how the prescriber answers the cards of the order at hand, and
    what is accepted stands in that patient's chart from then on.
    """

    population: Population
    count: int
    days: int = 90
    _placed: dict[int, list[Plain]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many there will be."""
        return len(self._signings)

    def __iter__(self) -> Iterator[Order]:
        """Every order, oldest first. Nothing is remembered of an earlier round."""
        self._placed.clear()
        return (self._order(number, *signing) for number, signing in enumerate(self._signings))

    def answer(self, order: Order, cards: Sequence[Plain]) -> list[Plain]:
        """The feedback on the cards (the ``feedback`` member of the call's body); it may be none."""
        told = answered(cards, order.at, self._dice("answer", order.number))
        for place, resource in enumerate(told.placed):
            placed = {**resource, "id": f"placed-{order.number}-{place}", "status": "active"}
            self._placed.setdefault(order.person, []).append(placed | {"authoredOn": order.day.isoformat()})
        return told.feedback

    @cached_property
    def _signings(self) -> tuple[tuple[int, int], ...]:
        """Days ago and person of each signing: of all in the period, as many as asked for, evenly spread."""
        every = sorted(self._all_signings(), key=lambda each: (-each[0], each[1]))
        wanted = min(self.count, len(every))
        return tuple(every[place * len(every) // wanted] for place in range(wanted))

    def _all_signings(self) -> Iterator[tuple[int, int]]:
        for number in range(self.population.size):
            life = self.population.life(number)
            today = [0] if life.drafts or not life.course.days else []
            yield from ((days, number) for days in (*life.cycles, *today) if days <= self.days)

    def _order(self, number: int, days: int, of: int) -> Order:
        person = self.population.person(of)
        day = self.population.as_of - timedelta(days=days)
        dice = self._dice("order", number)
        minute = dice.whole(*_OPEN)
        user = f"Practitioner/synthetic-{dice.whole(1, prescribers().users)}"
        chart = [*known_on(person.resources, day.isoformat()), *self._placed.get(of, ())]
        orders = drafts(person, day, self.population.as_of, dice)
        instance = str(UUID(int=(self.population.seed + 1) * _NAMESPACE % (1 << 128) + number))
        request = hook_request(person, orders, chart, instance, user, dice)
        at = f"{day.isoformat()}T{minute // 60:02d}:{minute % 60:02d}:00Z"
        return Order(number, of, person.id, person.archetype, day, at, request)

    def _dice(self, purpose: str, number: int) -> Dice:
        return Dice(self.population.seed, purpose, number)
