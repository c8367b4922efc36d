"""A sparkline: the course of one value, small enough for a table row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from cds.web.plots.scale import Scale, days_scale
from cds.web.plots.svg import picture, polyline, rectangle, tag

WIDTH: Final = 132
HEIGHT: Final = 30
_EDGE: Final = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a day."""

    day: date
    value: float


def sparkline(
    key: str,
    title: str,
    description: str,
    points: Sequence[Point],
    band: tuple[float | None, float | None] = (None, None),
) -> Markup:
    """The points from left to right with the newest marked; ``band`` is the usual range, either side may be open."""
    ordered = sorted(points, key=lambda each: each.day)
    across = days_scale((each.day for each in ordered), _EDGE, WIDTH - _EDGE)
    values = [each.value for each in ordered] + [limit for limit in band if limit is not None]
    up = Scale(min(values), max(values), HEIGHT - _EDGE, _EDGE)
    places = [(across(each.day.toordinal()), up(each.value)) for each in ordered]
    last = tag("circle", cx=places[-1][0], cy=places[-1][1], r=3, class_="spark-end")
    shapes = (*_band(band, up), polyline(places, "spark-line"), last)
    return picture(key, title, description, (WIDTH, HEIGHT), *shapes, class_="plot spark")


def _band(band: tuple[float | None, float | None], up: Scale) -> tuple[Markup, ...]:
    low, high = band
    if low is None and high is None:
        return ()
    top = up(high) if high is not None else 0.0
    bottom = up(low) if low is not None else float(HEIGHT)
    return (rectangle(0, top, WIDTH, bottom - top, "spark-band"),)
