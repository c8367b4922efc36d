"""Conditions as sentences for a printed page: the number with its unit, and beside it whose number it is."""

from __future__ import annotations

from dataclasses import dataclass

from cds.engine.phrase import claim_of, heading
from cds.engine.rule import Condition, Not, Test
from cds.engine.spell import measure
from cds.ruleset.words import BookWords


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, or a heading with the sentences below it; ``parameter`` names the cited number, or is ''."""

    text: str
    of: tuple[Said, ...] = ()
    parameter: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class PrintedWords(BookWords):
    """The rule book's words, with the citation left to stand beside the sentence."""

    def limit(self, test: Test, /) -> str:
        """The limit with its unit alone."""
        parameter = self.parameters.get(test.parameter)
        return measure(parameter.value, parameter.unit) if parameter else BookWords.limit(self, test)


def said(condition: Condition, words: PrintedWords) -> Said:
    """The condition as a tree of sentences; a group of one is its only member."""
    if isinstance(condition, Test):
        return _test(condition, words)
    if isinstance(condition, Not):
        if isinstance(condition.of, Test):
            return _test(condition.of, words, negated=True)
        return Said("not so that:", (said(condition.of, words),))
    if len(condition.of) == 1:
        return said(condition.of[0], words)
    return Said(heading(condition), tuple(said(each, words) for each in condition.of))


def _test(test: Test, words: PrintedWords, negated: bool = False) -> Said:
    parameter = words.parameters.get(test.parameter)
    citation = words.citation(parameter) if parameter else ""
    if test.parameter in words.overrides:
        citation = f"site value, not {words.overrides[test.parameter].was}"
    return Said(claim_of(test, words, negated), (), test.parameter, citation)
