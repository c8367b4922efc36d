"""Long texts that make a careless pattern slow: made from the pattern itself, each of its repeats drawn out."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

ALPHABET = " \t1a,.-/([{<|%'\"*xX=_:;\\é"
ENDS = ("", "\n!", " x y")
COMMON = ("1", " ", ",", "a", "mg ", "1 mg/", "1-1 ", "1,1,,", "for ", "Patient/", "\\ud8", "\u0300\u0327")
_Tree = Any  # what re's own parser makes of a pattern


@dataclass(frozen=True, slots=True)
class Laid:
    """A pattern, where it stands, and how it is laid on texts: from their beginning, on all of them, or anywhere."""

    place: str
    pattern: re.Pattern[Any]
    ways: frozenset[str]

    def on(self, text: Any) -> None:
        """It has been laid on the text in each of its ways."""
        for way in self.ways:
            getattr(self.pattern, way)(text)


def patterns(package: str) -> Iterator[Laid]:
    """Every pattern that stands in a module of the package, alone or in a collection."""
    root = importlib.import_module(package)
    found = [each.name for each in pkgutil.walk_packages(root.__path__, f"{package}.") if "migrations" not in each.name]
    for module in map(importlib.import_module, found):
        for name, value in vars(module).items():
            for number, each in enumerate(_within(value)):
                yield Laid(f"{module.__name__}.{name}[{number}]", each, _ways(name, inspect.getsource(module)))


def _ways(name: str, source: str) -> frozenset[str]:
    """``match`` and ``fullmatch``, if the module uses the pattern of that name so alone; else ``search`` as well."""
    used = frozenset(re.findall(rf"\b{name}\.([a-z]+)\(", source))
    bound = used & {"match", "fullmatch"}
    return bound if used and used == bound else bound | {"search"}


def _within(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _within(tuple(value.values()))
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _within(each)


def texts(pattern: re.Pattern[Any], length: int) -> Iterator[Any]:
    """About so many characters each: common ones, and for each repeat what leads to it, drawn out, and no good end."""
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = importlib.import_module("re._parser").parse(written, pattern.flags & ~re.UNICODE)
    drawn = {("", each) for each in COMMON} | set(_drawn(list(tree), ""))
    for (before, again), end in product(sorted(drawn), ENDS):
        text = before + again * (length // len(again)) + end
        yield text if isinstance(pattern.pattern, str) else text.encode("utf-8")


def _drawn(nodes: list[_Tree], before: str) -> Iterator[tuple[str, str]]:
    """What leads to each repeat, with what may stand there again and again; and all that was read so far, again."""
    for node in nodes:
        kind, told = str(node[0]), node[1]
        if kind.endswith("REPEAT"):
            yield from ((before, again) for again in _samples(list(told[2])) if told[1] > 99)
        for branch in _branches(kind, told):
            yield from _drawn(branch, before)
        before += next(iter(_samples([node])), "")
        if before:
            yield "", before


def _branches(kind: str, told: _Tree) -> list[list[_Tree]]:
    if kind == "SUBPATTERN":
        return [list(told[3])]
    if kind == "BRANCH":
        return [list(each) for each in told[1]]
    if kind.endswith("REPEAT"):
        return [list(told[2])]
    return [list(told)] if kind == "ATOMIC_GROUP" else []


def _samples(nodes: list[_Tree]) -> list[str]:
    """Some texts that the nodes match: every fitting character for a single one, else one text a branch."""
    if len(nodes) == 1 and str(nodes[0][0]) in ("IN", "ANY", "LITERAL", "NOT_LITERAL"):
        return [each for each in dict.fromkeys([*_literal(nodes[0]), *ALPHABET]) if _fits(nodes[0], each)]
    made = [""]
    for kind, told in ((str(node[0]), node[1]) for node in nodes):
        made = [one + other for one in made for other in _one(kind, told, [(kind, told)])][:40]
    return [each for each in made if each]


def _one(kind: str, told: _Tree, node: list[_Tree]) -> list[str]:
    """Some texts for one node; an empty one where it takes up no room."""
    if kind.endswith("REPEAT"):
        return [each * max(told[0], 1) for each in _samples(list(told[2]))[:4]] or [""]
    if kind in ("IN", "ANY", "LITERAL", "NOT_LITERAL"):
        return _samples_of_one(node[0])
    return [each for branch in _branches(kind, told) for each in _samples(branch)[:4]] or [""]


def _samples_of_one(node: _Tree) -> list[str]:
    return [each for each in [*_literal(node), *ALPHABET] if _fits(node, each)][:1] or [""]


def _literal(node: _Tree) -> list[str]:
    """The characters that the node names."""
    kind, told = str(node[0]), node[1]
    if kind == "LITERAL":
        return [chr(told)]
    named = [each for each in told if str(each[0]) in ("LITERAL", "RANGE")] if kind == "IN" else []
    return [chr(each[1] if str(each[0]) == "LITERAL" else each[1][0]) for each in named]


def _fits(node: _Tree, character: str) -> bool:
    """Whether the node takes the character; letters of either case."""
    kind, told = str(node[0]), node[1]
    if kind == "ANY":
        return True
    if kind in ("LITERAL", "NOT_LITERAL"):
        return bool(ord(character) == told) == (kind == "LITERAL")
    negated = str(told[0][0]) == "NEGATE"
    return any(_holds(str(each[0]), each[1], character) for each in told if str(each[0]) != "NEGATE") != negated


def _holds(kind: str, told: _Tree, character: str) -> bool:
    if kind == "LITERAL":
        return bool(ord(character) == told)
    if kind == "RANGE":
        return bool(told[0] <= ord(character) <= told[1])
    name = str(told)
    held = {"DIGIT": character.isdigit(), "SPACE": character.isspace(), "WORD": character.isalnum() or character == "_"}
    return next((value for word, value in held.items() if name.endswith(word)), False) != ("_NOT_" in name)
