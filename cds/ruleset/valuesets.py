"""What is wrong with the value sets of ``codes/``: slips that make a code stand for nothing or for the wrong thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from cds.fhir.codes import CodeRow, same_code, same_system
from cds.fhir.systems import ATC, CPT, HCPCS, ICD_10_CM, LOINC, NDC, RXNORM, SNOMED
from cds.ruleset.check_digits import is_loinc, is_snomed
from cds.ruleset.fault import RuleFault, correction

SYSTEMS: Final = (RXNORM, LOINC, SNOMED, ICD_10_CM, NDC, ATC, HCPCS, CPT)
"""The code systems of the value sets, each in its usual spelling."""

_SHAPES: Final = {
    RXNORM: (re.compile(r"\d{1,8}"), "digits only, as 1597876"),
    ICD_10_CM: (re.compile(r"[A-Z](?:\d[\dA-Z](?:\.[\dA-Z]{1,4})?)?"), "a code or a beginning of codes, as M80.08"),
    NDC: (re.compile(r"\d{11}"), "11 digits without hyphens"),
    ATC: (re.compile(r"[A-Z]\d\d(?:[A-Z]{1,2}(?:\d\d)?)?"), "as L01FF or L01FF01"),
    HCPCS: (re.compile(r"[A-V]\d{4}"), "a letter and four digits, as J9299"),
    CPT: (re.compile(r"\d{4}[\dA-Z]"), "five characters, as 77080"),
}
_DIGITS: Final = {LOINC: is_loinc, SNOMED: is_snomed}


class LinedRow(NamedTuple):
    """A row of a value set, and the file and line where it stands."""

    file: str
    line: int
    row: CodeRow

    def fault(self, what: str, why: str, fix: str) -> RuleFault:
        """An error in this row."""
        return RuleFault(self.file, self.line, what, why, fix)


class LinedName(NamedTuple):
    """A name for text, and the file and line where it stands."""

    file: str
    line: int
    concept: str
    name: str


def row_faults(rows: Iterable[LinedRow]) -> Iterator[RuleFault]:
    """Everything that is wrong with rows one by one, and rows that say the same twice."""
    seen: dict[tuple[str, str, str], LinedRow] = {}
    for lined in rows:
        yield from _system(lined)
        yield from code_faults(lined)
        yield from _descriptor(lined)
        yield from _provenance(lined)
        yield from _twice(lined, seen)


def _system(lined: LinedRow) -> Iterator[RuleFault]:
    system = lined.row.system
    if system not in SYSTEMS:
        usual = same_system(system)
        fix = f"write {usual}" if usual in SYSTEMS else correction(system, SYSTEMS, "use one of " + ", ".join(SYSTEMS))
        yield lined.fault(f"no code system is called `{system}`", "no code of an EHR would ever match the row", fix)


def code_faults(lined: LinedRow) -> Iterator[RuleFault]:
    """What is wrong with the code itself: its shape, or its check digit."""
    system, code = lined.row.system, lined.row.code
    if system in _SHAPES and not _SHAPES[system][0].fullmatch(code):
        yield lined.fault(f"`{code}` is not a code of its system", "it would match nothing", _SHAPES[system][1])
    if system in _DIGITS and not _DIGITS[system](code):
        why = "the last digit checks the others and does not fit: a digit is wrong, missing or in the wrong place"
        yield lined.fault(f"`{code}` fails its check digit", why, "look the code up again at its source")


def _descriptor(lined: LinedRow) -> Iterator[RuleFault]:
    if lined.row.system == CPT and lined.row.display:
        why = "CPT descriptors belong to the AMA and are not ours to ship"
        yield lined.fault(f"CPT {lined.row.code} has a descriptor", why, "leave the display empty")


def _provenance(lined: LinedRow) -> Iterator[RuleFault]:
    if not lined.row.source.strip():
        why = "a code that nobody looked up may stand for anything"
        yield lined.fault("the row has no source", why, "name the source and its version, or leave the row out")
    if not _is_date(lined.row.checked_on):
        why = "only rows that somebody verified are used"
        yield lined.fault("the row does not say when it was checked", why, "write checked_on as YYYY-MM-DD")


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _twice(lined: LinedRow, seen: dict[tuple[str, str, str], LinedRow]) -> Iterator[RuleFault]:
    row = lined.row
    system = same_system(row.system)
    key = (row.concept, system, same_code(system, row.code) or row.code)
    first = seen.setdefault(key, lined)
    if first is not lined:
        why = f"it stands in {first.file}:{first.line} too, and one of the two will be forgotten at the next change"
        yield lined.fault(f"{row.code} is `{row.concept}` twice", why, "keep one of them")


def name_faults(names: Iterable[LinedName]) -> Iterator[RuleFault]:
    """Names that stand for the same concept twice."""
    seen: dict[tuple[str, str], int] = {}
    for each in names:
        first = seen.setdefault((each.concept, each.name.casefold()), each.line)
        if first != each.line:
            what, why = f"`{each.name}` is `{each.concept}` twice", f"it stands on line {first} too"
            yield RuleFault(each.file, each.line, what, why, "keep one of them")


def circles(kinds: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """The ways from a concept over what it is a kind of back to itself, each once, first name first."""
    found: set[tuple[str, ...]] = set()
    for start in kinds:
        way = _way_back(start, kinds)
        if way and min(way) == start:
            found.add(way)
    return tuple(sorted(found))


def _way_back(start: str, kinds: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The shortest way from the concept back to itself, or nothing."""
    ahead: list[tuple[str, ...]] = [(start,)]
    met: set[str] = set()
    for way in ahead:
        for above in kinds.get(way[-1], ()):
            if above == start:
                return way
            if above not in met:
                met.add(above)
                ahead.append((*way, above))
    return ()
