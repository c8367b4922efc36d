"""The value sets of ``codes/`` read into a code book: one CSV a subject, names for text, concepts and their kinds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from cds.fhir.codes import CodeBook, CodeRow, Concept, same_code, same_system
from cds.fhir.systems import NDC
from cds.ruleset.book import SITE, Site
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.folder import Placed, RulesReader
from cds.ruleset.model import Id, Written
from cds.ruleset.valuesets import LinedName, LinedRow, circles, code_faults, name_faults, row_faults

CONCEPTS = "codes/concepts.yaml"
LEFT_OUT = "codes/left-out.yaml"
NAMES = "names.csv"
CODE_COLUMNS = list(CodeRow._fields)
NAME_COLUMNS = ["concept", "name", "source", "checked_on"]
Lined = tuple[int, Mapping[str, str]]


class WrittenConcept(Written):
    """One entry of ``concepts.yaml``. ``site``: no public code was verified, a site fills it with its own.

    ``never`` says what its codes are easily taken for and never count as, and why.
    """

    title: Annotated[str, Field(min_length=2)]
    kind_of: tuple[Id, ...] = ()
    site: bool = False
    never: str = ""


class LeftOut(Written):
    """One entry of ``left-out.yaml``: a code that circulates for something of ours, and why it is in no value set."""

    system: str
    why: Annotated[str, Field(min_length=3)]
    instead: str = ""


@dataclass(frozen=True, slots=True)
class ValueSets:
    """Everything in ``codes/``, each row with its file and line."""

    rows: tuple[LinedRow, ...]
    names: tuple[LinedName, ...]
    concepts: Mapping[str, Placed[WrittenConcept]]
    left_out: Mapping[str, Placed[LeftOut]]

    def book(self, own: Iterable[CodeRow]) -> CodeBook:
        """The code book, with the site's own rows."""
        rows = [*(each.row for each in self.rows), *own]
        names = [(each.concept, each.name) for each in self.names]
        return CodeBook(rows, names, {name: Concept(it.it.title, it.it.kind_of) for name, it in self.concepts.items()})


def read_codes(root: Path, site: Site, faults: list[RuleFault]) -> CodeBook:
    """The code book of the directory with the site's own codes; what is wrong is added to ``faults``."""
    sets = read_value_sets(root, faults)
    faults.extend(row_faults(sets.rows))
    faults.extend(name_faults(sets.names))
    faults.extend(_circles(sets.concepts))
    faults.extend(_both(sets))
    return sets.book(list(_local(site, sets.concepts, faults)))


def read_value_sets(root: Path, faults: list[RuleFault]) -> ValueSets:
    """The value sets of the directory; rows that cannot be read are left out and added to ``faults``."""
    reader = RulesReader(root, faults)
    concepts = reader.by_name(CONCEPTS, WrittenConcept)
    faults.extend(_orphans(concepts))
    rows: list[LinedRow] = []
    names: list[LinedName] = []
    for file in sorted((root / "codes").glob("*.csv")):
        place = file.relative_to(root).as_posix()
        is_names = file.name == NAMES
        for line, row in _rows(file, place, NAME_COLUMNS if is_names else CODE_COLUMNS, faults):
            faults.extend(_unknown_concept(place, line, row["concept"], concepts))
            if is_names:
                names.append(LinedName(place, line, row["concept"], row["name"]))
            else:
                rows.append(LinedRow(place, line, CodeRow(**row)))
    return ValueSets(tuple(rows), tuple(names), concepts, reader.by_name(LEFT_OUT, LeftOut, needed=False))


def _rows(file: Path, place: str, columns: list[str], faults: list[RuleFault]) -> Iterator[Lined]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text, restkey="", restval=None)
        if (head := list(reader.fieldnames or [])) != columns:
            why = "every value set has the same columns"
            what = f"the first line is {','.join(head)}"
            faults.append(RuleFault(place, 1, what, why, "write " + ",".join(columns)))
            return
        for row in reader:
            needed = [row[name] for name in ("concept", "name", "system", "code") if name in columns]
            if "" in row or None in row.values() or not all(needed):
                what, why = "a row with too many, too few or empty cells", "a shifted cell would be read as a code"
                faults.append(RuleFault(place, reader.line_num, what, why, 'put cells with commas in "quotes"'))
            else:
                yield reader.line_num, row


def _orphans(concepts: Mapping[str, Placed[WrittenConcept]]) -> Iterator[RuleFault]:
    for placed in concepts.values():
        for number, parent in enumerate(placed.it.kind_of):
            if parent not in concepts:
                fix = correction(parent, concepts, f"add {parent} to this file")
                what = f"no concept is called `{parent}`"
                yield placed.spot.at("kind_of", number).fault(what, "a kind of nothing counts for nothing", fix)


def _circles(concepts: Mapping[str, Placed[WrittenConcept]]) -> Iterator[RuleFault]:
    for way in circles({name: placed.it.kind_of for name, placed in concepts.items()}):
        what = f"`{way[0]}` is a kind of itself: " + " > ".join((*way, way[0]))
        why = "every code of one would stand for all of them"
        yield concepts[way[0]].spot.at("kind_of").fault(what, why, "take out one of these kinds")


def _both(sets: ValueSets) -> Iterator[RuleFault]:
    """Codes that are said to be left out and stand in a value set all the same."""
    there = {(each.row.system, each.row.code): each for each in sets.rows}
    for code, placed in sets.left_out.items():
        lined = there.get((placed.it.system, code))
        if lined:
            why = f"it stands for `{lined.row.concept}` in {lined.file}:{lined.line}"
            yield placed.spot.fault(f"{code} is said to be left out", why, "take it out of one of the two")


def _unknown_concept(place: str, line: int, name: str, concepts: Iterable[str]) -> Iterator[RuleFault]:
    if name not in concepts:
        fix = correction(name, concepts, f"add {name} to {CONCEPTS}")
        yield RuleFault(place, line, f"no concept is called `{name}`", "no rule or fact would ever see this code", fix)


def _local(site: Site, concepts: Mapping[str, object], faults: list[RuleFault]) -> Iterator[CodeRow]:
    for name, codes in site.local_codes.items():
        if name not in concepts:
            why, fix = (
                "no rule or fact would ever see this code",
                correction(name, concepts, f"choose one of {CONCEPTS}"),
            )
            faults.append(site.fault(("local_codes", name), f"no concept is called `{name}`", why, fix))
        for number, code in enumerate(codes):
            row = CodeRow(name, code.system, code.code, code.display, code.source or SITE)
            faults.extend(_misspelt(row, site, ("local_codes", name, number)))
            yield row


def _misspelt(row: CodeRow, site: Site, place: tuple[str | int, ...]) -> Iterator[RuleFault]:
    """What is wrong with a site's code in a public system: a code of its own system is as it is."""
    system = same_system(row.system)
    plain = row._replace(system=system, code=(same_code(system, row.code) or row.code) if system == NDC else row.code)
    for fault in code_faults(LinedRow("", 0, plain)):
        yield site.fault(place, fault.what, fault.why, fault.fix)
