"""The whole rule book tried: every mutant of rules, lines, scope and options against the cases beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from cds.facts.subjects import CATALOGUE
from cds.ruleset.book import Site
from cds.ruleset.cases import read_cases
from cds.ruleset.charts.book import Charts
from cds.ruleset.charts.proof import Doors
from cds.ruleset.claims import LINE, SCOPE, lines_of, read_claims, scope_of, wrong
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.folder import Folder, Placed, read_folder
from cds.ruleset.load import Loader
from cds.ruleset.model import WrittenRule
from cds.ruleset.mutation.numbers import of_numbers, of_orders
from cds.ruleset.mutation.options import Notices, dropped, loosened, of_options
from cds.ruleset.mutation.rules import of_lines, of_rule, of_scope
from cds.ruleset.mutation.trial import Mutable, Trial
from cds.ruleset.mutation.twice import of_items
from cds.ruleset.proof import failures
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.twice import otherwise, read_again, written_twice
from cds.ruleset.vocabulary import Catalogue, Vocabulary

CASES = "cases.md"
OptionProof = Callable[[RuleSet, Vocabulary], Notices]
DoorsOf = Callable[[RuleSet], Doors]


def tried(directory: Path, proof: OptionProof, doors: DoorsOf, catalogue: Catalogue = CATALOGUE) -> tuple[Trial, ...]:
    """Every mutant of the directory, tried. RuleFaults when rules or cases cannot be read, or a case fails as it is."""
    faults: list[RuleFault] = []
    folder = read_folder(directory, faults)
    loader = Loader(folder, catalogue, faults)
    ruleset = loader.ruleset(Site())
    if faults or ruleset is None:
        raise RuleFaults(faults)
    bench = Bench(folder, ruleset, loader.vocabulary, faults)
    notices = proof(ruleset, loader.vocabulary)
    mutables = [*bench.mutables(), *of_options(folder, ruleset.options, notices)]
    if faults:
        raise RuleFaults(faults)
    trials = [*chain.from_iterable(each.trials(bench.unit) for each in mutables)]
    charts = bench.charts(doors(ruleset))
    trials += [*dropped(folder, ruleset.options, notices), *loosened(folder, ruleset.options, notices)]
    trials += [*of_numbers(folder, charts), *of_orders(folder, charts), *bench.written_twice()]
    if faults:
        raise RuleFaults(faults)
    return tuple(sorted(trials))


class Bench:
    """A rule book and its cases; what is wrong with the cases is added to the faults."""

    def __init__(self, folder: Folder, ruleset: RuleSet, vocabulary: Vocabulary, faults: list[RuleFault]) -> None:
        self.folder, self.ruleset, self.vocabulary, self.faults = folder, ruleset, vocabulary, faults

    def unit(self, parameter: str) -> str:
        """The unit of the parameter."""
        return self.vocabulary.parameters[parameter].unit

    def charts(self, doors: Doors) -> Charts:
        """The charts of the directory; RuleFaults when one comes out otherwise as it is."""
        charts = Charts(self.folder.root, self.ruleset, self.vocabulary, doors)
        if faults := list(charts.faults()):
            raise RuleFaults(faults)
        return charts

    def mutables(self) -> Iterator[Mutable]:
        """The conditions of every rule on the list, of its lines, and of the rule book as a whole."""
        for placed in self.folder.rules:
            if any(rule.id == placed.it.id for rule in self.ruleset.rules):
                yield from self._of_rule(placed)
        if self.folder.book is not None:
            file, text = self._cases("")
            conditions = scope_of(self.ruleset)
            claims = read_claims(SCOPE, file, text, conditions, self.vocabulary, self.faults)
            self._found(wrong(file, claims, conditions))
            yield from of_scope(self.folder.book, self.ruleset, claims)

    def written_twice(self) -> Iterator[Trial]:
        """What rules and options say, and their cases say again."""
        for file, text, items in written_twice(self.folder):
            cells = read_again(file, text, items, self.faults)
            self._found(otherwise(file, cells, items))
            yield from of_items(items, cells)

    def _of_rule(self, placed: Placed[WrittenRule]) -> Iterator[Mutable]:
        loaded, (file, text) = self.ruleset.rule(placed.it.id), self._cases(placed.folder)
        cases = read_cases(file, text, loaded.rule, self.vocabulary, self.faults)
        claims = read_claims(LINE, file, text, lines_of(loaded), self.vocabulary, self.faults)
        self._found(failures(file, cases, loaded.judge))
        self._found(wrong(file, claims, lines_of(loaded)))
        yield from of_rule(placed, loaded, cases)
        yield from of_lines(placed, loaded, claims)

    def _cases(self, name: str) -> tuple[str, str]:
        """The name and the text of a file of cases; without one, nothing proves anything."""
        path = self.folder.root / name / CASES
        return path.relative_to(self.folder.root).as_posix(), path.read_text("utf-8") if path.exists() else ""

    def _found(self, faults: Iterable[RuleFault]) -> None:
        self.faults.extend(faults)
