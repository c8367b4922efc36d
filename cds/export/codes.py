"""The value sets on a printed page: what each concept means, how many codes it has by system, and the codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cds.fhir.codes import CodeRow, same_system
from cds.fhir.systems import ATC, CPT, HCPCS, ICD_10, ICD_10_CM, LOINC, NDC, RXNORM, SNOMED
from cds.ruleset.book import Site
from cds.ruleset.codebook import ValueSets

SYSTEMS: Mapping[str, str] = {
    RXNORM: "RxNorm",
    SNOMED: "SNOMED CT",
    LOINC: "LOINC",
    ICD_10_CM: "ICD-10-CM",
    ICD_10: "ICD-10",
    NDC: "NDC",
    ATC: "ATC",
    HCPCS: "HCPCS",
    CPT: "CPT",
}
"""Code systems as they are called."""

BEGINNINGS = frozenset({"ICD-10-CM", "ATC"})
"""Systems in which a code stands for every code that begins with it."""


@dataclass(frozen=True, slots=True)
class ValueSet:
    """One concept with its own codes by system, its names in text, and where they were looked up."""

    id: str
    title: str
    kind_of: tuple[str, ...]
    site: bool
    codes: Mapping[str, tuple[CodeRow, ...]]
    names: tuple[str, ...]
    kinds: int
    """So many other concepts are a kind of this one and count for it."""

    @property
    def rows(self) -> tuple[CodeRow, ...]:
        """Every code, in the order of systems."""
        return tuple(row for rows in self.codes.values() for row in rows)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the codes were looked up, each place once, with the day."""
        return tuple(dict.fromkeys(f"{row.source}{_checked(row)}" for row in self.rows))


def value_sets(sets: ValueSets, site: Site) -> Mapping[str, tuple[ValueSet, ...]]:
    """Every concept by subject, in the order of its file, with the site's own codes."""
    every = _every(sets, site)
    subjects = _subjects([each.id for each in every], {each.row.concept: _stem(each.file) for each in sets.rows})
    return {
        name: tuple(each for each in every if subjects[each.id] == name) for name in dict.fromkeys(subjects.values())
    }


def _every(sets: ValueSets, site: Site) -> tuple[ValueSet, ...]:
    rows = [*(each.row for each in sets.rows), *_local(site)]
    parents = {name: placed.it.kind_of for name, placed in sets.concepts.items()}
    return tuple(
        ValueSet(
            name,
            placed.it.title,
            placed.it.kind_of,
            placed.it.site,
            _by_system([row for row in rows if row.concept == name]),
            tuple(each.name for each in sets.names if each.concept == name),
            len(_below(name, parents)),
        )
        for name, placed in sets.concepts.items()
    )


def system_name(url: str) -> str:
    """The system as it is called; its address when it is none of ours."""
    usual = same_system(url)
    return SYSTEMS.get(usual, usual)


def _by_system(rows: Sequence[CodeRow]) -> Mapping[str, tuple[CodeRow, ...]]:
    names = dict.fromkeys([*SYSTEMS.values(), *sorted(system_name(row.system) for row in rows)])
    found = {name: tuple(row for row in rows if system_name(row.system) == name) for name in names}
    return {name: tuple(sorted(several, key=_place)) for name, several in found.items() if several}


def _place(row: CodeRow) -> tuple[int, str]:
    return (len(row.code), row.code) if row.code.isdigit() else (0, row.code)


def _below(name: str, parents: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Every concept that is a kind of this one, however far down."""
    met: set[str] = set()
    ahead = [name]
    while ahead:
        above = ahead.pop()
        fresh = {each for each, kinds in parents.items() if above in kinds} - met
        met |= fresh
        ahead += sorted(fresh)
    return frozenset(met - {name})


def _subjects(concepts: Sequence[str], known: Mapping[str, str]) -> Mapping[str, str]:
    """The subject of each concept; one without codes belongs to the subject that it stands with."""
    now = next((known[each] for each in concepts if each in known), "")
    found = {}
    for each in concepts:
        now = found[each] = known.get(each, now)
    return found


def _stem(file: str) -> str:
    """The subject that a file of codes is about."""
    return file.rpartition("/")[2].removesuffix(".csv").replace("-", " ")


def _local(site: Site) -> Iterable[CodeRow]:
    for name, codes in site.local_codes.items():
        yield from (CodeRow(name, each.system, each.code, each.display, "this hospital") for each in codes)


def _checked(row: CodeRow) -> str:
    return f" ({row.checked_on})" if row.checked_on else ""
