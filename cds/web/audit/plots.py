"""Figures as SVG, drawn here without a network and without a script in the page."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds.journal.figures import Answers, Burden

_INK: Final = "#1f5fa8"
_WIDTH: Final = 560
_PLAIN: Final = {"view": {"stroke": None}, "axis": {"grid": False}, "font": "DejaVu Sans, sans-serif"}


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure that stands in the page itself, and what it shows in words."""

    words: str
    source: str


async def drawn(words: str, spec: Mapping[str, Any]) -> Plot:
    """The figure, drawn."""
    svg = await asyncio.to_thread(_svg, dict(spec))
    return Plot(words, f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}")


def _svg(spec: dict[str, Any]) -> str:
    import vl_convert  # noqa: PLC0415 - heavy, and most processes that serve never draw

    return str(vl_convert.vegalite_to_svg(spec))


def by_topic(burden: Burden) -> dict[str, Any]:
    """Cards for each hundred orders, by topic."""
    counts: dict[str, int] = {}
    for topic, _, _, cards in burden.rows:
        counts[topic] = counts.get(topic, 0) + cards
    values = [{"topic": topic, "rate": burden.per_hundred(cards)} for topic, cards in counts.items()]
    return _bars(values, "topic", "rate", "cards per 100 decisions")


def by_day(burden: Burden) -> dict[str, Any]:
    """Decisions and cards, day by day."""
    values = [
        {"day": day, "count": count, "what": what}
        for day, decisions, cards in burden.days
        for what, count in (("decisions", decisions), ("cards", cards))
    ]
    encoding = {
        "x": {"field": "day", "type": "temporal", "title": None},
        "y": {"field": "count", "type": "quantitative", "title": None},
        "color": {"field": "what", "type": "nominal", "title": None, "scale": {"range": ["#b36b00", _INK]}},
    }
    return {**_figure(values), "mark": {"type": "line", "point": True}, "encoding": encoding}


def by_gap(burden: Burden) -> dict[str, Any]:
    """Decisions for which a source was not read whole, by source and how."""
    values = [{"source": source, "state": state, "count": count} for source, state, count in burden.gaps]
    spec = _bars(values, "source", "count", "decisions")
    spec["encoding"]["color"] = {"field": "state", "type": "nominal", "title": None}
    return spec


def by_rule(answers: Answers) -> dict[str, Any]:
    """How often cards were overridden, by rule and version, with Wilson's interval."""
    values = []
    for each in answers.rules:
        interval = each.overridden.interval
        if interval is not None and each.overridden.value is not None:
            low, high = interval
            name = f"{each.rule} v{each.version}"
            values.append({"rule": name, "rate": 100 * each.overridden.value, "low": 100 * low, "high": 100 * high})
    scale = {"domain": [0, 100]}
    y = {"field": "rule", "type": "nominal", "title": None, "axis": {"labelLimit": 260}}
    bar = {
        "mark": {"type": "rule", "color": _INK},
        "encoding": {
            "y": y,
            "x": {
                "field": "low",
                "type": "quantitative",
                "title": "overridden, % of the answered (95 %)",
                "scale": scale,
            },
            "x2": {"field": "high"},
        },
    }
    point = {
        "mark": {"type": "point", "filled": True, "size": 70, "color": _INK},
        "encoding": {"y": y, "x": {"field": "rate", "type": "quantitative", "scale": scale}},
    }
    return {**_figure(values), "layer": [bar, point]}


def _bars(values: Iterable[dict[str, Any]], name: str, number: str, title: str) -> dict[str, Any]:
    y = {"field": name, "type": "nominal", "title": None, "sort": "-x", "axis": {"labelLimit": 260}}
    encoding = {"y": y, "x": {"field": number, "type": "quantitative", "title": title}}
    return {**_figure(values), "mark": {"type": "bar", "color": _INK}, "encoding": encoding}


def _figure(values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": _WIDTH,
        "config": _PLAIN,
        "data": {"values": [*values]},
    }
