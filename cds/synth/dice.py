"""Seeded draws that are the same in every Python and on every platform.

Only ``Random.random`` is used: its sequence for a seed is promised never to change. Nothing here calls a function of
the platform's mathematics library, whose last digit may differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, TypeVar

T = TypeVar("T")
_UNIFORMS: Final = 12
"""So many uniform draws add up to nearly a normal one of variance 1."""


class Dice:
    """A sequence of draws that depends on the seed and on what it is for, and on nothing else."""

    def __init__(self, seed: int, purpose: str, number: int) -> None:
        self._draw = Random(f"{seed}/{purpose}/{number}").random

    def share(self) -> float:
        """A number from 0 up to 1."""
        return self._draw()

    def chance(self, probability: float) -> bool:
        """True as often as that."""
        return self._draw() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._draw() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """A number between the two."""
        return low + self._draw() * (high - low)

    def normal(self, mean: float, spread: float) -> float:
        """A number of the normal distribution, nearly; never further than six spreads from the mean."""
        draw = self._draw
        return mean + spread * (sum([draw() for _ in range(_UNIFORMS)]) - _UNIFORMS / 2)

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[int(self._draw() * len(choices))]

    def weighted(self, choices: Mapping[str, float]) -> str:
        """One of the keys, as often as its weight says."""
        left = self._draw() * sum(choices.values())
        for name, weight in choices.items():
            left -= weight
            if left < 0:
                return name
        return list(choices)[-1]
