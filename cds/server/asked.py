"""A search as it was asked: filters, order, page, includes; and what of it the server does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cds.hooks.refusal import Refusal
from cds.server.ask import BAD_REQUEST, Pairs
from cds.server.criteria import modifier_fits
from cds.server.definitions import SearchParameter, parameters_of, resource_types

USUAL_COUNT: Final = 50
MOST: Final = 1000
_LONGEST_CHAIN: Final = 4
_SILENT: Final = frozenset({"_format", "_pretty"})
_INCLUDES: Final = ("_include", "_revinclude")


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter with its alternatives; ``chain`` holds the filters of the resource that a reference leads to."""

    code: str
    modifier: str
    value: str
    within: tuple[tuple[str, Filter], ...] = ()
    reverse: tuple[str, str] | None = None
    """For ``_has``: the type that refers to this one, and by which parameter."""


@dataclass(frozen=True, slots=True)
class Include:
    """``_include=Type:code:target`` or ``_revinclude``; ``code`` may be ``*``."""

    source: str
    code: str
    target: str = ""
    reverse: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The search; ``kept`` are the parameters that were understood, as they were written."""

    kind: str
    filters: tuple[Filter, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    """Parameter and whether downwards."""

    count: int = USUAL_COUNT
    page: str = ""
    only_count: bool = False
    total: bool = True
    includes: tuple[Include, ...] = ()
    elements: tuple[str, ...] = ()
    summary: str = ""
    kept: Pairs = ()
    unknown: tuple[str, ...] = ()


def read(kind: str, pairs: Iterable[tuple[str, str]]) -> Asked:
    """The search for resources of that type; raises Refusal (400) for a known parameter with an unsound value."""
    asked = Asked(kind)
    for name, value in pairs:
        if "\0" in name + value:
            raise Refusal(BAD_REQUEST, "value", "a NUL character is in the parameters")
        after = _control(asked, name, value) if name.startswith("_") else None
        after = after or _filtered(asked, name, value)
        asked = replace(after, kept=(*after.kept, (name, value))) if after else _passed_over(asked, name)
    return asked


def _passed_over(asked: Asked, name: str) -> Asked:
    """The search without the parameter, which is noted."""
    return replace(asked, unknown=(*asked.unknown, name))


def _filtered(asked: Asked, name: str, value: str) -> Asked | None:
    """The search with one more filter; None if the parameter is not known. An empty value asks nothing."""
    found = filter_of(asked.kind, name, value)
    if found is None:
        return None
    return replace(asked, filters=(*asked.filters, found)) if value else asked


def filter_of(kind: str, name: str, value: str, depth: int = 0) -> Filter | None:
    """The filter of a resource type; None if the type has no such parameter or it does not take the modifier."""
    if name.startswith("_has:"):
        return _referred_to(name, value, depth)
    first, _, rest = name.partition(".")
    code, _, modifier = first.partition(":")
    parameter = parameters_of(kind).get(code)
    if parameter is None or not modifier_fits(parameter.type, modifier):
        return None
    if not rest:
        return Filter(code, modifier, value)
    within = _chain(parameter, modifier, rest, value, depth)
    return Filter(code, modifier, value, within) if within else None


def _chain(
    parameter: SearchParameter, modifier: str, rest: str, value: str, depth: int
) -> tuple[tuple[str, Filter], ...]:
    """Type and filter of each resource that the reference may lead to and that knows the rest of the chain."""
    if parameter.type != "reference" or depth >= _LONGEST_CHAIN:
        return ()
    kinds = [modifier] if modifier else list(parameter.target or resource_types())
    found = ((kind, filter_of(kind, rest, value, depth + 1)) for kind in kinds if kind in resource_types())
    return tuple((kind, each) for kind, each in found if each is not None)


def _referred_to(name: str, value: str, depth: int) -> Filter | None:
    """``_has:Observation:patient:code``: resources that an Observation with that code refers to by ``patient``."""
    parts = name.split(":", 3)
    if len(parts) < 4 or parts[1] not in resource_types() or depth >= _LONGEST_CHAIN:
        return None
    parameter = parameters_of(parts[1]).get(parts[2])
    inner = filter_of(parts[1], parts[3], value, depth + 1)
    if parameter is None or parameter.type != "reference" or inner is None:
        return None
    return Filter("_has", "", value, ((parts[1], inner),), (parts[1], parts[2]))


def _control(asked: Asked, name: str, value: str) -> Asked | None:
    """The search with what the parameter says about the answer; None if it says nothing about it."""
    base, _, modifier = name.partition(":")
    if base in _INCLUDES and modifier in ("", "iterate", "recurse"):
        found = _include(value, reverse=base == "_revinclude", again=bool(modifier))
        return replace(asked, includes=(*asked.includes, found)) if found else None
    if name in _SILENT:
        return asked
    reader = _CONTROLS.get(name)
    return reader(asked, value) if reader else None


def _include(value: str, *, reverse: bool, again: bool) -> Include | None:
    """The include; None if there is no such parameter."""
    source, _, rest = value.partition(":")
    code, _, target = rest.partition(":")
    if value == "*" and not reverse:
        return Include("*", "*", "", reverse, again)
    if source not in resource_types() or (target and target not in resource_types()):
        return None
    parameter = parameters_of(source).get(code)
    known = code == "*" or (parameter is not None and parameter.type == "reference")
    return Include(source, code, target, reverse, again) if known else None


def _count(asked: Asked, value: str) -> Asked:
    """How many on a page; none means that only the number is wanted."""
    if not value.isdecimal() or not value.isascii():
        raise Refusal(BAD_REQUEST, "value", "_count is a whole number", "_count")
    number = int(value[:9])
    return replace(asked, count=min(number, MOST), only_count=asked.only_count or number == 0)


def _sort(asked: Asked, value: str) -> Asked | None:
    """The order; None if one of its parameters is not known."""
    keys = [(each.lstrip("-"), each.startswith("-")) for each in value.split(",") if each]
    known = {*parameters_of(asked.kind), "_id", "_lastUpdated"}
    return replace(asked, order=tuple(keys)) if all(code in known for code, _ in keys) else None


def _summary(asked: Asked, value: str) -> Asked | None:
    """Only the number, or without narrative; None for a summary that is not made."""
    if value not in ("count", "false", "data"):
        return None
    return replace(asked, only_count=value == "count", summary=value if value == "data" else "")


def _total(asked: Asked, value: str) -> Asked | None:
    """Whether the number of all matches is told."""
    return replace(asked, total=value != "none") if value in ("none", "estimate", "accurate") else None


def _elements(asked: Asked, value: str) -> Asked:
    """Only these elements."""
    return replace(
        asked, elements=tuple(each.partition(".")[2] if "." in each else each for each in value.split(",") if each)
    )


def _page(asked: Asked, value: str) -> Asked:
    """From where the page goes on."""
    return replace(asked, page=value)


_CONTROLS: Final[Mapping[str, Callable[[Asked, str], Asked | None]]] = {
    "_count": _count,
    "_sort": _sort,
    "_summary": _summary,
    "_total": _total,
    "_elements": _elements,
    "_page": _page,
}
