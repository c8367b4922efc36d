"""The code book: which concepts a code, a coding or a name stands for. It is filled by others and reads no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from cds.fhir.elements import CodeableConcept, Coding
from cds.fhir.names import NONE, Names
from cds.fhir.systems import ICD_10, ICD_10_CM, PREFIXED, RXNORM, same_code, same_system

__all__ = ["CodeBook", "CodeRow", "Concept", "same_code", "same_system"]

SHARED_WITH_WHO: Final = (
    "C", "M80", "M81", "N183", "N184", "N185", "K220", "Q780",
    "S220", "S320", "S422", "S525", "S720", "S721", "S722",
)  # fmt: skip
"""Beginnings of ICD-10-CM codes that mean the same in the WHO's ICD-10 (and ICD-10-GM). Others, such as Z92.2, do not,
and a WHO code outside this list stands for nothing here."""

FINER_IN_CM: Final = frozenset({"C795"})
"""Codes that ICD-10-CM only has in finer pieces, all of one meaning to us: metastasis to bone and bone marrow."""

_SHORTEST_PREFIX: Final = 1
_LONGEST_CODE: Final = 64
_LONGEST_SYSTEM: Final = 256
_MOST_CODINGS: Final = 20_000


class CodeRow(NamedTuple):
    """One code of a value set: what it stands for, and where and when that was looked up."""

    concept: str
    system: str
    code: str
    display: str = ""
    source: str = ""
    checked_on: str = ""
    note: str = ""


class Concept(NamedTuple):
    """What a concept means in plain words, and what it is a kind of."""

    title: str
    kind_of: tuple[str, ...] = ()


class CodeBook:
    """Every code and name that is known, with the concepts and all their ancestors that each stands for."""

    def __init__(
        self,
        rows: Iterable[CodeRow],
        names: Iterable[tuple[str, str]] = (),
        concepts: Mapping[str, Concept] | None = None,
    ) -> None:
        """``names`` are pairs of concept and name."""
        self.concepts: Final = dict(concepts or {})
        self._lineages: dict[str, frozenset[str]] = {}
        self._rows: dict[str, dict[str, list[CodeRow]]] = {}
        for row in rows:
            self._add(row)
        named = [*names]
        self._concept_named = {name.casefold(): concept for concept, name in named}
        self._names = Names((name, self.lineage(concept)) for concept, name in named)
        self._known: dict[tuple[str, str], frozenset[str]] = {}
        self._last: dict[str | None, tuple[str, frozenset[str]]] = {}
        """By code: the system it last came with, and what it stands for there. Every code of a chart is looked up, and
        a pair of system and code as the key costs half as much again."""

    def _add(self, row: CodeRow) -> None:
        """The row can be found by its code."""
        system = same_system(row.system)
        code = same_code(system, row.code)
        if code:
            self._rows.setdefault(system, {}).setdefault(code, []).append(row)

    def lineage(self, concept: str) -> frozenset[str]:
        """The concept with everything that it is a kind of, however far up."""
        known = self._lineages.get(concept)
        if known is None:
            met = {concept}
            ahead = [concept]
            while ahead:
                above = self.concepts.get(ahead.pop(), Concept("")).kind_of
                ahead += [each for each in above if each not in met]
                met.update(above)
            known = self._lineages[concept] = frozenset(met)
        return known

    def concepts_of(self, told: CodeableConcept | None) -> frozenset[str]:
        """What any of the codings stands for, ancestors included; text is not looked at."""
        if told is None:
            return NONE
        codings = told.coding
        if len(codings) == 1:
            only = codings[0]
            last = self._last.get(only.code)
            if last is not None and last[0] == only.system:
                return last[1]
        return NONE.union(*map(self.concepts_of_coding, codings))

    def concepts_of_coding(self, coding: Coding) -> frozenset[str]:
        """What the coding stands for, ancestors included."""
        return self._concepts_of(coding.system, coding.code)

    def named_in(self, text: str) -> frozenset[str]:
        """What the names in a text stand for, ancestors included; whole words only."""
        return self._names.found_in(text)

    def coding_for(self, name: str) -> Coding | None:
        """An RxNorm coding for a drug of exactly that name, the one that bears the name if there is one; else None."""
        concept = self._concept_named.get(name.strip().casefold())
        rows = [row for rows in self._rows.get(RXNORM, {}).values() for row in rows if row.concept == concept]
        rows.sort(key=lambda row: row.display.casefold() != name.strip().casefold())
        return Coding(system=RXNORM, code=rows[0].code, display=rows[0].display) if rows else None

    def rows_for(self, system: str, code: str) -> tuple[CodeRow, ...]:
        """The rows that make the code stand for something, the most general first."""
        usual = same_system(system)
        plain = same_code(usual, code)
        if usual == ICD_10:
            return self._rows_for_who(plain)
        if usual not in PREFIXED:
            return tuple(self._rows.get(usual, {}).get(plain, ()))
        return self._rows_by_prefix(usual, plain)

    def rows_of(self, concept: str) -> tuple[CodeRow, ...]:
        """Every code of the concept and of whatever is a kind of it."""
        return tuple(self._rows_below.get(concept, ()))

    @cached_property
    def _rows_below(self) -> dict[str, list[CodeRow]]:
        """By concept: what ``rows_of`` answers. Discovery asks for a hundred and forty concepts at every start."""
        found: dict[str, list[CodeRow]] = {}
        for row in (row for codes in self._rows.values() for rows in codes.values() for row in rows):
            for each in self.lineage(row.concept):
                found.setdefault(each, []).append(row)
        return found

    def _concepts_of(self, system: str | None, code: str | None) -> frozenset[str]:
        """What the code stands for; remembered."""
        if not system or not code or len(code) > _LONGEST_CODE or len(system) > _LONGEST_SYSTEM:
            return NONE
        key = (system, code)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_CODINGS:
                self._known.clear()
                self._last.clear()
            lineages = (self.lineage(row.concept) for row in self.rows_for(system, code))
            known = self._known[key] = NONE.union(*lineages)
        self._last[code] = (system, known)
        return known

    def _rows_by_prefix(self, system: str, code: str) -> tuple[CodeRow, ...]:
        """The rows of every code that this one begins with; of a code that only its finer pieces define, theirs."""
        known = self._rows.get(system, {})
        if code in FINER_IN_CM:
            return tuple(row for piece, rows in known.items() if piece.startswith(code) for row in rows)
        lengths = range(_SHORTEST_PREFIX, min(len(code), _LONGEST_CODE) + 1)
        return tuple(row for length in lengths for row in known.get(code[:length], ()))

    def _rows_for_who(self, code: str) -> tuple[CodeRow, ...]:
        """The rows of a WHO code that means the same in ICD-10-CM."""
        own = tuple(self._rows.get(ICD_10, {}).get(code, ()))
        if own or not code.startswith(SHARED_WITH_WHO):
            return own
        return self._rows_by_prefix(ICD_10_CM, code)
