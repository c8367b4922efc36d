"""``charts.md`` of a rules directory, ready to be held against numbers and options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cds.engine.spell import measure
from cds.fhir.codes import CodeBook
from cds.ruleset.charts.cases import FILE, ChartReader
from cds.ruleset.charts.entries import rows_by_concept
from cds.ruleset.charts.proof import Doors, differences, failures, misspoken
from cds.ruleset.codebook import read_value_sets
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.ruleset import LoadedOption, RuleSet
from cds.ruleset.vocabulary import Vocabulary


class Charts:
    """The rows of the directory; RuleFaults where one cannot be read. Without the file there is none."""

    def __init__(self, directory: Path, ruleset: RuleSet, vocabulary: Vocabulary, doors: Doors) -> None:
        faults: list[RuleFault] = []
        path = directory / FILE
        self.there = path.exists()
        reader = ChartReader(vocabulary.facts, ruleset.options, ruleset.parameters, faults)
        reader.read(path.read_text("utf-8") if self.there else "")
        self.cases, self.said = tuple(reader.cases), tuple(reader.said)
        self.ruleset, self.doors = ruleset, doors
        self.codes = _by_concept(directory, faults) if self.there else ruleset.codes
        if faults:
            raise RuleFaults(faults)

    def faults(self) -> Iterator[RuleFault]:
        """The rows that come out otherwise than they say."""
        yield from failures(self.cases, self.codes, self.ruleset.numbers, self.ruleset.options, self.doors)
        yield from misspoken(self.said, self.ruleset.parameters)

    def readers(self) -> dict[str, tuple[int, ...]]:
        """By number: the rows that look it up."""
        found: dict[str, list[int]] = {}
        for place, case in enumerate(self.cases):
            seen = Watched(self.ruleset.numbers)
            for _ in differences(case, case.view(self.codes, seen), self.ruleset.options, self.doors):
                pass
            for name in seen.looked_up:
                found.setdefault(name, []).append(place)
        return {name: tuple(places) for name, places in found.items()}

    def notices(self, name: str, value: float, places: tuple[int, ...]) -> bool:
        """Whether a row comes out otherwise with that number; ``places`` are the rows that look it up."""
        numbers = {**self.ruleset.numbers, name: value}
        rows = (self.cases[place] for place in places)
        if any(True for _ in failures(rows, self.codes, numbers, self.ruleset.options, self.doors)):
            return True
        unit = self.ruleset.parameters[name].unit
        return any(each.name == name and each.said != measure(value, unit) for each in self.said)

    def notices_option(self, changed: LoadedOption) -> bool:
        """Whether a row comes out otherwise with that option in place of the one of its name."""
        name = changed.written.id
        rows = (case for case in self.cases if name in case.options)
        options = {**self.ruleset.options, name: changed}
        return any(True for _ in failures(rows, self.codes, self.ruleset.numbers, options, self.doors))


class Watched(dict[str, float]):
    """Numbers that remember which of them were looked up."""

    def __init__(self, numbers: Mapping[str, float]) -> None:
        super().__init__(numbers)
        self.looked_up: set[str] = set()

    def __getitem__(self, name: str) -> float:
        """The number."""
        self.looked_up.add(name)
        return super().__getitem__(name)


def _by_concept(directory: Path, faults: list[RuleFault]) -> CodeBook:
    sets = read_value_sets(directory, faults)
    return sets.book(rows_by_concept(sets.concepts))
