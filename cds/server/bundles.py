"""Bundles that are sent to the base: a transaction happens whole or not at all, a batch entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import msgspec

from cds.hooks.refusal import Refusal
from cds.server import interactions
from cds.server.answers import answered, only_if_none, pairs_of
from cds.server.ask import BAD_REQUEST, CREATED, OK, PRECONDITION, Answer, Ask, encoded, refused
from cds.server.interactions import Done
from cds.server.linking import Names, conditions_in, linked, names_of
from cds.server.reading import Json, known_type
from cds.server.shape import check
from cds.server.shelf import Change, Desk, Name, Stored, put, taken

if TYPE_CHECKING:
    from cds.server.server import FhirServer

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE")
_CONDITIONS: Final = {"ifMatch": "if-match", "ifNoneMatch": "if-none-match", "ifNoneExist": "if-none-exist"}
_MOST_ENTRIES: Final = 20_000


@dataclass(slots=True)
class Entry:
    """One entry as a request of its own; ``name`` is the resource that it writes, ``found`` what was there already."""

    ask: Ask
    resource: Json | None
    full_url: str
    where: str
    name: Name | None = None
    found: Stored | None = None


async def answer(server: FhirServer, ask: Ask, bundle: Json) -> Answer:
    """The response Bundle; raises Refusal if the Bundle is unsound, or a transaction if any entry cannot be done."""
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("transaction", "batch"):
        raise Refusal(BAD_REQUEST, "invalid", "the base takes a Bundle of type transaction or batch", "Bundle.type")
    rows = bundle.get("entry") or []
    if not isinstance(rows, list) or len(rows) > _MOST_ENTRIES:
        raise Refusal(BAD_REQUEST, "structure", f"entry must be an array of at most {_MOST_ENTRIES}", "Bundle.entry")
    answers = await (_transaction(server, ask, rows) if kind == "transaction" else _batch(server, ask, rows))
    told: Json = {"resourceType": "Bundle", "type": f"{kind}-response"}
    return Answer(OK, encoded(told | ({"entry": [_told(each) for each in answers]} if answers else {})))


async def _batch(server: FhirServer, ask: Ask, rows: Sequence[Any]) -> list[Answer]:
    """The answer to each entry; one that fails leaves the others alone."""
    answers = []
    for index, row in enumerate(rows):
        try:
            entry = _entry(row, f"Bundle.entry[{index}]", ask)
            answers.append(await server.one(entry.ask, entry.resource))
        except Refusal as refusal:
            answers.append(refused(refusal))
    return answers


async def _transaction(server: FhirServer, ask: Ask, rows: Sequence[Any]) -> list[Answer]:
    """The answers in the order of the entries; raises Refusal, and nothing has changed, if one cannot be done."""
    entries = [_entry(row, f"Bundle.entry[{index}]", ask) for index, row in enumerate(rows)]
    answers: dict[str, Answer] = {}
    async with server.store.writing() as connection:
        desk = server.desk(connection, ask.base)
        for entry in _by_method(entries, "DELETE"):
            with _blaming(entry):
                answers[entry.where] = await server.perform(desk, entry.ask, None)
        writes = [*_by_method(entries, "POST", "PUT")]
        for entry in writes:
            with _blaming(entry):
                await _name(entry, desk, server)
        answers |= await _write(writes, desk)
        for entry in _by_method(entries, "GET", "HEAD"):
            with _blaming(entry):
                answers[entry.where] = await server.perform(desk, entry.ask, None)
    return [answers[entry.where] for entry in entries]


def _by_method(entries: Sequence[Entry], *methods: str) -> Iterator[Entry]:
    """The entries of those methods; what a search by POST asks is a read."""
    for entry in entries:
        method = "GET" if entry.ask.path[-1:] == ("_search",) else entry.ask.method
        if method in methods:
            yield entry


@contextmanager
def _blaming(entry: Entry) -> Iterator[None]:
    """A refusal inside names the entry."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(refusal.status, refusal.code, f"{entry.where}: {refusal.words}", entry.where) from None


async def _name(entry: Entry, desk: Desk, server: FhirServer) -> None:
    """The entry knows which resource it writes, or which one there was already."""
    ask, resource = entry.ask, entry.resource
    kind = known_type(ask.path[0] if ask.path else "")
    if resource is None or resource.get("resourceType") != kind:
        raise Refusal(BAD_REQUEST, "invalid", f"the entry needs a {kind} as its resource")
    pairs = ask.query if ask.method == "PUT" else only_if_none(ask)
    if ask.method == "PUT" and len(ask.path) == 2:
        entry.name = (kind, interactions.checked_id(ask.path[1]))
    elif len(ask.path) != 1:
        raise Refusal(BAD_REQUEST, "invalid", "POST takes a type, PUT a type and an id or a condition")
    elif pairs is None:
        entry.name = (kind, server.mint())
    else:
        found = await interactions.matching(desk, kind, pairs)
        own = resource.get("id") if ask.method == "PUT" else None
        entry.name = (kind, found.id if found else str(own or server.mint()))
        entry.found = found if ask.method == "POST" else None
    _same_id(entry)


