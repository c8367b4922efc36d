"""A folder of FHIR files comes in: Bundles, resources and NDJSON, gzipped or not. What cannot be read is listed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from cds.hooks.refusal import Refusal
from cds.server.interactions import checked_id
from cds.server.linking import linked, names_of
from cds.server.reading import Json, read_json
from cds.server.server import FhirServer
from cds.server.shape import check
from cds.server.shelf import Change, put

_SUFFIXES: Final = (".json", ".ndjson", ".json.gz", ".ndjson.gz")
_CHUNK: Final = 500
_UUID: Final = "urn:uuid:"


class Trouble(NamedTuple):
    """What could not be loaded, and why; line 0 means the whole file."""

    file: str
    line: int
    why: str


class Piece(NamedTuple):
    """One resource with the place where it was written."""

    resource: Json
    file: str
    line: int


@dataclass(slots=True)
class Loaded:
    """How a load stands: bytes of files read, resources written, what could not be."""

    read_bytes: int = 0
    resources: int = 0
    troubles: list[Trouble] = field(default_factory=list)


def files_of(folder: Path) -> list[Path]:
    """The FHIR files of the folder and of those below it, in order of name; the file itself if it is one."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name.lower().endswith(_SUFFIXES))


async def load(server: FhirServer, files: Iterable[Path], base: str, tell: Callable[[Loaded], None]) -> Loaded:
    """The files' resources are stored under their own ids, and told of as they come in; what is wrong is listed.

    A resource that is stored already, as it is in the file, stays as it is.
    """
    state = Loaded()
    pieces = (piece for path in files for piece in _read(path, state))
    while some := list(islice(pieces, _CHUNK)):
        state.resources += await _store(server, some, base, state.troubles)
        tell(state)
    tell(state)
    return state


def _read(path: Path, state: Loaded) -> Iterator[Piece]:
    """Every resource of the file, which then counts as read."""
    yield from _pieces(path, state.troubles)
    state.read_bytes += path.stat().st_size


async def _store(server: FhirServer, pieces: list[Piece], base: str, troubles: list[Trouble]) -> int:
    """How many of the resources are stored now; of one that comes twice the later stays."""
    changes: dict[tuple[str, str], Change] = {}
    for piece in pieces:
        try:
            check(piece.resource)
            name = checked_id(str(piece.resource.get("id", "")))
        except Refusal as refusal:
            troubles.append(Trouble(piece.file, piece.line, refusal.words))
        else:
            change = Change(piece.resource["resourceType"], name, piece.resource)
            changes[change.type, change.id] = change
    async with server.store.writing() as connection:
        await put(server.desk(connection, base), list(changes.values()))
    return len(changes)


def _pieces(path: Path, troubles: list[Trouble]) -> Iterator[Piece]:
    """Every resource of the file."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            if ".ndjson" in path.name.lower():
                yield from _lines(file, path.name, troubles)
            else:
                yield from _whole(file.read(), path.name, troubles)
    except (OSError, EOFError, zlib.error) as fault:
        troubles.append(Trouble(path.name, 0, f"could not be read: {fault}"))


def _lines(file: Iterable[bytes], name: str, troubles: list[Trouble]) -> Iterator[Piece]:
    """The resource of each line that is not blank."""
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            yield Piece(read_json(line), name, number)
        except Refusal as refusal:
            troubles.append(Trouble(name, number, refusal.words))


def _whole(body: bytes, name: str, troubles: list[Trouble]) -> Iterator[Piece]:
    """The resources of a Bundle, or the one resource that is there."""
    try:
        found = read_json(body)
    except Refusal as refusal:
        troubles.append(Trouble(name, 0, refusal.words))
        return
    entries = found.get("entry") if found.get("resourceType") == "Bundle" else None
    if not isinstance(entries, list):
        yield Piece(found, name, 0)
        return
    rows = [each for each in entries if isinstance(each, dict) and isinstance(each.get("resource"), dict)]
    names = names_of((_text(row, "fullUrl"), (_text(row["resource"], "resourceType"), _id(row))) for row in rows)
    for row in rows:
        yield Piece(linked(row["resource"], names) | {"id": _id(row)}, name, 0)


def _id(row: dict[str, Any]) -> str:
    """The resource's id, else the UUID that its entry goes by."""
    full_url = _text(row, "fullUrl")
    return _text(row["resource"], "id") or (full_url.removeprefix(_UUID) if full_url.startswith(_UUID) else "")


def _text(node: dict[str, Any], name: str) -> str:
    """The member, if it is a text."""
    found = node.get(name)
    return found if isinstance(found, str) else ""
