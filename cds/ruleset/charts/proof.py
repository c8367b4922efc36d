"""Rows of ``charts.md`` held against what is read from them: how a row comes out otherwise than it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isclose

from cds.engine.fact import Fact, Known
from cds.engine.spell import measure
from cds.facts.view import View
from cds.fhir.codes import CodeBook
from cds.ruleset.charts.cases import FILE, ORDERED, SILENT, Answer, ChartCase, SaidNumber
from cds.ruleset.fault import RuleFault
from cds.ruleset.model import Parameter
from cds.ruleset.ruleset import LoadedOption

Options = Mapping[str, LoadedOption]
FIX = "correct the number or the fact if the row is right, the row if they are"


@dataclass(frozen=True, slots=True)
class Doors:
    """What rooms above this one decide: whether an option is ordered already, and whether an answer still silences."""

    ordered: Callable[[LoadedOption, View], bool]
    silent: Callable[[Answer, View], bool]


def failures(
    cases: Iterable[ChartCase], codes: CodeBook, numbers: Mapping[str, float], options: Options, doors: Doors
) -> Iterator[RuleFault]:
    """The rows that come out otherwise."""
    for case in cases:
        if differing := tuple(differences(case, case.view(codes, numbers), options, doors)):
            yield RuleFault(FILE, case.line, f"chart “{case.name}” comes out otherwise", "; ".join(differing), FIX)


def differences(case: ChartCase, view: View, options: Options, doors: Doors) -> Iterator[str]:
    """In words, what is read otherwise than the row says."""
    for name, expected in case.facts.items():
        if not _same(view[name], expected):
            yield f"{name} is {_told(view[name])}, not {_told(expected)}"
    for name, ordered in case.options.items():
        if doors.ordered(options[name], view) is not ordered:
            yield f"{name} is not {ORDERED if ordered else 'free to be'} ordered"
    if case.answer and case.silent is not None and doors.silent(case.answer, view) is not case.silent:
        yield f"“{SILENT}” is {'no' if case.silent else 'yes'}"


def misspoken(said: Iterable[SaidNumber], parameters: Mapping[str, Parameter]) -> Iterator[RuleFault]:
    """Numbers that are said otherwise than their rows say."""
    for each in said:
        number = parameters[each.name]
        if (told := measure(number.value, number.unit)) != each.said:
            yield RuleFault(FILE, each.line, f"`{each.name}` is said otherwise", f"{told}, not {each.said}", FIX)


def _same(found: Fact, expected: Fact) -> bool:
    if isinstance(found, Known) and isinstance(expected, Known):
        one, other = found.value, expected.value
        if isinstance(one, int | float) and isinstance(other, int | float):
            return isclose(one, other, abs_tol=1e-9)
        return one == other
    if isinstance(found, Known) or isinstance(expected, Known):
        return False
    return found.cause is expected.cause


def _told(fact: Fact) -> str:
    return str(fact.value) if isinstance(fact, Known) else f"? {fact.cause.value} ({fact.why})"
