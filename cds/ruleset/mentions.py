"""Which concepts, facts and numbers the code of a fact names: what `rules codes` and a site's overrides tell from.

A fact's extractor is a function; what it names is every text in it, in the functions and tables of ``cds.facts`` that
it uses, and in theirs. Nothing is run. A text that happens to be spelt like a concept is told as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from functools import cache
from types import CodeType, FunctionType, ModuleType

import msgspec

from cds.facts.catalogue import FactDef
from cds.facts.sources import SourceDef
from cds.facts.subjects import CATALOGUE

ROOM = "cds.facts"
LISTS = frozenset({"cds.facts.catalogue", "cds.facts.sources"})
"""Modules that list every fact or every question: who uses them names nothing of his own."""
Catalogue = Mapping[str, FactDef]


@cache
def named_by(fact: FactDef) -> frozenset[str]:
    """Every text that the code of the fact can reach."""
    found: set[str] = {fact.look_back} - {""}
    met: set[int] = set()
    ahead: list[object] = [fact.extract]
    while ahead:
        each = ahead.pop()
        if isinstance(each, str):
            found.add(each)
        elif id(each) not in met:
            met.add(id(each))
            ahead.extend(_within(each))
    return frozenset(found)


def numbers_named(fact: FactDef, numbers: Iterable[str]) -> frozenset[str]:
    """Those numbers that the code of the fact names, whole or put together from a beginning and what follows it."""
    texts = named_by(fact) - {""}
    begun = tuple(each for each in texts if each.endswith((".", "_")) and "." in each)
    return frozenset(each for each in numbers if each in texts or _put_together(each, begun, texts))


def _put_together(number: str, begun: tuple[str, ...], texts: Set[str]) -> bool:
    rests = [number.removeprefix(each) for each in begun if number.startswith(each)]
    return any(rest[:cut] in texts and (rest[cut:] in texts or not rest[cut:]) for rest in rests for cut in _cuts(rest))


def _cuts(text: str) -> range:
    return range(1, len(text) + 1)


def with_others(names: Iterable[str], facts: Catalogue = CATALOGUE) -> frozenset[str]:
    """The facts, and all that their code asks for, however far down."""
    met = {name for name in names if name in facts}
    ahead = list(met)
    while ahead:
        more = {name for name in named_by(facts[ahead.pop()]) if name in facts} - met
        met |= more
        ahead.extend(more)
    return frozenset(met)


def facts_that_name(words: Set[str], facts: Catalogue = CATALOGUE) -> tuple[str, ...]:
    """The facts whose own code names one of the words, sorted."""
    return tuple(sorted(name for name, each in facts.items() if words & named_by(each)))


def _within(it: object) -> Iterator[object]:
    """What the object holds or refers to, as far as it belongs to the facts."""
    wrapped = getattr(it, "__wrapped__", None)
    if isinstance(wrapped, FunctionType):
        yield wrapped
    elif isinstance(it, FunctionType):
        yield from _of_function(it)
    elif isinstance(it, CodeType):
        yield from it.co_consts
    elif isinstance(it, Mapping):
        yield from (*it.keys(), *it.values())
    elif isinstance(it, tuple | list | set | frozenset):
        yield from it
    elif not isinstance(it, type):
        yield from _members(it)


def _members(it: object) -> Iterator[object]:
    if isinstance(it, msgspec.Struct):
        yield from (getattr(it, name) for name in it.__struct_fields__)
    elif is_dataclass(it) and not isinstance(it, FactDef | SourceDef):
        yield from (getattr(it, each.name) for each in fields(it))


def _of_function(function: FunctionType) -> Iterator[object]:
    """Its constants, what it closes over, its defaults, and the names of its module and others of the room."""
    if not function.__module__.startswith(ROOM) or function.__module__ in LISTS:
        return
    yield from (function.__code__, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    yield from (cell.cell_contents for cell in function.__closure__ or ())
    names = set(_names(function.__code__))
    for value in (function.__globals__[name] for name in names & function.__globals__.keys()):
        if isinstance(value, ModuleType):
            yield from _of_module(value, names)
        elif value is not CATALOGUE:
            yield value


def _of_module(module: ModuleType, names: set[str]) -> Iterator[object]:
    if module.__name__.startswith(ROOM):
        yield from (value for name, value in vars(module).items() if name in names)


def _names(code: CodeType) -> Iterator[str]:
    """The names that the code and the functions inside it use."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
