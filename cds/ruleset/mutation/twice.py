"""What is written twice, with a slip: another urgency, an order left out, two offers swapped, a dose a step off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from cds.ruleset.model import Indicator
from cds.ruleset.mutation.change import step_of
from cds.ruleset.mutation.trial import Trial
from cds.ruleset.orderable import Dose, Timing
from cds.ruleset.twice import Again, Item, Value, spoken


def of_items(items: Iterable[Item], cells: Sequence[Again]) -> Iterator[Trial]:
    """Every slip in what the items say, tried against the cells that say it again."""
    for item in items:
        for heading, (value, spot) in item.values.items():
            again = [cell for cell in cells if (cell.kind, cell.name, cell.heading) == (item.kind, item.name, heading)]
            for words, slip in _slips(value):
                killed = any(cell.said != spoken(slip) for cell in again)
                yield Trial(spot.page.file, spot.line, f"{item.kind} {item.name} {heading}", words, killed)


def _slips(value: Value) -> Iterator[tuple[str, Value]]:
    match value:
        case bool():
            yield ("no" if value else "yes"), not value
        case tuple():
            yield from _of_list(value)
        case Dose():
            yield from _of_dose(value)
        case Timing():
            yield from _of_timing(value)
        case str():
            yield from ((f"{each} for {value}", each) for each in get_args(Indicator) if each != value)


def _of_list(several: tuple[str, ...]) -> Iterator[tuple[str, Value]]:
    for place, each in enumerate(several):
        yield f"without {each}", (*several[:place], *several[place + 1 :])
    for place in range(len(several) - 1):
        one, other = several[place : place + 2]
        yield f"{other} before {one}", (*several[:place], other, one, *several[place + 2 :])


def _of_dose(dose: Dose) -> Iterator[tuple[str, Value]]:
    step = step_of(dose.value, dose.unit)
    for moved, sign in ((dose.value + step, "+"), (dose.value - step, "-")):
        yield f"{sign}{step:g} {dose.unit}", dose.model_copy(update={"value": round(moved, 6)})


def _of_timing(timing: Timing) -> Iterator[tuple[str, Value]]:
    for name in ("frequency", "period", "count"):
        number = getattr(timing, name)
        if number is not None:
            for moved in (number + 1, number - 1):
                yield f"{name} {moved} for {number}", timing.model_copy(update={name: moved})
