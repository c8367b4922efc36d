"""Resources on the shelf: one is taken down by name or version, many are put up at once with all that finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cds.server.ask import encoded
from cds.server.entries import Entry, entries
from cds.server.moments import written
from cds.server.tables import EARLIER, INDEXES, RESOURCE

T = TypeVar("T")
Resource = Mapping[str, Any]
Name = tuple[str, str]
"""Type and id."""

_CHUNK: Final = 400
"""So many names or keys go into one statement."""


class Stored(NamedTuple):
    """One version of a resource as it lies in the database; ``body`` is its JSON, '' if that version deletes it."""

    key: int
    type: str
    id: str
    version: int
    updated: int
    deleted: bool
    body: str


class Change(NamedTuple):
    """A resource that is to be as given, or to be gone (None)."""

    type: str
    id: str
    resource: Resource | None


@dataclass(frozen=True, slots=True)
class Desk:
    """One open connection, the server's own address, and the moment that writes are marked with."""

    connection: AsyncConnection
    base: str
    moment: int


async def take(desk: Desk, kind: str, name: str) -> Stored | None:
    """The resource as it is now, deleted or not; None if there never was one."""
    found = await taken(desk, [(kind, name)])
    return found.get((kind, name))


async def taken(desk: Desk, names: Iterable[Name]) -> dict[Name, Stored]:
    """Those of the resources that are or were there, by name."""
    found: dict[Name, Stored] = {}
    for some in _chunks(dict.fromkeys(names)):
        for kind in {each for each, _ in some}:
            ids = [name for each, name in some if each == kind]
            rows = await desk.connection.execute(
                select(RESOURCE).where(RESOURCE.c.type == kind, RESOURCE.c.id.in_(ids))
            )
            found |= {(each.type, each.id): each for each in map(_stored, rows)}
    return found


async def version(desk: Desk, kind: str, name: str, number: int) -> Stored | None:
    """That version of the resource; None if there is none."""
    now = await take(desk, kind, name)
    if now is None or now.version == number:
        return now
    found = [each for each in await history(desk, now) if each.version == number]
    return found[0] if found else None


async def history(desk: Desk, now: Stored) -> list[Stored]:
    """Every version of the resource, the newest first."""
    rows = await desk.connection.execute(
        select(EARLIER).where(EARLIER.c.type == now.type, EARLIER.c.id == now.id).order_by(EARLIER.c.version.desc())
    )
    return [now, *(Stored(now.key, *row) for row in rows)]


async def put(desk: Desk, changes: Sequence[Change]) -> list[Stored]:
    """The changes are made, one for each resource; a resource that is already as it should be stays as it is."""
    before = await taken(desk, ((each.type, each.id) for each in changes))
    key = (await desk.connection.execute(select(func.coalesce(func.max(RESOURCE.c.key), 0)))).scalar_one()
    after = []
    for change in changes:
        old = before.get((change.type, change.id))
        key += old is None
        after.append(_changed(change, old, desk.moment) if old else _first(change, key, desk.moment))
    moved = [
        (change, now, old)
        for change, now in zip(changes, after, strict=True)
        if now != (old := before.get((change.type, change.id)))
    ]
    await _shelve(desk, [now for _, now, old in moved if old is None], [(old, now) for _, now, old in moved if old])
    found = [
        (now.key, entry) for change, now, _ in moved if change.resource for entry in entries(change.resource, desk.base)
    ]
    await _index(desk.connection, found)
    return after


def _first(change: Change, key: int, moment: int) -> Stored:
    """The first version of the resource."""
    return Stored(key, change.type, change.id, 1, moment, change.resource is None, _body(change, 1, moment))


def _changed(change: Change, old: Stored, moment: int) -> Stored:
    """The next version of the resource; the old one if nothing changes."""
    if _body(change, old.version, old.updated) == old.body:
        return old
    number = old.version + 1
    return Stored(old.key, old.type, old.id, number, moment, change.resource is None, _body(change, number, moment))


def _body(change: Change, number: int, moment: int) -> str:
    """The resource's JSON with its id, version and time; '' for one that is gone."""
    if change.resource is None:
        return ""
    meta = {**(change.resource.get("meta") or {}), "versionId": str(number), "lastUpdated": written(moment)}
    first = {"resourceType": change.type, "id": change.id, "meta": meta}
    rest = {name: value for name, value in change.resource.items() if name not in first}
    return encoded(first | rest).decode()


async def _shelve(desk: Desk, fresh: Sequence[Stored], moved: Sequence[tuple[Stored, Stored]]) -> None:
    """New resources are in their places; of changed ones the old version is kept and its index entries are gone."""
    if fresh:
        await desk.connection.execute(insert(RESOURCE), [each._asdict() for each in fresh])
    if not moved:
        return
    await desk.connection.execute(insert(EARLIER), [_without_key(old) for old, _ in moved])
    for some in _chunks(old.key for old, _ in moved):
        for table in INDEXES.values():
            await desk.connection.execute(delete(table).where(table.c.key.in_(some)))
    names = ("version", "updated", "deleted", "body")
    change = (
        update(RESOURCE)
        .where(RESOURCE.c.key == bindparam("at"))
        .values({each: bindparam(f"new_{each}") for each in names})
    )
    rows = [{"at": now.key} | {f"new_{each}": getattr(now, each) for each in names} for _, now in moved]
    await desk.connection.execute(change, rows)


async def _index(connection: AsyncConnection, found: Iterable[tuple[int, Entry]]) -> None:
    """The entries are in their tables."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for key, entry in found:
        rows.setdefault(entry.table, []).append({"key": key, "param": entry.param, **entry.row})
    for table, some in rows.items():
        await connection.execute(insert(INDEXES[table]), some)


def _without_key(old: Stored) -> dict[str, Any]:
    """The row of an earlier version."""
    return {name: value for name, value in old._asdict().items() if name != "key"}


def _stored(row: Sequence[Any]) -> Stored:
    """The row as the version that it is."""
    return Stored(*row)


def raw(stored: Stored) -> msgspec.Raw:
    """The resource as a piece of a larger JSON."""
    return msgspec.Raw(stored.body.encode())


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists of a size that a statement takes."""
    rest = iter(values)
    while some := list(islice(rest, _CHUNK)):
        yield some
