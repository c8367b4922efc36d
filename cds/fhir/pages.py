"""The frame around resources – Bundle, entry, link – read in one go, or loosely, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from cds.fhir.bodies import mend_surrogates
from cds.fhir.elements import Element
from cds.fhir.errors import TooManyEntries
from cds.fhir.mend import number
from cds.fhir.reading import UNSOUND, Read, Readable, plain_value, read_plain, read_resource
from cds.fhir.root import Root

T = TypeVar("T")

NOT_FHIR: Final = "not a FHIR resource"
_BOM: Final = b"\xef\xbb\xbf"


class Link(Element, frozen=True):
    """A URL and what it is to the bundle."""

    relation: str | None = None
    url: str | None = None


class Entry(Element, frozen=True):
    """One resource of a bundle."""

    full_url: str | None = None
    resource: Readable | None = None


class Bundle(Root, frozen=True):
    """A bundle of which every entry could be read."""

    total: float | None = None
    link: tuple[Link, ...] = ()
    entry: tuple[Entry, ...] = ()


class RawEntry(Element, frozen=True):
    """One entry whose resource is still bytes."""

    full_url: str | None = None
    resource: msgspec.Raw | None = None


class RawBundle(Element, frozen=True):
    """A bundle of which the frame could be read; or anything else, if its type is another."""

    resource_type: str | None = None
    total: float | None = None
    link: tuple[Link, ...] = ()
    entry: tuple[RawEntry, ...] | None = None


class Item(NamedTuple):
    """What was read of one entry; nothing if it was hollow."""

    full_url: str | None
    resource: Read | None


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer held: its entries, the next page's URL, and how many resources match in all.

    ``next_page`` is '' if there is one but not its URL, None if there is none. ``bare``: one resource, in no bundle.
    """

    entries: Sequence[Item | Entry]
    next_page: str | None = None
    total: float | None = None
    bare: bool = False


_ANSWER: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Bundle | Readable | None)
_RAW_BUNDLE: Final = msgspec.json.Decoder(RawBundle)


def read_answer(answer: bytes | msgspec.Raw, most: int) -> Page | str:
    """The page, empty if the answer is ``null`` or ``{}``; in words what is wrong if it is no FHIR at all.

    Raises TooManyEntries if there are more than ``most``.
    """
    try:
        whole = _ANSWER.decode(answer)
    except UNSOUND:
        return _read_loosely(mend_surrogates(bytes(answer).removeprefix(_BOM)), most)
    if isinstance(whole, Bundle):
        if _has_hollow(whole.entry):
            return _read_loosely(bytes(answer), most)
        return Page(_bounded(whole.entry, most), _next_url(whole.link), whole.total)
    return Page(()) if whole is None else Page((Item(None, whole),), bare=True)


def _has_hollow(entries: Sequence[Entry | RawEntry]) -> bool:
    """True if an entry has no resource where it should be; it may be the resource itself."""
    return any(entry.resource is None for entry in entries)


def _bounded(entries: Sequence[T], most: int) -> Sequence[T]:
    """The entries, if they are not too many."""
    if len(entries) > most:
        raise TooManyEntries(len(entries), most)
    return entries


def _read_loosely(answer: bytes, most: int) -> Page | str:
    """The page, each entry read by itself; failing that, from the plain value."""
    frame = _frame(answer)
    if frame is None:
        value, fault = plain_value(answer)
        return fault or _page_of(value, most)
    entries = _bounded(frame.entry or (), most)
    items = [Item(each.full_url, read_resource(each.resource)) for each in entries if each.resource is not None]
    return Page(items, _next_url(frame.link), frame.total)


def _frame(answer: bytes) -> RawBundle | None:
    """The bundle around the entries, if it is one, sound and without hollow entries; it need not say that it is one."""
    try:
        frame = _RAW_BUNDLE.decode(answer)
    except UNSOUND:
        return None
    if _has_hollow(frame.entry or ()):
        return None
    if frame.resource_type is None and frame.entry is not None:
        return frame
    return frame if frame.resource_type == "Bundle" else None


def _page_of(value: Any, most: int) -> Page | str:
    """The page of a plain value: a bundle with a bent frame, a single resource, or a bare list of either."""
    if value is None or value == {}:
        return Page(())
    if isinstance(value, list):
        return Page([*_listed(_bounded(value, most))])
    if not isinstance(value, dict):
        return NOT_FHIR
    if value.get("resourceType", "Bundle") == "Bundle" and value.keys() & {"resourceType", "entry"}:
        return _bent_bundle(value, most)
    return Page((Item(None, read_plain(value)),), bare=True) if "resourceType" in value else NOT_FHIR


def _bent_bundle(value: dict[str, Any], most: int) -> Page:
    """The page of a bundle whose frame does not fit: an object for a list, nulls, numbers as text."""
    links = (link for link in _many(value.get("link")) if isinstance(link, dict))
    following = (link.get("url") for link in links if link.get("relation") == "next")
    next_page = next((url if isinstance(url, str) else "" for url in following), None)
    return Page([*_listed(_bounded(_many(value.get("entry")), most))], next_page, number(value.get("total")))


def _listed(items: Iterable[Any]) -> Iterator[Item]:
    """Each item as an entry, whether the resource is wrapped or stands bare."""
    for item in items:
        if isinstance(item, dict) and "resourceType" not in item:
            full_url, resource = item.get("fullUrl"), item.get("resource")
            read = None if resource is None else read_plain(resource)
            yield Item(full_url if isinstance(full_url, str) else None, read)
        elif item is not None:
            yield Item(None, read_plain(item))


def _many(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty one, a single value as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _next_url(links: tuple[Link, ...]) -> str | None:
    """The URL of the next page, '' if there is one and its URL was not sent; None if there is no next page."""
    return next((link.url or "" for link in links if link.relation == "next"), None)
