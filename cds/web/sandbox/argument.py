"""The trace of every rule as a page shows it: lines with their truth, and each resource named in them as a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from cds.decide import Decision
from cds.engine.narrate import MARKS, narrate_rule
from cds.engine.truth import Truth
from cds.ruleset.words import words_of
from cds.web.sandbox.compare import Standing, standing

_REFERENCE: Final = re.compile(r"\b([A-Z][A-Za-z]{2,40})/([A-Za-z0-9.\-]{1,64})(?:#[\w.-]+)?")
_TRUTHS: Final = {MARKS[Truth.TRUE]: "holds", MARKS[Truth.FALSE]: "fails", MARKS[Truth.UNKNOWN]: "open"}
_SAID: Final = {"holds": "holds", "fails": "does not hold", "open": "cannot be told"}
_STEP: Final = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the argument: how deep, its truth ('' for a heading), and its words."""

    depth: int
    truth: str
    words: Markup

    @property
    def said(self) -> str:
        """The truth in words, for those who do not see the mark."""
        return _SAID.get(self.truth, "")


@dataclass(frozen=True, slots=True)
class Argument:
    """One rule's standing and the lines that lead to it."""

    standing: Standing
    version: int
    lines: tuple[Line, ...]


def arguments(decision: Decision, base: str) -> tuple[Argument, ...]:
    """The argument of every judged rule; resources lead to the FHIR server at ``base``."""
    words = words_of(decision.ruleset)
    told = zip(decision.trace(), decision.verdicts, strict=True)
    return tuple(
        Argument(standing(decision, verdict), verdict.version, tuple(_lines(narrate_rule(trace, verdict, words), base)))
        for trace, verdict in told
    )


def _lines(narrated: list[str], base: str) -> Iterator[Line]:
    """The lines after the first, which says what the standing says."""
    for each in narrated[1:]:
        text = each.lstrip()
        mark, truth = text[:1], _TRUTHS.get(text[:1], "")
        depth = max((len(each) - len(text)) // _STEP - 1, 0)
        yield Line(min(depth, 6), truth, linked(text.removeprefix(mark).strip() if truth else text, base))


def linked(text: str, base: str) -> Markup:
    """The text with every reference as a link to its resource."""
    pieces, last = [], 0
    for found in _REFERENCE.finditer(text):
        kind, id_ = found[1], found[2].rstrip(".")
        end = found.start() + len(kind) + 1 + len(id_)
        pieces.append(escape(text[last : found.start()]))
        link = Markup('<a href="{}/{}/{}">{}/{}</a>')
        pieces.append(link.format(base, kind, id_, kind, id_ if len(id_) <= 14 else f"{id_[:12]}…"))
        last = end
    return Markup("").join([*pieces, escape(text[last:])])
