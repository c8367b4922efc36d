"""Every number that facts, options or answers look up, or that is only said, against the rows of ``charts.md``.

A number that stands in conditions alone is moved there, and not once more here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cds.ruleset.charts.book import Charts
from cds.ruleset.folder import Folder, Placed
from cds.ruleset.mutation.change import step_of
from cds.ruleset.mutation.trial import Trial
from cds.ruleset.orderable import Option
from cds.ruleset.uses import compared, looked_up


def of_numbers(folder: Folder, charts: Charts) -> Iterator[Trial]:
    """Each number one step up and one step down."""
    if not charts.there:
        return
    readers = charts.readers()
    elsewhere = compared(charts.ruleset) - looked_up(charts.ruleset) - readers.keys()
    for name, placed in folder.parameters.items():
        if name in elsewhere:
            continue
        number = placed.it
        step = step_of(number.value, number.unit)
        for moved, sign in ((number.value + step, "+"), (number.value - step, "-")):
            killed = charts.notices(name, round(moved, 6), readers.get(name, ()))
            yield Trial(placed.spot.page.file, placed.spot.line, name, f"{sign}{step:g}", killed)


def of_orders(folder: Folder, charts: Charts) -> Iterator[Trial]:
    """Each concept left out by which an option is seen to be ordered already, and how long an open order counts."""
    if not charts.there:
        return
    for placed in folder.options:
        option = placed.it
        for each in option.already:
            left = tuple(other for other in option.already if other != each)
            yield _without(placed, charts, "already", each, option.model_copy(update={"already": left}))
        if option.open_days:
            yield _without(placed, charts, "open_days", option.open_days, option.model_copy(update={"open_days": None}))


def _without(placed: Placed[Option], charts: Charts, key: str, what: str, changed: Option) -> Trial:
    loaded = replace(charts.ruleset.options[placed.it.id], written=changed)
    spot = placed.spot.at(key)
    return Trial(
        spot.page.file, spot.line, f"option {placed.it.id} {key}", f"without {what}", charts.notices_option(loaded)
    )
