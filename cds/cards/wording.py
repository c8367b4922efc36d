"""The rule book's sentences with this patient's values filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from cds.cards.escape import markdown, plain
from cds.decide import Decision
from cds.engine.fact import Cause, Known, Unknown
from cds.engine.rule import Condition, Not, Test
from cds.engine.spell import measure, value_words
from cds.engine.trace import carrying
from cds.engine.verdict import Missing
from cds.facts.catalogue import Type
from cds.facts.subjects import CATALOGUE
from cds.ruleset.words import words_of

PLACEHOLDER = re.compile(r"\{([a-z_0-9.-]+)\}")
COMPARED = {"below": "below", "above": "above", "at_least": "at least", "at_most": "at most", "within_days": "within"}
SHOWN = frozenset({Cause.IMPLAUSIBLE, Cause.UNIT, Cause.AMBIGUOUS})
"""Why something on file is not used: a reader is shown what stands there, so that it can be put right."""
Escape = Callable[[str], str]


def fill(text: str, decision: Decision, extras: Mapping[str, str] | None = None, escape: Escape = markdown) -> str:
    """The text with every ``{fact.id}``, ``{parameter.name}`` and extra filled in; extras are taken as they are."""
    cut = _pieces(text)
    if len(cut) == 1:
        return cut[0]
    given, pieces = extras or {}, list(cut)
    for place in range(1, len(pieces), 2):
        name = pieces[place]
        pieces[place] = given[name] if name in given else escape(_told(name, decision))
    return "".join(pieces).strip()


@lru_cache(maxsize=4096)
def _pieces(text: str) -> tuple[str, ...]:
    """The text cut at its placeholders: words and names by turns. The rule book's texts are few: each is cut once."""
    return tuple(PLACEHOLDER.split(text.strip()))


def summary_of(text: str, decision: Decision, extras: Mapping[str, str] | None = None, longest: int = 139) -> str:
    """The summary in plain text, cut at a word if the values made it too long."""
    line = plain(fill(text, decision, extras, plain))
    return line if len(line) <= longest else line[: longest - 1].rsplit(" ", 1)[0] + "…"


def _told(name: str, decision: Decision) -> str:
    parameter = decision.ruleset.parameters.get(name)
    if parameter is not None:
        return measure(parameter.value, parameter.unit)
    fact = decision.facts[name]
    if isinstance(fact, Unknown):
        return f"unknown ({fact.why})"
    return value_words(fact.value, CATALOGUE[name].unit)


def reasons(condition: Condition, decision: Decision) -> tuple[str, ...]:
    """Why a true condition is true, a phrase for each test that carries it: value, date, limit and its source."""
    return tuple(dict.fromkeys(_phrase(test, decision) for test in carrying(condition, decision.facts) or ()))


def _phrase(test: Condition, decision: Decision) -> str:
    if isinstance(test, Not):
        return f"not: {_phrase(test.of, decision)}"
    assert isinstance(test, Test)
    fact, about = decision.facts[test.fact], CATALOGUE[test.fact]
    if not isinstance(fact, Known):
        return about.words
    value = "" if fact.value is True else f" {value_words(fact.value, about.unit)}"
    days = {seen.when[:10] for seen in fact.seen_in}
    dated = f" ({min(days)})" if len(days) == 1 and min(days) and about.type is not Type.DATE else ""
    noted = f"; {fact.note}" if fact.note else ""
    return f"{markdown(f'{about.words}{value}{dated}')}{_limit(test, decision)}{markdown(noted)}"


def _limit(test: Test, decision: Decision) -> str:
    if not test.parameter:
        return ""
    return f", {COMPARED[test.op]} {words_of(decision.ruleset).limit(test)}"


def fact_words(name: str) -> str:
    """The fact as a pharmacist names it."""
    return CATALOGUE[name].words if name in CATALOGUE else name


def missing_words(each: Missing) -> str:
    """What is not known; with the value that stands on file, where it cannot be believed or converted."""
    words = fact_words(each.fact)
    return f"{words} ({markdown(each.why)})" if each.cause in SHOWN else words


def bullets(lines: Iterable[str], marker: str = "-") -> str:
    """The lines as a Markdown list; '' without any. Lists with different markers (``-``, ``*``) do not run together."""
    return "\n".join(f"{marker} {line}" for line in lines)
