"""What a code or a text stands for here, and why: rows, names, concepts, the facts that look at them, the rules."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cds.facts.recognise import problem_named
from cds.facts.subjects import CATALOGUE
from cds.fhir.codes import CodeRow, same_code, same_system
from cds.fhir.elements import CodeableConcept
from cds.fhir.names import Names
from cds.fhir.systems import ATC, ICD_10, ICD_10_CM, NDC, PREFIXED
from cds.ruleset.book import SITE
from cds.ruleset.codebook import ValueSets, read_value_sets
from cds.ruleset.mentions import facts_that_name
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.uses import in_scope, rules_using
from cds.ruleset.valuesets import SYSTEMS, LinedRow, code_faults

WHOLE: Final = {
    ICD_10_CM: re.compile(r"[A-Z]\d[\dA-Z](?:\.?[\dA-Z]{1,4})?[*-]?", re.IGNORECASE),
    ICD_10: re.compile(r"[A-Z]\d\d(?:\.?[\dA-Z]{1,2})?[*-]?", re.IGNORECASE),
    ATC: re.compile(r"[A-Z]\d\d(?:[A-Z]{1,2}(?:\d\d)?)?\*?", re.IGNORECASE),
}
"""What a code of a system of beginnings looks like: any word that begins with C is no cancer."""
NEAR: Final = 5


@dataclass(frozen=True, slots=True)
class Match:
    """A row that the code fits, how it fits, and where the row stands."""

    how: str
    place: str
    row: CodeRow


@dataclass(frozen=True, slots=True)
class Named:
    """A name that stands in the text as whole words."""

    name: str
    concept: str
    place: str


@dataclass(frozen=True, slots=True)
class Told:
    """A thing and what it is called."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Meant:
    """A concept: what it is a kind of, what it never counts as, which facts look at it, which rules use those."""

    id: str
    title: str
    kind_of: tuple[Told, ...]
    never: str
    facts: tuple[Told, ...]
    rules: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that is known of what was asked."""

    asked: str
    matches: tuple[Match, ...]
    names: tuple[Named, ...]
    concepts: tuple[Meant, ...]
    narrower: tuple[Match, ...]
    left_out: tuple[Told, ...]
    remarks: tuple[str, ...]
    nearest: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether it stands for anything."""
        return bool(self.matches or self.names)


