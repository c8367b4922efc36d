"""Conditions in plain words. What a fact is called and how a number is written comes from outside, as ``Words``."""

from __future__ import annotations

from typing import Protocol

from cds.engine.fact import Value
from cds.engine.rule import All, Any, Condition, Not, Test


class Words(Protocol):
    """The words for what the engine only knows by name."""

    def fact(self, name: str, /) -> str:
        """What the fact is, as a noun: 'lowest T-score of the latest central DXA'."""
        ...

    def value(self, name: str, value: Value, /) -> str:
        """A value of that fact, with its unit."""
        ...

    def limit(self, test: Test, /) -> str:
        """The limit of the test with its unit and, in brackets, whose number it is."""
        ...


COMPARED = {
    "at_least": "at least {}",
    "at_most": "at most {}",
    "above": "above {}",
    "below": "below {}",
    "within_days": "within the last {}",
    "in": "one of {}",
}


def wanted(test: Test, words: Words) -> str:
    """What the test asks for, without the fact: 'below -3.0 [AACE 2020]', 'yes'."""
    if test.op == "is":
        return words.value(test.fact, test.limit)
    return COMPARED[test.op].format(words.limit(test))


def claim_of(test: Test, words: Words, negated: bool = False) -> str:
    """The test as a sentence without its full stop."""
    what, limit = words.fact(test.fact), wanted(test, words)
    if isinstance(test.limit, bool):
        return f"{what}: {words.value(test.fact, test.limit is not negated)}"
    return f"{what} is {'not ' if negated else ''}{limit}"


def sentences(condition: Condition, words: Words, indent: str = "") -> list[str]:
    """The condition as lines; members of a group are indented below their heading."""
    if isinstance(condition, Test):
        return [indent + claim_of(condition, words)]
    if isinstance(condition, Not):
        if isinstance(condition.of, Test):
            return [indent + claim_of(condition.of, words, negated=True)]
        return [f"{indent}not so that:", *sentences(condition.of, words, indent + "  ")]
    if len(condition.of) == 1:
        return sentences(condition.of[0], words, indent)
    return [
        indent + heading(condition),
        *(line for each in condition.of for line in sentences(each, words, indent + "  ")),
    ]


def heading(condition: All | Any) -> str:
    """The line above the members of a group."""
    return "all of these:" if isinstance(condition, All) else "any of these:"
