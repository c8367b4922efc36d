"""A Bundle that was brought as a transaction: every resource under a name of its own, what cannot be kept left out.

Nothing is left out in silence: each such entry is listed with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import msgspec

from cds.fhir.errors import TooManyEntries
from cds.gateway.bundle import NotAPatient, chart_of_bundle
from cds.hooks.refusal import Refusal
from cds.server.reading import read_json
from cds.server.shape import check
from cds.web.sandbox.leading import Here, led

Plain = dict[str, Any]
_MOST_WORDS: Final = 300


class Unusable(ValueError):
    """What was brought cannot be used; the message says what is wrong with it, in words for a person."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry of the Bundle that is not kept: its number, the type of its resource, and why."""

    place: int
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The transaction that makes the patient of that id, and what is not in it."""

    patient: str
    transaction: Plain
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One entry: its number, its resource ({} if it has none) and what that is called in the Bundle and here."""

    place: int
    resource: Plain
    full_url: object
    name: str

    @property
    def kind(self) -> str:
        found = self.resource.get("resourceType")
        return found if isinstance(found, str) else ""

    @property
    def here(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def in_bundle(self) -> Iterator[str]:
        """What others in the Bundle may call it."""
        if isinstance(self.full_url, str):
            yield self.full_url
        if self.resource.get("id"):
            yield f"{self.kind}/{self.resource['id']}"


def unpacked(body: bytes, whole: Plain) -> Unpacked:
    """The Bundle of that body, unpacked; raises Unusable if its one Patient is not there or cannot be kept."""
    try:
        chart_of_bundle(body)
    except (NotAPatient, TooManyEntries) as refused:
        raise Unusable(f"The Bundle cannot be used: {refused}.") from None
    prefix = f"own-{blake2b(body, digest_size=4).hexdigest()}"
    rows = whole.get("entry")
    pieces = [_piece(place, row, prefix) for place, row in enumerate(rows if isinstance(rows, list) else (), start=1)]
    left_out = [LeftOut(each.place, each.kind, why[:_MOST_WORDS]) for each in pieces if (why := _why_not(each))]
    for each in left_out:
        if each.kind == "Patient":
            raise Unusable(f"The Bundle cannot be used: its Patient (entry {each.place}) cannot be kept, {each.why}.")
    gone = {each.place for each in left_out}
    kept = [each for each in pieces if each.place not in gone]
    return Unpacked(prefix, _transaction(kept, _here(pieces, kept)), tuple(left_out))


def _piece(place: int, row: Any, prefix: str) -> _Piece:
    resource = row.get("resource") if isinstance(row, dict) else None
    if not isinstance(resource, dict):
        return _Piece(place, {}, None, "")
    name = prefix if resource.get("resourceType") == "Patient" else f"{prefix}-{place}"
    return _Piece(place, resource, row.get("fullUrl"), name)


def _why_not(piece: _Piece) -> str:
    """Why the FHIR server cannot keep it, in the server's own words; '' if it can."""
    if not piece.resource:
        return "the entry holds no resource"
    try:
        check(read_json(msgspec.json.encode({**piece.resource, "id": piece.name})))
    except Refusal as refused:
        return refused.words
    return ""


def _here(pieces: Sequence[_Piece], kept: Sequence[_Piece]) -> Here:
    """What everything is called here. What is left out has a name too, which leads nowhere: not to another's."""
    names = {old: each.here for each in pieces for old in each.in_bundle}
    identified: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for each in kept:
        for system, value in _identifiers(each.resource.get("identifier")):
            identified.setdefault((each.kind, value), []).append((system, each.here))
    return Here(names, identified)


def _identifiers(found: Any) -> Iterator[tuple[str, str]]:
    """System ('' without one) and value of each."""
    for each in found if isinstance(found, list) else [found]:
        if isinstance(each, dict) and isinstance(each.get("value"), str):
            yield str(each.get("system", "")), each["value"]


def _transaction(kept: Sequence[_Piece], here: Here) -> Plain:
    changes = [
        {"resource": {**led(each.resource, here), "id": each.name}, "request": {"method": "PUT", "url": each.here}}
        for each in kept
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": changes}