class Lookup:
    """Answers from one rule set and the value sets that it was read from."""

    def __init__(self, ruleset: RuleSet, root: Path) -> None:
        self.ruleset = ruleset
        self.sets: ValueSets = read_value_sets(root, [])
        own = [
            LinedRow(SITE, 0, CodeRow(name, code.system, code.code, code.display, code.source or SITE))
            for name, codes in ruleset.site.local_codes.items()
            for code in codes
        ]
        self.rows = (*self.sets.rows, *own)
        self.places: Mapping[tuple[str, str, str], str] = {_key(each.row): _place(each) for each in self.rows}

    @property
    def systems(self) -> tuple[str, ...]:
        """Every code system that a code can be asked for in."""
        return tuple(dict.fromkeys((*SYSTEMS, ICD_10, *(same_system(each.row.system) for each in self.rows))))

    def answer(self, asked: str, system: str = "") -> Answer:
        """What the text stands for as a code of the system (of any, without one), and as a name."""
        systems = (same_system(system),) if system else tuple(each for each in self.systems if _may_be(each, asked))
        found = {match.row: match for each in reversed(systems) for match in self._matches(each, asked)}
        matches = tuple(reversed(found.values()))
        names = () if system else tuple(self._names(asked))
        concepts = dict.fromkeys([*(each.row.concept for each in matches), *(each.concept for each in names)])
        known = bool(matches or names)
        return Answer(
            asked,
            matches,
            names,
            tuple(map(self.meant, concepts)),
            tuple(self._narrower(systems, asked, {each.row.code for each in matches})),
            tuple(self._left_out(systems, asked)),
            tuple(self._remarks(systems, asked, bool(names))),
            () if known else tuple(self._nearest(systems, asked)),
        )

    def meant(self, concept: str) -> Meant:
        """The concept as a pharmacist reads it."""
        book, placed = self.ruleset.codes, self.sets.concepts.get(concept)
        lineage = book.lineage(concept)
        facts = facts_that_name(lineage)
        rules = [Told(each.id, each.written.title) for each in rules_using(self.ruleset, set(facts))]
        return Meant(
            concept,
            book.concepts[concept].title,
            tuple(Told(each, book.concepts[each].title) for each in sorted(lineage - {concept})),
            placed.it.never if placed else "",
            tuple(Told(each, CATALOGUE[each].words) for each in facts),
            (*self._scope(set(facts)), *rules),
        )

    def _scope(self, facts: set[str]) -> Iterator[Told]:
        if facts & in_scope(self.ruleset):
            yield Told("ruleset", "Whom is the whole rule book for?")

    def _matches(self, system: str, asked: str) -> Iterator[Match]:
        for row in self.ruleset.codes.rows_for(system, asked):
            yield Match(_how(system, asked, row), self.places.get(_key(row), ""), row)

    def _names(self, asked: str) -> Iterator[Named]:
        """The names in the text, one by one, whole words only."""
        by_place = {f"{each.file}:{each.line}": each for each in self.sets.names}
        found = Names((each.name, frozenset({place})) for place, each in by_place.items()).found_in(asked)
        for place in sorted(found, key=lambda each: by_place[each].line):
            yield Named(by_place[place].name, by_place[place].concept, place)

    def _narrower(self, systems: Iterable[str], asked: str, there: set[str]) -> Iterator[Match]:
        """Rows of codes that begin with this one."""
        for each in self.rows:
            system = same_system(each.row.system)
            plain = same_code(system, asked)
            begins = system in PREFIXED and system in systems and plain and each.row.code not in there
            if begins and same_code(system, each.row.code).startswith(plain):
                yield Match("a finer code", _place(each), each.row)

    def _left_out(self, systems: Iterable[str], asked: str) -> Iterator[Told]:
        for code, placed in self.sets.left_out.items():
            system = placed.it.system
            if system in systems and same_code(system, code) == same_code(system, asked):
                yield Told(code, placed.it.why)

    def _remarks(self, systems: Iterable[str], asked: str, named: bool) -> Iterator[str]:
        if named:
            yield "a name counts only where no code was understood; a drug known by its name alone is marked as such"
            if not problem_named(self.ruleset.codes, CodeableConcept(text=asked)):
                yield "as the text of a problem it counts for nothing: it says that it is none, or only a risk of one"
        if list(systems) == [NDC] and not same_code(NDC, asked):
            yield "an NDC has 11 digits, or hyphens as in 0003-3772-11: ten bare digits can be read in three ways"
        if len(list(systems)) == 1:
            for system in systems:
                yield from (f"{each.what}: {each.why}" for each in code_faults(_bare(system, asked)))

    def _nearest(self, systems: Iterable[str], asked: str) -> Iterator[str]:
        """What is spelt most like it among our codes and names."""
        several = [(same_system(each.row.system), each.row) for each in self.rows]
        codes = {same_code(system, row.code): row for system, row in several if system in systems}
        spelt = {each.name.casefold(): each for each in self.sets.names}
        for code in difflib.get_close_matches(asked.upper().replace(".", ""), codes, n=NEAR, cutoff=0.75):
            row = codes[code]
            yield f"{row.code} {row.display} ({self.ruleset.codes.concepts[row.concept].title})".replace("  ", " ")
        words = [asked.casefold(), *re.findall(r"\w{5,}", asked.casefold())]
        close = (name for word in words for name in difflib.get_close_matches(word, spelt, n=NEAR, cutoff=0.75))
        for name in dict.fromkeys(close):
            yield f"{spelt[name].name} ({self.ruleset.codes.concepts[spelt[name].concept].title})"


def _may_be(system: str, asked: str) -> bool:
    return system not in WHOLE or bool(WHOLE[system].fullmatch(asked.strip()))


def _how(system: str, asked: str, row: CodeRow) -> str:
    """Why the row fits."""
    usual = same_system(row.system)
    ours, plain = same_code(usual, row.code), same_code(system, asked)
    if system == ICD_10 and usual == ICD_10_CM:
        return f"the WHO's ICD-10 means the same by codes that begin with {row.code}"
    if ours == plain:
        return "this code" if asked.strip() == row.code else f"this code, written {row.code}"
    return f"it begins with {row.code}" if plain.startswith(ours) else f"its finer pieces mean this: {row.code}"


def _bare(system: str, asked: str) -> LinedRow:
    return LinedRow("", 0, CodeRow("", system, asked.strip().upper() if system != NDC else same_code(NDC, asked)))


def _key(row: CodeRow) -> tuple[str, str, str]:
    return row.concept, row.system, row.code


def _place(lined: LinedRow) -> str:
    return f"{lined.file}:{lined.line}" if lined.line else lined.file
