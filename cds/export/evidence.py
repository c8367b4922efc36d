"""Who rests on which source, and which numbers rest on a source that nobody has read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from cds.ruleset.model import Parameter, Read, Source
from cds.ruleset.orderable import Gates
from cds.ruleset.ruleset import LoadedRule, RuleSet

KINDS: Mapping[str, str] = {
    "guideline": "Guidelines",
    "label": "Drug labels",
    "review": "Reviews",
    "study": "Studies",
    "formula": "Formulas and tables",
    "policy": "Policies of this rule book",
    "terminology": "Code systems",
}


@dataclass(frozen=True, slots=True)
class Cited:
    """One source with everything that rests on it."""

    id: str
    source: Source
    uses: tuple[str, ...]
    numbers: tuple[str, ...]


def cited(ruleset: RuleSet, gates: Mapping[str, Gates]) -> Mapping[str, tuple[Cited, ...]]:
    """Every source, by the heading of its kind, in the order of the file."""
    uses: dict[str, list[str]] = {name: [] for name in ruleset.sources}
    for source, where in chain(*(_of_rule(rule) for rule in ruleset.rules), _of_options(ruleset), _of_gates(gates)):
        uses[source].append(where)
    for each in ruleset.book.background:
        uses[each.source].append("background")
    every = [Cited(name, it, _once(uses[name]), _numbers(name, ruleset)) for name, it in ruleset.sources.items()]
    return {title: tuple(each for each in every if each.source.kind == kind) for kind, title in KINDS.items()}


def unread(ruleset: RuleSet) -> tuple[tuple[str, Parameter], ...]:
    """The numbers whose source nobody has read."""
    return tuple(
        (name, each) for name, each in ruleset.parameters.items() if ruleset.sources[each.source].read is Read.NOT_READ
    )


def _of_rule(rule: LoadedRule) -> Iterator[tuple[str, str]]:
    for stratum in rule.written.strata:
        yield from ((each.source, f"{rule.id}: {stratum.id}") for each in stratum.evidence)
    for part in rule.written.parts:
        yield from ((each.source, f"{rule.id}: {part.id}") for each in part.evidence)


def _of_options(ruleset: RuleSet) -> Iterator[tuple[str, str]]:
    for name, option in ruleset.options.items():
        yield from ((each.source, f"option {name}") for each in option.written.evidence)
        yield from ((each.source, f"option {name}") for dose in option.written.doses for each in dose.evidence)


def _of_gates(gates: Mapping[str, Gates]) -> Iterator[tuple[str, str]]:
    for name, shared in gates.items():
        yield from ((each.source, f"gates {name}") for each in shared.evidence)


def _numbers(source: str, ruleset: RuleSet) -> tuple[str, ...]:
    return tuple(name for name, each in ruleset.parameters.items() if each.source == source)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
