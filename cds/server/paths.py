"""Search expressions as plain functions: the few forms of FHIRPath that HL7's R4 search parameters use.

``A.b.c``, ``[0]``, ``.where(x='y')``, ``.where(resolve() is Patient)``, ``.ofType(T)``, ``as T`` and
``A.b.exists() and A.b != false``. Whatever else an expression says is refused when it is compiled, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

from cds.server.definitions import capital, choices, parameters_of
from cds.server.references import type_of

Node = Any
"""A piece of a resource as JSON has it."""

Step = Callable[[Iterable[Node]], Iterator[Node]]
_FORM: Final = re.compile(
    r"\.?ofType\((?P<of>\w+)\)|\s+as\s+(?P<as>\w+)|\.?where\(resolve\(\) is (?P<is>\w+)\)"
    r"|\.?where\((?P<key>\w+)\s*=\s*'(?P<value>[^']*)'\)|\[(?P<nth>\d+)\]"
    r"|(?P<exists>\.exists\(\) and [\w.]+ != false)|\.?(?P<name>\w+)|(?P<group>[()])"
)


_NAME: Final = re.compile(r"\w+")


class Unfollowable(ValueError):
    """An expression of a form that is not known."""


@cache
def values(resource_type: str, code: str) -> Callable[[Node], list[Node]]:
    """The function from a resource of that type to what its parameter is searched by."""
    expression = parameters_of(resource_type)[code].expression
    wanted = {resource_type, "Resource", "DomainResource"}
    ways = [tuple(_steps(each)) for each in expression.split(" | ") if _root(each) in wanted]
    return lambda resource: [value for way in ways for value in _walk(way, resource)]


@cache
def first_members(resource_type: str, code: str) -> frozenset[str]:
    """The members of a resource without which the parameter finds nothing in it; empty if it may always find something.

    ``deceased`` of a patient is false, not nothing, where there is no such member.
    """
    expression = parameters_of(resource_type)[code].expression
    names = [_NAME.findall(each) for each in expression.split(" | ")]
    firsts = [found[1] for found in names if len(found) > 1]
    if len(firsts) < len(names) or ".exists()" in expression:
        return frozenset()
    return frozenset(name + kind for name in firsts for kind in ("", *choices().get(name, ())))


def _root(alternative: str) -> str:
    """The type with which the alternative begins."""
    found = re.match(r"\s*\(*\s*(\w+)", alternative)
    return found[1] if found else ""


def _walk(way: tuple[Step, ...], resource: Node) -> Iterator[Node]:
    """What lies at the end of the way."""
    nodes: Iterable[Node] = (resource,)
    for step in way:
        nodes = step(nodes)
    return iter(nodes)


def _steps(alternative: str) -> Iterator[Step]:
    """The steps of ``A.b.c…``, the type at its beginning left out; raises Unfollowable."""
    found = list(_tokens(alternative.strip()))
    names = [index for index, (kind, _) in enumerate(found) if kind == "name"]
    rest = found[names[0] + 1 :]
    for index, (kind, text) in enumerate(rest):
        if kind == "name":
            after = rest[index + 1] if index + 1 < len(rest) else ("", "")
            yield _child(text, after[1] if after[0] == "of" else "")
        elif kind != "of":
            yield _filter(kind, text)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each form; brackets that only group are dropped. Raises Unfollowable."""
    place = 0
    while place < len(text):
        form = _FORM.match(text, place)
        if form is None:
            raise Unfollowable(text)
        place = form.end()
        if form["key"]:
            yield "equal", f"{form['key']}={form['value']}"
        elif form.lastgroup in ("of", "as"):
            yield "of", form["of"] or form["as"]
        elif form.lastgroup != "group":
            yield str(form.lastgroup), form[str(form.lastgroup)]


def _child(name: str, of_type: str) -> Step:
    """The step to the elements of that name; a choice element in whichever type it has, or in the one named."""
    kinds = choices().get(name, ())
    keys = [name + capital(of_type)] if of_type else [name, *(name + kind for kind in kinds)]

    def step(nodes: Iterable[Node]) -> Iterator[Node]:
        for node in nodes:
            for key in keys if isinstance(node, dict) else ():
                found = node.get(key)
                if isinstance(found, list):
                    yield from found
                elif found is not None:
                    yield found

    return step


def _filter(kind: str, text: str) -> Step:
    """The step that keeps some of the nodes."""
    if kind == "nth":
        return lambda nodes: iter(list(nodes)[int(text) : int(text) + 1])
    if kind == "exists":
        return lambda nodes: iter([any(node is not False for node in nodes)])
    if kind == "is":
        return lambda nodes: (node for node in nodes if isinstance(node, dict) and type_of(node) == text)
    name, _, value = text.partition("=")
    return lambda nodes: (node for node in nodes if isinstance(node, dict) and node.get(name) == value)
