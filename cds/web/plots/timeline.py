"""Events and courses on one line of time, a lane for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from cds.web.plots.scale import Scale, days_scale, years
from cds.web.plots.svg import line, picture, rectangle, tag, text

WIDTH: Final = 680
_LEFT, _RIGHT, _TOP, _BOTTOM = 150, 24, 18, 28
_LANE: Final = 30
_BAR: Final = 12
_SHORTEST: Final = 5


@dataclass(frozen=True, slots=True)
class Spell:
    """Something that happened on a day (no ``end``), or lasted; ``open``: it goes on."""

    start: date
    words: str
    end: date | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One kind of thing; ``kind`` chooses its colour in the style sheet."""

    name: str
    kind: str
    spells: tuple[Spell, ...]


def timeline(key: str, title: str, description: str, lanes: Sequence[Lane], today: date) -> Markup:
    """The lanes below each other with the years below and today as a line."""
    days = [day for lane in lanes for each in lane.spells for day in (each.start, each.end or each.start)]
    across = days_scale([*days, today], _LEFT + 8, WIDTH - _RIGHT, margin_days=20)
    height = _TOP + len(lanes) * _LANE + _BOTTOM
    shapes = _frame(across, height, today)
    for place, lane in enumerate(lanes):
        middle = _TOP + place * _LANE + _LANE / 2
        shapes += [text(_LEFT - 10, middle + 4, lane.name, "lane-name", "end")]
        shapes += [line(_LEFT, middle + _LANE / 2, WIDTH - _RIGHT, middle + _LANE / 2, "grid")]
        shapes += [_spell(each, lane.kind, across, middle, today) for each in lane.spells]
    return picture(key, title, description, (WIDTH, height), *shapes)


def _frame(across: Scale, height: float, today: date) -> list[Markup]:
    """The years and today."""
    base = height - _BOTTOM
    shapes = []
    for day in years(across):
        x = across(day.toordinal())
        shapes += [line(x, _TOP, x, base, "grid"), text(x, base + 18, str(day.year), "tick", "middle")]
    now = across(today.toordinal())
    return [*shapes, line(now, _TOP - 4, now, base, "today"), text(now, _TOP - 7, "today", "tick", "end")]


def _spell(spell: Spell, kind: str, across: Scale, middle: float, today: date) -> Markup:
    """A diamond for a day, a bar for a course, with words for whoever points at it."""
    told, x = tag("title", spell.words), across(spell.start.toordinal())
    if spell.end is None and not spell.open:
        corners = [(x, middle - 7), (x + 7, middle), (x, middle + 7), (x - 7, middle)]
        return tag("polygon", told, points=" ".join(f"{a:.2f},{b:.2f}" for a, b in corners), class_=f"event {kind}")
    end = across((spell.end or today).toordinal())
    width = max(end - x, _SHORTEST)
    goes_on = " goes-on" if spell.open else ""
    return rectangle(x, middle - _BAR / 2, width, _BAR, f"spell {kind}{goes_on}", told, rx=3)
