"""SVG elements as markup: every attribute and text is escaped, and nothing carries a style of its own."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

Attribute = str | float | int
Child = Markup | str


def tag(name: str, *children: Child, **attributes: Attribute) -> Markup:
    """The element; ``class_`` is written as class, other underscores as hyphens, numbers to two decimals."""
    told = Markup("").join(Markup(' {}="{}"').format(_name(key), _told(value)) for key, value in attributes.items())
    inside = Markup("").join(children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), told, inside)


def picture(
    key: str, title: str, description: str, size: tuple[float, float], *children: Child, class_: str = "plot"
) -> Markup:
    """The whole picture; ``key`` must be unique on the page, since the title and the description are found by it."""
    names = f"{key}-title {key}-desc"
    inside = (tag("title", title, id=f"{key}-title"), tag("desc", description, id=f"{key}-desc"), *children)
    box = f"0 0 {size[0]:g} {size[1]:g}"
    return tag(
        "svg", *inside, class_=class_, viewBox=box, role="img", aria_labelledby=names, width=size[0], height=size[1]
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def text(x: float, y: float, words: str, class_: str, anchor: str = "start") -> Markup:
    """A piece of text."""
    return tag("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def polyline(points: Iterable[tuple[float, float]], class_: str) -> Markup:
    """A line through all the points."""
    return tag("polyline", points=" ".join(f"{x:.2f},{y:.2f}" for x, y in points), class_=class_)


def rectangle(x: float, y: float, width: float, height: float, class_: str, *inside: Child, rx: float = 0) -> Markup:
    """A rectangle, which may hold its own title."""
    return tag("rect", *inside, x=x, y=y, width=max(width, 0), height=max(height, 0), rx=rx, class_=class_)


def _name(key: str) -> str:
    """The attribute as SVG spells it."""
    return key if key in {"viewBox"} else key.rstrip("_").replace("_", "-")


def _told(value: Attribute) -> Markup | str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
