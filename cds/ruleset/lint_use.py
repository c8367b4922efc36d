"""Nothing lies about unused: every number and every source is used by something, every option suggested."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from cds.facts.sources import SOURCES
from cds.ruleset.asked import code_texts
from cds.ruleset.fault import Level, RuleFault
from cds.ruleset.folder import Folder
from cds.ruleset.lock import numbers_named
from cds.ruleset.page import Spot
from cds.ruleset.texts import texts_in, values_under
from cds.ruleset.vocabulary import Catalogue

CITED_BY_ROWS = "terminology"
"""A code system is what the rows of its value sets rest on; they name it one by one."""
SUGGESTING = frozenset({"offer", "orders", "ask", "instead"})
BEGINNING = re.compile(r"[a-z_0-9]+(?:\.[a-z_0-9]+)*\.")
WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+|[a-z0-9]+")


def unused(folder: Folder, facts: Catalogue, code: InCode) -> Iterator[RuleFault]:
    """Parameters that nobody uses and sources that nobody cites; options that nobody suggests (a warning)."""
    used = _used_numbers(folder, facts, code)
    for name, parameter in folder.parameters.items():
        if name not in used and not name.startswith(code.beginnings):
            why = "a number that changes nothing misleads whoever reads it"
            yield parameter.spot.fault(f"nobody uses the parameter `{name}`", why, "use it or take it out")
    pages = [*folder.pages(), *(rule.spot.page for rule in folder.retired)]
    cited = code.words.union(*(values_under(page, "source") for page in pages))
    for name, source in folder.sources.items():
        if name not in cited and source.it.kind != CITED_BY_ROWS:
            yield source.spot.fault(
                f"nobody cites the source `{name}`", "it supports nothing", "cite it or take it out"
            )
    yield from _unused_options(folder)


def _used_numbers(folder: Folder, facts: Catalogue, code: InCode) -> frozenset[str]:
    in_rules = frozenset[str]().union(*(numbers_named(page) for page in folder.pages()))
    look_backs = {each.look_back for each in facts.values()} | {each.look_back for each in SOURCES.values()}
    return in_rules | look_backs | code.texts


def _unused_options(folder: Folder) -> Iterator[RuleFault]:
    texts = (each for page in folder.pages() for each in texts_in(Spot(page)))
    named = {text for spot, text in texts if SUGGESTING & set(spot.place)}
    for option in folder.options:
        if option.it.id not in named:
            file, why = option.spot.page.file, "nobody can be offered it"
            yield RuleFault(file, 1, f"no rule suggests `{option.it.id}`", why, "use it in a rule", Level.WARNING)


@dataclass(frozen=True, slots=True)
class InCode:
    """Texts in the rooms that may name parameters.

    ``beginnings`` are texts that end with a dot and are completed with a name, ``words`` every single word: a docstring
    cites a source by its id.
    """

    texts: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()


@cache
def in_code() -> InCode:
    """What the code of this package names."""
    nodes = list(_nodes())
    texts = frozenset(map(_text, nodes)) - {""}
    words = frozenset(word for text in texts for word in WORD.findall(text))
    return InCode(texts, tuple(sorted(filter(BEGINNING.fullmatch, texts))), words)


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _nodes() -> Iterable[ast.AST]:
    for text in code_texts():
        yield from ast.walk(ast.parse(text))
