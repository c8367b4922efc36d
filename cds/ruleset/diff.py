"""What changed between two rules directories, in the words of the rule book: numbers, conditions, order, texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pydantic import BaseModel

from cds.engine.phrase import sentences
from cds.engine.rule import Test
from cds.engine.spell import number
from cds.facts.subjects import CATALOGUE
from cds.ruleset.compile import Compiler
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.folder import Folder, read_folder
from cds.ruleset.model import WrittenCondition
from cds.ruleset.page import Page, Spot
from cds.ruleset.vocabulary import Catalogue, Vocabulary
from cds.ruleset.words import BookWords

Facets = dict[tuple[str, str, str], str]
NOWHERE = Spot(Page("", None, {}))
STEP = " › "


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is said differently. ``before`` or ``after`` is '' where it was not there."""

    kind: str
    subject: str
    aspect: str
    before: str
    after: str


class _NamedLimits(BookWords):
    """Limits by name: a changed number is a change of the parameter, not of every condition that uses it."""

    def limit(self, test: Test, /) -> str:
        """The name of the parameter."""
        return test.parameter or BookWords.limit(self, test)


def diff(before: Path, after: Path, catalogue: Catalogue = CATALOGUE) -> tuple[Change, ...]:
    """Every change from one directory to the other, in the order of the newer; RuleFaults if one cannot be read."""
    old, new = (_Describer(_readable(each), catalogue).facets() for each in (before, after))
    keys = list(dict.fromkeys([*new, *old]))
    return tuple(Change(*key, old.get(key, ""), new.get(key, "")) for key in keys if old.get(key) != new.get(key))


def diff_text(changes: Iterable[Change]) -> str:
    """The changes as a page: a heading a subject, short values on one line, long ones line by line."""
    blocks = []
    for (kind, subject), several in groupby(changes, key=lambda change: (change.kind, change.subject)):
        blocks.append("\n".join([f"{kind} {subject}".strip(), *(line for each in several for line in _lines(each))]))
    return "\n\n".join(blocks) if blocks else "nothing changed"


def _lines(change: Change) -> Iterator[str]:
    before, after = change.before.splitlines(), change.after.splitlines()
    if len(before) <= 1 and len(after) <= 1 and len(change.before) + len(change.after) < 80:
        yield f"  {change.aspect}: {change.before or '(nothing)'} → {change.after or '(nothing)'}"
        return
    yield f"  {change.aspect}:"
    for line in difflib.ndiff(before, after):
        if not line.startswith("?"):
            yield f"    {line}".rstrip()


def _readable(directory: Path) -> Folder:
    faults: list[RuleFault] = []
    folder = read_folder(directory, faults)
    if faults:
        raise RuleFaults(faults)
    return folder


class _Describer:
    """Says everything in a folder as short texts, each under its kind, subject and aspect."""

    def __init__(self, folder: Folder, catalogue: Catalogue) -> None:
        parameters = {name: placed.it for name, placed in folder.parameters.items()}
        self.folder = folder
        self.compiler = Compiler(Vocabulary(catalogue, parameters), [])
        self.words = _NamedLimits(catalogue, parameters, {name: it.it for name, it in folder.sources.items()})

    def facets(self) -> Facets:
        """Every text of the folder."""
        found: Facets = {}
        subjects: list[tuple[str, str, BaseModel]] = []
        subjects += [("rule", each.it.id, each.it) for each in self.folder.rules]
        subjects += [("option", each.it.id, each.it) for each in self.folder.options]
        subjects += [("gates", name, each.it) for name, each in self.folder.gates.items()]
        for name, each in self.folder.parameters.items():
            found["parameter", name, "number"] = f"{number(each.it.value)} {each.it.unit}"
            subjects.append(("parameter", name, each.it.model_copy(update={"value": None, "unit": ""})))
        subjects += [("source", name, each.it) for name, each in self.folder.sources.items()]
        subjects += [("rule book", "", self.folder.book.it)] if self.folder.book else []
        for kind, name, model in subjects:
            found |= {(kind, name, STEP.join(way)): text for way, text in self._below((), model)}
        return found

    def _below(self, way: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], str]]:
        if isinstance(value, WrittenCondition):
            yield way, self._condition(value)
        elif isinstance(value, BaseModel):
            for name in type(value).model_fields:
                yield from self._below((*way, name), getattr(value, name))
        elif isinstance(value, Mapping):
            yield (*way, "order"), ", ".join(map(str, value))
            for name, each in value.items():
                yield from self._below((*way, str(name)), each)
        elif isinstance(value, tuple) and value and hasattr(value[0], "id"):
            yield (*way, "order"), ", ".join(each.id for each in value)
            for each in value:
                yield from self._below((*way, each.id), each)
        elif isinstance(value, tuple):
            yield from ((way, "\n".join(self._whole(each) for each in value)),) if value else ()
        elif value not in (None, ""):
            yield way, str(value)

    def _whole(self, value: object) -> str:
        """Something without a name of its own, as one text."""
        if not isinstance(value, BaseModel):
            return str(value)
        return "; ".join(f"{' '.join(way)}: {text}" for way, text in self._below((), value))

    def _condition(self, written: WrittenCondition) -> str:
        condition = self.compiler.condition(written, NOWHERE)
        if condition is None:
            return written.model_dump_json(exclude_none=True, by_alias=True)
        return "\n".join(sentences(condition, self.words))
