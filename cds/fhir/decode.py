"""An EHR's answer to one question becomes a Source; a draft bundle becomes a Draft. Nothing is lost silently.

What could not be read makes a source incomplete; what a server excuses itself for makes it failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, cast, get_args

import msgspec

from cds.fhir.chart import Draft, Empty, Failed, Found, NotAsked, Source, Unreadable
from cds.fhir.outcomes import Said, Weight, heard
from cds.fhir.pages import Item, Page, read_answer
from cds.fhir.reading import Mended, Read, read_resource
from cds.fhir.references import index_medication
from cds.fhir.resources import Medication, OperationOutcome, OtherResource, Patient, Resource
from cds.fhir.root import Bystander
from cds.fhir.sequence import is_newest_first

__all__ = ["MAX_ENTRIES", "decode_draft", "decode_source", "gathered", "read_resource"]

MAX_ENTRIES: Final = 20_000
MORE_PAGES: Final = "more pages"
_MOST_NAMED: Final = 3
_HOLLOW: Final = Unreadable("an entry without its resource")
_KEPT: Final = frozenset(get_args(Resource)) - {Medication, Patient}


@dataclass(slots=True)
class _Heap:
    """The entries of one page, sorted by what they are to us."""

    resources: list[Resource] = field(default_factory=list)
    others: list[OtherResource] = field(default_factory=list)
    medications: dict[str, Medication] = field(default_factory=dict)
    patient_urls: dict[str, str] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def decode_source(answer: bytes | msgspec.Raw | None, *, first: bool = True, max_entries: int = MAX_ENTRIES) -> Source:
    """The source that the answer makes; NotAsked if there is no answer (None), Empty if it is JSON ``null``.

    ``first`` is false for the further pages of a search, whose total counts the earlier pages too. Raises
    TooManyEntries, and nothing else.
    """
    if answer is None:
        return NotAsked()
    page = read_answer(answer, max_entries)
    if isinstance(page, str):
        return Failed(page)
    heap = _sort(page)
    failure = _failure(page, heap)
    return Failed(failure) if failure else _source(page, heap, first)


def gathered(reads: Iterable[Read]) -> Source:
    """The source that resources make which were read one by one, as an export holds them; Empty if there are none."""
    page = Page([Item(None, read) for read in reads])
    return _source(page, _sort(page), first=True)


def decode_draft(
    bundle: bytes | msgspec.Raw | None, selections: Iterable[str] = (), *, max_entries: int = MAX_ENTRIES
) -> Draft:
    """The orders of a draft bundle, of whatever type, and in words those that could not be read.

    Raises TooManyEntries, and nothing else.
    """
    page = read_answer(b"null" if bundle is None else bundle, max_entries)
    if isinstance(page, str):
        return Draft(unreadable=(f"draft orders: {page}",), selections=frozenset(selections))
    heap = _sort(page)
    unreadable = [f"{each.ref}: {each.why}" for each in heap.unreadable]
    unreadable += [f"draft orders: {said.words}" for said in heap.said if said.weight is not Weight.NOTED]
    return Draft(
        orders=(*heap.resources, *heap.others),
        medications=heap.medications,
        unreadable=tuple(unreadable),
        selections=frozenset(selections),
        notes=tuple(heap.notes),
    )


def _sort(page: Page) -> _Heap:
    """Every entry in its place."""
    heap = _Heap()
    keep = heap.resources.append
    for entry in page.entries:
        read = entry.resource
        if type(read) in _KEPT:
            keep(cast("Resource", read))
        else:
            _place(heap, entry.full_url, _HOLLOW if read is None else read)
    return heap


def _place(heap: _Heap, full_url: str | None, read: Read) -> None:
    """An entry that is more, or less, than one of the patient's resources is in its place."""
    match read:
        case Unreadable():
            heap.unreadable.append(read)
        case Mended():
            if read.members:  # nulls and strange contained resources are passed over without a word
                heap.notes.append(f"{read.resource.ref}: {', '.join(read.members)} repaired")
            _place(heap, full_url, read.resource)
        case Medication():
            index_medication(read, full_url, heap.medications)
        case OperationOutcome():
            heap.said.append(heard(read))
        case OtherResource(resource_type="Bundle"):
            heap.unreadable.append(Unreadable("a bundle within a bundle", "Bundle", read.id or ""))
        case OtherResource():
            heap.others.append(read)
        case Bystander():
            heap.passed_over.append(read.kind)
        case _:
            _keep(heap, full_url, read)


def _keep(heap: _Heap, full_url: str | None, resource: Resource) -> None:
    """The resource is kept; a Patient's fullUrl is known as its id."""
    heap.resources.append(resource)
    if isinstance(resource, Patient) and full_url and resource.id:
        heap.patient_urls[full_url] = resource.id


def _failure(page: Page, heap: _Heap) -> str:
    """Why nothing can be made of the answer, '' if something can."""
    if heap.resources or heap.medications:
        return ""
    for said in heap.said:
        if said.weight is Weight.FAILED or (page.bare and said.weight is not Weight.NOTED):
            return f"the server said: {said.words}"
    if page.bare and (heap.others or heap.passed_over):
        return f"{_passed_over(heap)} came instead of what was asked for"
    return ""


def _source(page: Page, heap: _Heap, first: bool) -> Source:
    """What the page holds, and what is wanting."""
    cut_short = _cut_short(page, first)
    wanting = _wanting(heap)
    notes = _notes(heap)
    if not (heap.resources or heap.medications or cut_short or wanting):
        return Empty(notes)
    return Found(
        resources=tuple(heap.resources),
        complete=not (cut_short or wanting),
        why_incomplete="; ".join(filter(None, (cut_short, *wanting))),
        newest_first=bool(cut_short) and not wanting and is_newest_first(heap.resources),
        next_page=page.next_page or "",
        unreadable=tuple(heap.unreadable),
        medications=heap.medications,
        patient_urls=heap.patient_urls,
        notes=notes,
    )


def _cut_short(page: Page, first: bool) -> str:
    """In words, that the server has more than it sent; '' if not. A later page's total counts the earlier ones too."""
    if page.next_page is not None:
        return MORE_PAGES
    if first and page.total is not None and page.total > len(page.entries):
        return f"{len(page.entries)} of {page.total:.0f} sent"
    return ""


def _wanting(heap: _Heap) -> list[str]:
    """In words, what came and could not be read, and what the server held back."""
    named = [f"{each.ref} could not be read ({each.why})" for each in heap.unreadable[:_MOST_NAMED]]
    if len(heap.unreadable) > _MOST_NAMED:
        named.append(f"{len(heap.unreadable) - _MOST_NAMED} more could not be read")
    grave = (said for said in heap.said if said.weight in (Weight.FAILED, Weight.PARTIAL))
    return named + [f"the server said: {said.words}" for said in grave]


def _notes(heap: _Heap) -> tuple[str, ...]:
    """In words, what was repaired, passed over or said without consequence."""
    notes = list(heap.notes)
    if heap.passed_over or heap.others:
        notes.append(f"passed over: {_passed_over(heap)}")
    mild = (said for said in heap.said if said.weight in (Weight.NOTED, Weight.WARNED))
    return (*notes, *(f"the server said: {said.words}" for said in mild))


def _passed_over(heap: _Heap) -> str:
    """In words, how many resources there were of each type that is not read."""
    kinds = Counter([*heap.passed_over, *(other.kind for other in heap.others)])
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
