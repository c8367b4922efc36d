"""YAML with its line numbers, so that every later finding can name a line. Plain values only, no duplicate keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from cds.ruleset.fault import RuleFault

Place = tuple[str | int, ...]
Lines = Mapping[Place, int]
MERGE = "<<"
PLACES = 100_000
"""No file of a rule book has more places than this; one that has is a mistake."""

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser when PyYAML was built with it: the same answers in a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Page:
    """One YAML file: its name in the rules directory, what it says, and the line of every place in it."""

    file: str
    data: object
    lines: Lines


@dataclass(frozen=True, slots=True)
class Spot:
    """One place in a page: where a finding points."""

    page: Page
    place: Place = ()

    def at(self, *more: str | int) -> Spot:
        """The place below this one."""
        return Spot(self.page, (*self.place, *more))

    @property
    def line(self) -> int:
        """The line of this place, or of the nearest place around it that is written down."""
        place = self.place
        while place and place not in self.page.lines:
            place = place[:-1]
        return self.page.lines.get(place, 1)

    def fault(self, what: str, why: str, fix: str) -> RuleFault:
        """An error at this place."""
        return RuleFault(self.page.file, self.line, what, why, fix)


def read_page(root: Path, file: Path, faults: list[RuleFault]) -> Page | None:
    """The file with its lines; None, with the reason added to ``faults``, when it cannot be read."""
    name = file.relative_to(root).as_posix()
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        faults.append(RuleFault(name, 0, "the file is missing", "the rules need it", f"write {name}"))
    except (OSError, UnicodeDecodeError) as wrong:
        faults.append(RuleFault(name, 0, f"the file cannot be read: {wrong}", "rules are UTF-8 text", "save as UTF-8"))
    else:
        return page_from(name, text, faults)
    return None


def page_from(name: str, text: str, faults: list[RuleFault]) -> Page | None:
    """The text as a page; None, with the reason added to ``faults``, when it is not YAML or is empty."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            faults.append(RuleFault(name, 1, "the file is empty", "the rules need what stands in it", "write it"))
            return None
        walk = _Walk(name, loader)
        data = walk.value(root, ())
    except yaml.MarkedYAMLError as wrong:
        faults.append(_not_yaml(name, wrong))
        return None
    except (yaml.YAMLError, ValueError) as wrong:
        faults.append(RuleFault(name, 1, f"not YAML: {wrong}", "the file cannot be read", "correct or retype it"))
        return None
    finally:
        loader.dispose()
    faults.extend(walk.faults)
    return Page(name, data, walk.lines)


def _not_yaml(name: str, wrong: yaml.MarkedYAMLError) -> RuleFault:
    mark = wrong.problem_mark or wrong.context_mark
    fix = "check the indentation (spaces, no tabs), the colons and the quotes on this line and the one above"
    what = f"not YAML: {wrong.problem or wrong.context}"
    return RuleFault(name, mark.line + 1 if mark else 1, what, "the file cannot be read past this line", fix)


class _Walk:
    """Has turned nodes into plain values and noted each place's line; findings do not stop it."""

    def __init__(self, name: str, loader: yaml.SafeLoader) -> None:
        self.name, self.loader = name, loader
        self.lines: dict[Place, int] = {}
        self.faults: list[RuleFault] = []
        self._around: list[yaml.Node] = []

    def value(self, node: yaml.Node, place: Place) -> object:
        """The node as plain Python; its line is noted. An alias (``*name``) reads as what it stands for."""
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node in self._around or len(self.lines) > PLACES:
            raise ValueError("an alias repeats itself, or the file is far too large")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        self._around.append(node)
        result = self._mapping(node, place) if isinstance(node, yaml.MappingNode) else self._sequence(node, place)
        self._around.pop()
        return result

    def _scalar(self, node: yaml.ScalarNode) -> object:
        """The value; the text itself when it only looks like a date or a number, for the model to refuse."""
        try:
            return self.loader.construct_object(node)
        except ValueError:
            return node.value

    def _sequence(self, node: yaml.Node, place: Place) -> list[object]:
        return [self.value(each, (*place, number)) for number, each in enumerate(node.value)]

    def _mapping(self, node: yaml.Node, place: Place) -> dict[object, object]:
        result: dict[object, object] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else str(key_node.value)
            here = (*place, key)
            if key in result:
                self._twice(key_node, key, self.lines[here])
                continue
            self.lines[here] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, here)
        return self._merged(result, place)

    def _merged(self, result: dict[object, object], place: Place) -> dict[object, object]:
        """The mapping with what ``<<`` brings in; what is written in the mapping itself wins."""
        brought = result.get(MERGE)
        if not isinstance(brought, dict):
            return result
        del result[MERGE]
        for key, value in brought.items():
            self.lines.setdefault((*place, str(key)), self.lines[*place, MERGE, str(key)])
            result.setdefault(key, value)
        return result

    def _twice(self, node: yaml.Node, key: str, first: int) -> None:
        why = f"it stands on line {first} too, and one of the two would be lost"
        line = node.start_mark.line + 1
        self.faults.append(RuleFault(self.name, line, f"`{key}` is written twice", why, "keep one of them"))