def _same_id(entry: Entry) -> None:
    """The resource's own id, where it counts, is that of the address; it has it then."""
    assert entry.resource is not None
    assert entry.name is not None
    own = entry.resource.get("id", entry.name[1])
    if entry.ask.method == "PUT" and own != entry.name[1]:
        raise Refusal(BAD_REQUEST, "invalid", "the resource's id is not the one in the address", f"{entry.name[0]}.id")
    entry.resource = entry.resource | {"id": entry.name[1]}


async def _write(entries: Sequence[Entry], desk: Desk) -> dict[str, Answer]:
    """The answers to entries that write; all of them are written at once."""
    _distinct(entries)
    names = names_of((entry.full_url, entry.name) for entry in entries if entry.name)
    fresh = [entry for entry in entries if entry.found is None]
    before = await taken(desk, (entry.name for entry in fresh if entry.name))
    changes = []
    for entry in fresh:
        assert entry.resource is not None
        assert entry.name is not None
        with _blaming(entry):
            resource = linked(entry.resource, names | await _conditional(entry.resource, desk))
            check(resource)
            interactions.demand(entry.ask.headers.get("if-match", ""), before.get(entry.name))
        changes.append(Change(*entry.name, resource))
    stored = dict(zip((entry.where for entry in fresh), await put(desk, changes), strict=True))
    return {entry.where: answered(_done(entry, before, stored), entry.ask) for entry in entries}


def _done(entry: Entry, before: dict[Name, Stored], stored: dict[str, Stored]) -> Done:
    """What came of the entry."""
    if entry.found is not None:
        return Done(OK, entry.found, matched=True)
    assert entry.name is not None
    old = before.get(entry.name)
    return Done(CREATED if old is None or old.deleted else OK, stored[entry.where])


async def _conditional(resource: Json, desk: Desk) -> Names:
    """What the references by condition (``Practitioner?identifier=…``) lead to; refused (412) if to none or several."""
    names: Names = {}
    for reference in conditions_in(resource):
        kind, _, query = reference.partition("?")
        found = await interactions.matching(desk, known_type(kind), pairs_of(query))
        if found is None:
            raise Refusal(PRECONDITION, "not-found", f"no {kind} matches the reference by condition")
        names[reference] = f"{found.type}/{found.id}"
    return names


def _distinct(entries: Sequence[Entry]) -> None:
    """No two entries write the same resource or have the same address."""
    named = [entry for entry in entries if entry.found is None]
    for told in ([entry.name for entry in named], [entry.full_url for entry in named if entry.full_url]):
        if len(set(told)) < len(told):
            raise Refusal(
                BAD_REQUEST, "duplicate", "two entries of the transaction are about the same resource", "Bundle"
            )


def _entry(row: Any, where: str, ask: Ask) -> Entry:
    """The entry as a request of its own; raises Refusal (400) if it is none."""
    request = row.get("request") if isinstance(row, dict) else None
    method, url = (request.get("method"), request.get("url")) if isinstance(request, dict) else (None, None)
    if not isinstance(request, dict) or method not in _METHODS or not isinstance(url, str):
        raise Refusal(BAD_REQUEST, "structure", f"needs a request with one of {', '.join(_METHODS)} and a url", where)
    resource, full_url = row.get("resource"), row.get("fullUrl", "")
    if not isinstance(resource, dict | None) or not isinstance(full_url, str):
        raise Refusal(BAD_REQUEST, "structure", "resource must be an object, fullUrl a text", where)
    path, _, query = url.removeprefix(f"{ask.base}/").lstrip("/").partition("?")
    told = {name: str(request[key]) for key, name in _CONDITIONS.items() if key in request}
    own = Ask(method, tuple(unquote(path).split("/")), ask.base, pairs_of(query), told)
    return Entry(own, resource if method in ("POST", "PUT") else None, full_url, where)


def _told(answer: Answer) -> Json:
    """The answer as an entry of the response Bundle."""
    response: Json = {"status": str(answer.status)}
    response |= {name: answer.headers[name] for name in ("location", "etag") if name in answer.headers}
    if answer.modified:
        response["lastModified"] = answer.modified
    if answer.status >= BAD_REQUEST:
        return {"response": response | {"outcome": msgspec.Raw(answer.body)}}
    return ({"resource": msgspec.Raw(answer.body)} if answer.body else {}) | {"response": response}
