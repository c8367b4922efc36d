"""Numbers and days laid out along an axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

MOST_TICKS: Final = 8
_STEPS: Final = (1, 2, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True)
class Scale:
    """What lies between ``low`` and ``high`` is drawn between the pixels ``start`` and ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of the value; the middle if there is nothing to tell apart."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def days_scale(days: Iterable[date], start: float, end: float, margin_days: int = 0) -> Scale:
    """A scale over all the days, with some room on both sides."""
    numbers = [day.toordinal() for day in days]
    return Scale(min(numbers) - margin_days, max(numbers) + margin_days, start, end)


def years(scale: Scale) -> list[date]:
    """The New Year's days on the scale, thinned out so that their labels do not touch."""
    first, last = date.fromordinal(int(scale.low)).year + 1, date.fromordinal(int(scale.high)).year
    step = next((each for each in _STEPS if (last - first) / each < MOST_TICKS), _STEPS[-1])
    return [date(year, 1, 1) for year in range(first, last + 1) if year % step == 0]
