"""The cases of options, read from a rules directory and held against its options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cds.facts.subjects import CATALOGUE
from cds.orders.proof import OptionCase, failures, read_option_cases
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.load import load
from cds.ruleset.mutation.options import Notices, Options
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.vocabulary import Vocabulary

FILE = "options/cases.md"


def option_faults(directory: Path) -> Iterator[RuleFault]:
    """What the cases of options find: rows that cannot be understood, rows that come out otherwise."""
    faults: list[RuleFault] = []
    ruleset = load(directory)
    cases = _cases(directory, ruleset, Vocabulary(CATALOGUE, ruleset.parameters), faults)
    yield from faults
    yield from failures(FILE, cases, ruleset.options)


class OptionCases:
    """The cases of options as the mutation check wants them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, ruleset: RuleSet, vocabulary: Vocabulary) -> Notices:
        """Whether a case comes out otherwise with other options; RuleFaults when one does so with these."""
        faults: list[RuleFault] = []
        cases = _cases(self.directory, ruleset, vocabulary, faults)
        if faults or (faults := list(failures(FILE, cases, ruleset.options))):
            raise RuleFaults(faults)

        def noticed(options: Options) -> bool:
            return any(True for _ in failures(FILE, cases, options))

        return noticed


def _cases(
    directory: Path, ruleset: RuleSet, vocabulary: Vocabulary, faults: list[RuleFault]
) -> tuple[OptionCase, ...]:
    path = directory / FILE
    text = path.read_text("utf-8") if path.exists() else ""
    return read_option_cases(FILE, text, ruleset.options, vocabulary, faults)
