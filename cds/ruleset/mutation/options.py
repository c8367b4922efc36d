"""The gates of options, what must be known first, and doses that depend on a fact, against the cases of options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeVar

from cds.engine.judge import compile_condition
from cds.engine.rule import Condition
from cds.ruleset.folder import Folder, Placed
from cds.ruleset.mutation.trial import Mutable, Trial
from cds.ruleset.orderable import Gates, Option
from cds.ruleset.page import Spot
from cds.ruleset.ruleset import Compiled, LoadedDose, LoadedGate, LoadedOption

T = TypeVar("T")

Options = Mapping[str, LoadedOption]
Notices = Callable[[Options], bool]
"""Whether a case of options comes out otherwise with these; they are weighed on a floor above this one."""
Key = Literal["withheld_if", "deferred_if", "doses", "know_first"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list in an option or a set of gates, and every option that has it, with its number there."""

    where: str
    spot: Spot
    shared_by: tuple[tuple[str, int], ...]


def of_options(folder: Folder, options: Options, notices: Notices) -> Iterator[Mutable]:
    """The conditions of gates and doses; a shared gate is changed for every option that has it."""
    for key in ("withheld_if", "deferred_if", "doses"):
        for entry in _entries(folder, key):
            name, number = entry.shared_by[0]
            condition = getattr(options[name], key)[number].when.condition
            noticed = partial(_noticed, options, key, entry, notices)
            yield Mutable(entry.where, condition, entry.spot.at("when"), noticed)


def dropped(folder: Folder, options: Options, notices: Notices) -> Iterator[Trial]:
    """Each fact that must be known first, left out."""
    for entry in _entries(folder, "know_first"):
        name, number = entry.shared_by[0]
        fact = options[name].know_first[number].fact
        changed = {
            each: replace(options[each], know_first=_without(options[each].know_first, place))
            for each, place in entry.shared_by
        }
        killed = notices({**options, **changed})
        yield Trial(entry.spot.page.file, entry.spot.line, entry.where, f"without {fact}", killed)


def loosened(folder: Folder, options: Options, notices: Notices) -> Iterator[Trial]:
    """Each order that a gate names instead, each test and each fact that a must-know fact names, left out."""
    for key, names in _NAMED.items():
        for entry in _entries(folder, key):
            option, number = entry.shared_by[0]
            for name in names:
                for each in getattr(getattr(options[option], key)[number], name):
                    killed = notices({**options, **_lacking(options, key, entry, name, each)})
                    spot = entry.spot.at(name)
                    yield Trial(spot.page.file, spot.line, f"{entry.where} {name}", f"without {each}", killed)


_NAMED: Mapping[Key, tuple[str, ...]] = {
    "withheld_if": ("instead",),
    "deferred_if": ("instead",),
    "know_first": ("ask", "covers"),
}


def _lacking(options: Options, key: Key, entry: Entry, name: str, left_out: str) -> dict[str, LoadedOption]:
    """Every option of the entry, with the entry lacking one of the names."""
    changed = {}
    for option, number in entry.shared_by:
        several: tuple[Any, ...] = getattr(options[option], key)
        rest = tuple(each for each in getattr(several[number], name) if each != left_out)
        one = replace(several[number], **{name: rest})
        other_list: dict[str, Any] = {key: (*several[:number], one, *several[number + 1 :])}
        changed[option] = replace(options[option], **other_list)
    return changed


def _noticed(options: Options, key: str, entry: Entry, notices: Notices, new: Condition) -> bool:
    other = Compiled(new, compile_condition(new))
    changed = {}
    for name, number in entry.shared_by:
        several: tuple[LoadedGate | LoadedDose, ...] = getattr(options[name], key)
        one = replace(several[number], when=other)
        other_list: dict[str, Any] = {key: (*several[:number], one, *several[number + 1 :])}
        changed[name] = replace(options[name], **other_list)
    return notices({**options, **changed})


def _without(several: tuple[T, ...], number: int) -> tuple[T, ...]:
    return (*several[:number], *several[number + 1 :])


def _entries(folder: Folder, key: Key) -> tuple[Entry, ...]:
    """Every entry of that list, shared ones once, in the order in which options have them: shared gates first."""
    found: dict[tuple[str, object], Entry] = {}
    for option in folder.options:
        number = 0
        for owner, placed in _owners(option, folder):
            for place in range(len(getattr(placed.it, key, ()))):
                spot = placed.spot.at(key, place)
                entry = found.get((spot.page.file, spot.place), Entry(f"{owner} {key}", spot, ()))
                shared_by = (*entry.shared_by, (option.it.id, number))
                found[spot.page.file, spot.place] = replace(entry, shared_by=shared_by)
                number += 1
    return tuple(found.values())


def _owners(option: Placed[Option], folder: Folder) -> Iterator[tuple[str, Placed[Gates] | Placed[Option]]]:
    yield from ((f"gates {name}", folder.gates[name]) for name in option.it.gates)
    yield f"option {option.it.id}", option
