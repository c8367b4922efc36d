"""Whether a resource has the shape that R4 gives its type: nothing unknown in it, nothing required missing.

What an EHR would refuse is refused, with the place where it hurts. Codes are not held against value sets, and
invariants are not evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

from cds.hooks.refusal import Refusal
from cds.server.ask import UNPROCESSABLE
from cds.server.definitions import Element, Shape, capital, data_types, primitive_patterns, resource_types

_EXTENSIONS: Final = ("extension", "modifierExtension")
_WHOLE: Final = {"integer": -(2**31), "unsignedInt": 0, "positiveInt": 1}
_UNCHECKED: Final = frozenset({"base64Binary", "string", "markdown", "xhtml"})
_MOST_TOLD: Final = 20


class Fault(NamedTuple):
    """What is wrong, and where."""

    where: str
    code: str
    words: str


class Rule(NamedTuple):
    """What one JSON member must be: its element's name, many or one, its type, and the path of its own elements."""

    element: str
    many: bool
    type: str
    path: str = ""


class Rules(NamedTuple):
    """What an object may have, by JSON member, and what it must have: element and the members that would do."""

    members: Mapping[str, Rule]
    required: tuple[tuple[str, tuple[str, ...]], ...]


def check(resource: Mapping[str, Any]) -> None:
    """Nothing is wrong with the resource's shape; raises Refusal (422) that tells what is."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in resource_types():
        raise Refusal(UNPROCESSABLE, "structure", "resourceType names no R4 resource type", "resourceType")
    faults = list(_limited(faults_of(resource)))
    if faults:
        words = "; ".join(f"{fault.where} {fault.words}" for fault in faults)
        raise Refusal(UNPROCESSABLE, faults[0].code, words, faults[0].where)


def faults_of(resource: Mapping[str, Any]) -> Iterator[Fault]:
    """Everything that is wrong with the shape of a resource of a known type."""
    kind = str(resource["resourceType"])
    yield from _object(resource, kind, "", kind)


def _limited(faults: Iterator[Fault]) -> Iterator[Fault]:
    """The first few."""
    for _, fault in zip(range(_MOST_TOLD), faults, strict=False):
        yield fault


@cache
def _rules(kind: str, path: str) -> Rules:
    """The rules for the objects at that path of the type."""
    elements = _shape(kind)[path]
    members = {member: rule for element in elements for member, rule in _members(kind, path, element)}
    required = [
        (element.name, tuple(member for member, _ in _members(kind, path, element)))
        for element in elements
        if element.least
    ]
    return Rules(members, tuple(required))


def _shape(kind: str) -> Shape:
    """The shape of a type; quantities of a special kind are shaped as quantities."""
    return resource_types().get(kind) or data_types().get(kind) or data_types()["Quantity"]


def _members(kind: str, path: str, element: Element) -> Iterator[tuple[str, Rule]]:
    """The JSON members of an element: one, or one for each type that it may take."""
    if element.name.endswith("[x]"):
        for each in element.types:
            yield element.name[:-3] + capital(each), Rule(element.name, element.many, each)
        return
    first = element.types[0]
    below = f"{path}.{element.name}".lstrip(".")
    if first.startswith("#"):
        kind, _, below = first[1:].partition(".")
    if below in _shape(kind):
        yield element.name, Rule(element.name, element.many, kind, below)
    else:
        yield element.name, Rule(element.name, element.many, first)


def _object(node: Any, kind: str, path: str, where: str) -> Iterator[Fault]:
    """What is wrong with an object of that type, at that path of it."""
    if not isinstance(node, dict):
        yield Fault(where, "structure", "must be an object")
        return
    if not node:
        yield Fault(where, "structure", "is empty")
    rules = _rules(kind, path)
    for member, value in node.items():
        yield from _member(member, value, rules, f"{where}.{member}", is_resource=not path and kind in resource_types())
    for name, members in rules.required:
        if not any(member in node or f"_{member}" in node for member in members):
            yield Fault(f"{where}.{name}", "required", "is missing")
    chosen = [rules.members[member].element for member in node if member in rules.members]
    for name in {each for each in chosen if each.endswith("[x]") and chosen.count(each) > 1}:
        yield Fault(f"{where}.{name}", "structure", "is given more than once")


def _member(member: str, value: Any, rules: Rules, where: str, *, is_resource: bool) -> Iterator[Fault]:
    """What is wrong with one member."""
    if member == "resourceType" and is_resource:
        return
    if member == "id":
        yield from _primitive(value, "id" if is_resource else "string", where)
    elif member in _EXTENSIONS:
        yield from _several(value, Rule(member, True, "Extension"), where)
    elif member.startswith("_") and member[1:] in rules.members:
        if not isinstance(value, dict | list):
            yield Fault(where, "structure", "must hold extensions")
    elif member not in rules.members:
        yield Fault(where, "structure", "is not an element of R4")
    else:
        yield from _several(value, rules.members[member], where)


def _several(value: Any, rule: Rule, where: str) -> Iterator[Fault]:
    """What is wrong with a value that must be one or many."""
    if not rule.many:
        yield from _value(value, rule, where)
    elif not isinstance(value, list):
        yield Fault(where, "structure", "must be an array")
    elif not value:
        yield Fault(where, "structure", "is empty")
    else:
        for index, each in enumerate(value):
            if each is not None or rule.type not in _primitives():
                yield from _value(each, rule, f"{where}[{index}]")


def _value(value: Any, rule: Rule, where: str) -> Iterator[Fault]:
    """What is wrong with one value."""
    if rule.type in _primitives():
        yield from _primitive(value, rule.type, where)
    elif rule.type == "Resource":
        kind = value.get("resourceType") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in resource_types():
            yield from _object(value, kind, "", where)
        elif kind != "Parameters":
            yield Fault(where, "structure", "is no R4 resource")
    else:
        yield from _object(value, rule.type, rule.path, where)


@cache
def _primitives() -> frozenset[str]:
    """Every primitive type."""
    return frozenset({*primitive_patterns(), "xhtml"})


def _primitive(value: Any, kind: str, where: str) -> Iterator[Fault]:
    """What is wrong with a primitive value."""
    if kind == "boolean":
        fits, wanted = isinstance(value, bool), "true or false"
    elif kind in _WHOLE:
        fits, wanted = _is_whole(value, kind), "a whole number"
    elif kind == "decimal":
        fits, wanted = isinstance(value, int | Decimal) and not isinstance(value, bool), "a number"
    else:
        fits, wanted = isinstance(value, str) and bool(value) and "\0" not in value, "a text that is not empty"
        if fits and not _is(kind, value):
            fits, wanted = False, f"a {kind} as R4 writes it"
    if not fits:
        yield Fault(where, "value", f"must be {wanted}")


def _is_whole(value: Any, kind: str) -> bool:
    """Whether the value is a whole number of 32 bits, and not below what its type allows."""
    return isinstance(value, int) and not isinstance(value, bool) and _WHOLE[kind] <= value < 2**31


def _is(kind: str, text: str) -> bool:
    """Whether the text is written as the primitive type is."""
    pattern = _pattern(kind)
    return pattern is None or pattern.fullmatch(text) is not None


@cache
def _pattern(kind: str) -> re.Pattern[str] | None:
    """The type's regular expression; None where it says little and takes long."""
    written = primitive_patterns().get(kind) if kind not in _UNCHECKED else None
    return re.compile(written) if written else None
