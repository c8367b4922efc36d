"""Value sets held against a terminology server's: what is asked, and what differs. It asks nobody and changes nothing.

SNOMED CT: each of our codes with everything below it (``<<``), so that new descendants are seen. RxNorm and LOINC: our
codes one by one, so that renamed and withdrawn ones are seen; not every server can follow ingredients or parts.
ICD-10-CM and ATC rows are beginnings already; NDC, HCPCS and CPT are seldom served: these are not asked for.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds.fhir.codes import CodeBook, CodeRow
from cds.fhir.systems import LOINC, RXNORM, SNOMED

ASKED: Final = (SNOMED, RXNORM, LOINC)
COLUMNS: Final = ("change", "concept", "system", "code", "ours", "theirs", "note")
OUR_WORDS: Final = "our words"
_TAG: Final = re.compile(r"\s*\([a-z /]+\)$")


@dataclass(frozen=True, slots=True)
class Question:
    """One value set to expand: the codes of one concept in one system."""

    concept: str
    system: str
    rows: tuple[CodeRow, ...]

    @property
    def value_set(self) -> Mapping[str, Any]:
        """The FHIR ValueSet that asks for it."""
        if self.system == SNOMED:
            below = [{"property": "concept", "op": "is-a", "value": row.code} for row in self.rows]
            include = [{"system": SNOMED, "filter": [each]} for each in below]
        else:
            include = [{"system": self.system, "concept": [{"code": row.code} for row in self.rows]}]
        return {"resourceType": "ValueSet", "status": "draft", "compose": {"include": include}}


@dataclass(frozen=True, slots=True)
class Contained:
    """One code of an expansion, with every name that the server gives it."""

    code: str
    display: str = ""
    names: tuple[str, ...] = ()
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a server answered, and the version of the code system if it told it."""

    contains: tuple[Contained, ...]
    version: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One row for review: ``change`` is added, removed, inactive, renamed or not-compared."""

    change: str
    concept: str
    system: str
    code: str
    ours: str = ""
    theirs: str = ""
    note: str = ""


def questions(rows: Iterable[CodeRow]) -> tuple[Question, ...]:
    """What to ask, concept by concept, the same in every run."""
    kept: dict[tuple[str, str], list[CodeRow]] = {}
    for row in rows:
        if row.system in ASKED:
            kept.setdefault((row.concept, row.system), []).append(row)
    return tuple(Question(*key, tuple(several)) for key, several in sorted(kept.items()))


def differences(question: Question, expansion: Expansion, codes: CodeBook) -> tuple[Difference, ...]:
    """Where the server's answer is not what stands in our value set."""
    return (*_ours(question, expansion), *_theirs(question, expansion, codes))


def as_csv(found: Iterable[Difference]) -> str:
    """The differences as a table, sorted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(each, name) for name in COLUMNS] for each in sorted(found))
    return text.getvalue()


def _ours(question: Question, expansion: Expansion) -> Iterator[Difference]:
    theirs = {each.code: each for each in expansion.contains}
    for row in question.rows:
        there = theirs.get(row.code)
        if there is None:
            note = "the server does not know the code, or holds no current one"
            yield _row("removed", question, row.code, row.display, "", note, expansion)
        elif there.inactive:
            yield _row("inactive", question, row.code, row.display, there.display, "", expansion)
        elif there.display and row.display and not row.note.startswith(OUR_WORDS) and not _same(row.display, there):
            yield _row("renamed", question, row.code, row.display, there.display, "", expansion)


def _theirs(question: Question, expansion: Expansion, codes: CodeBook) -> Iterator[Difference]:
    for each in expansion.contains:
        known = [row.concept for row in codes.rows_for(question.system, each.code)]
        if each.inactive or any(question.concept in codes.lineage(concept) for concept in known):
            continue
        note = f"stands for {', '.join(known)} here" if known else ""
        yield _row("added", question, each.code, "", each.display, note, expansion)


def _row(
    change: str, question: Question, code: str, ours: str, theirs: str, note: str, answer: Expansion
) -> Difference:
    noted = "; ".join(filter(None, (note, answer.version and f"version {answer.version}")))
    return Difference(change, question.concept, question.system, code, ours, theirs, noted)


def _same(ours: str, theirs: Contained) -> bool:
    """Whether the display is one of the server's names, tags such as (disorder) and capitals left aside."""
    return _plain(ours) in {_plain(each) for each in (theirs.display, *theirs.names)}


def _plain(name: str) -> str:
    return _TAG.sub("", " ".join(name.casefold().split()))
