"""A value over the years at several places of measurement, with named levels across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from cds.web.plots.scale import Scale, days_scale, years
from cds.web.plots.spark import Point
from cds.web.plots.svg import line, picture, polyline, rectangle, tag, text

WIDTH: Final = 680
HEIGHT: Final = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 150, 14, 30
_SHAPES: Final = 4
_APART: Final = 15


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the plot."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A value that means something, and what."""

    value: float
    words: str


def course_plot(key: str, title: str, description: str, series: Sequence[Series], levels: Sequence[Level]) -> Markup:
    """The plot: levels as dashed lines with the lowest area shaded, a line a series, named at its right end."""
    every = [point for each in series for point in each.points]
    across = days_scale((each.day for each in every), _LEFT + 12, WIDTH - _RIGHT - 12, margin_days=30)
    values = [each.value for each in every] + [each.value for each in levels]
    up = Scale(min(values) - 0.5, max(values) + 0.5, HEIGHT - _BOTTOM, _TOP)
    shapes = [*_ground(up, levels), *_year_marks(across), *_units(up)]
    heights = _spread([up(_newest(each).value) for each in series])
    for place, (each, height) in enumerate(zip(series, heights, strict=True)):
        shapes += _line(each, across, up, place % _SHAPES, height)
    return picture(key, title, description, (WIDTH, HEIGHT), *shapes)


def _newest(series: Series) -> Point:
    return max(series.points, key=lambda each: each.day)


def _ground(up: Scale, levels: Sequence[Level]) -> list[Markup]:
    """The area below the lowest level shaded, and every level as a line with its words."""
    shapes = []
    if levels:
        top = up(min(each.value for each in levels))
        shapes.append(rectangle(_LEFT, top, WIDTH - _RIGHT - _LEFT, HEIGHT - _BOTTOM - top, "area-low"))
    for each in levels:
        shapes.append(line(_LEFT, up(each.value), WIDTH - _RIGHT, up(each.value), "level"))
        shapes.append(text(_LEFT + 6, up(each.value) - 4, each.words, "level-words"))
    return shapes


def _year_marks(across: Scale) -> list[Markup]:
    """The years below."""
    base = HEIGHT - _BOTTOM
    shapes = [line(_LEFT, base, WIDTH - _RIGHT, base, "axis")]
    for day in years(across):
        x = across(day.toordinal())
        shapes += [line(x, _TOP, x, base, "grid"), text(x, base + 18, str(day.year), "tick", "middle")]
    return shapes


def _units(up: Scale) -> list[Markup]:
    """The whole numbers at the left."""
    whole = range(int(up.low // 1) + 1, int(up.high // 1) + 1)
    return [text(_LEFT - 8, up(each) + 4, f"{each}".replace("-", "−"), "tick", "end") for each in whole]


def _line(series: Series, across: Scale, up: Scale, shape: int, height: float) -> list[Markup]:
    """The series: its line, a mark a point that tells its value, and its name at the right."""
    ordered = sorted(series.points, key=lambda each: each.day)
    places = [(across(each.day.toordinal()), up(each.value)) for each in ordered]
    marks = [_mark(x, y, shape, _told(series, each)) for (x, y), each in zip(places, ordered, strict=True)]
    end = WIDTH - _RIGHT
    lead = line(places[-1][0] + 6, places[-1][1], end + 4, height, f"lead s{shape}")
    name = text(end + 8, height + 4, f"{series.name} {_number(ordered[-1].value)}", f"series-name s{shape}")
    return [polyline(places, f"series s{shape}"), lead, *marks, name]


def _mark(x: float, y: float, shape: int, words: str) -> Markup:
    """A point: circle, square, diamond or triangle, so that colour is not needed to tell lines apart."""
    told, class_ = tag("title", words), f"mark s{shape}"
    if shape == 0:
        return tag("circle", told, cx=x, cy=y, r=4.5, class_=class_)
    if shape == 1:
        return rectangle(x - 4, y - 4, 8, 8, class_, told)
    corners = [(x, y - 5.5), (x + 5.5, y), (x, y + 5.5), (x - 5.5, y)]
    corners = corners if shape == 2 else [(x, y - 5.5), (x + 5, y + 4), (x - 5, y + 4)]
    return tag("polygon", told, points=" ".join(f"{a:.2f},{b:.2f}" for a, b in corners), class_=class_)


def _told(series: Series, point: Point) -> str:
    return f"{series.name}: {_number(point.value)} on {point.day.isoformat()}"


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _spread(heights: Sequence[float]) -> list[float]:
    """The heights, moved apart downwards so that no two names overlap."""
    placed: dict[int, float] = {}
    lowest = float("-inf")
    for index in sorted(range(len(heights)), key=lambda each: heights[each]):
        lowest = placed[index] = max(heights[index], lowest + _APART)
    return [placed[index] for index in range(len(heights))]
