"""Searches are run: the page, what comes along with it, the links to the next, a word on what was not understood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import msgspec
from sqlalchemy import Select, and_, false, or_, select

from cds.hooks.refusal import Issue, Outcome, Refusal
from cds.server.ask import BAD_REQUEST, encoded
from cds.server.asked import Asked, Include
from cds.server.shelf import Desk, Stored, raw, taken
from cds.server.statements import counted, matching, paged, place_of
from cds.server.tables import LINK, RESOURCE

_MOST_INCLUDED: Final = 5000
_ALWAYS: Final = frozenset({"resourceType", "id", "meta"})
_SUBSETTED: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


class Page(NamedTuple):
    """One page of a search: how many match in all (None: not counted), the matches, the place to go on from."""

    total: int | None
    found: list[Stored]
    following: str


async def bundle(asked: Asked, desk: Desk, strict: bool = False) -> bytes:
    """The searchset Bundle; raises Refusal (400) if a parameter is unknown and the client is strict."""
    if asked.unknown and strict:
        words = f"{asked.kind} is not searched by {', '.join(asked.unknown)}; /metadata lists what it is searched by"
        raise Refusal(BAD_REQUEST, "not-supported", words)
    page = await _page(asked, desk)
    others = await included(asked.includes, page.found, desk)
    entries = [
        *(_entry(each, desk.base, "match", asked) for each in page.found),
        *(_entry(each, desk.base, "include", asked) for each in others),
        *([_warning(asked)] if asked.unknown else ()),
    ]
    return searchset(page.total, _links(asked, desk.base, page.following), entries)


def searchset(total: int | None, links: Iterable[tuple[str, str]], entries: list[Any]) -> bytes:
    """The Bundle of those parts."""
    told: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        told["total"] = total
    told["link"] = [{"relation": relation, "url": url} for relation, url in links]
    return encoded(told | ({"entry": entries} if entries else {}))


async def _page(asked: Asked, desk: Desk) -> Page:
    """The page that was asked for."""
    total: int | None = None
    if asked.only_count or asked.total:
        total = (await desk.connection.execute(counted(asked, desk))).scalar_one()
    if asked.only_count:
        return Page(total, [], "")
    rows: Sequence[Any] = (await desk.connection.execute(paged(asked, desk))).all()
    shown = rows[: asked.count]
    following = place_of(shown[-1], len(asked.order) + 1) if len(rows) > len(shown) else ""
    return Page(total, [Stored(*row[: len(Stored._fields)]) for row in shown], following)


async def matches(asked: Asked, desk: Desk, most: int) -> list[Stored]:
    """The first so many matches."""
    statement: Select[Any] = select(RESOURCE).where(*matching(asked, desk)).order_by(RESOURCE.c.key).limit(most)
    return [Stored(*row) for row in await desk.connection.execute(statement)]


async def included(includes: Sequence[Include], found: Sequence[Stored], desk: Desk) -> list[Stored]:
    """What the includes add to the matches, each once; those with ``:iterate`` also to what was added."""
    seen = {(each.type, each.id) for each in found}
    added: list[Stored] = []
    latest, steps = list(found), list(includes)
    while latest and steps and len(added) < _MOST_INCLUDED:
        fresh = [each for step in steps for each in await _step(step, latest, desk)]
        latest = []
        for each in fresh:
            if (each.type, each.id) not in seen:
                seen.add((each.type, each.id))
                latest.append(each)
        added += latest
        steps = [step for step in includes if step.again]
    return added


async def _step(step: Include, found: Sequence[Stored], desk: Desk) -> list[Stored]:
    """What one include adds to these."""
    return await (_referring(step, found, desk) if step.reverse else referred(step, found, desk))


async def referred(step: Include, found: Sequence[Stored], desk: Desk) -> list[Stored]:
    """The resources that these refer to by the parameter."""
    keys = [each.key for each in found if step.source in ("*", each.type)]
    clauses = [LINK.c.key.in_(keys), LINK.c.id != ""]
    if step.code != "*":
        clauses.append(LINK.c.param == f"{step.source}.{step.code}")
    if step.target:
        clauses.append(LINK.c.type == step.target)
    names = await desk.connection.execute(select(LINK.c.type, LINK.c.id).where(*clauses).distinct())
    there = await taken(desk, ((kind, name) for kind, name in names))
    return sorted((each for each in there.values() if not each.deleted), key=lambda each: each.key)


async def _referring(step: Include, found: Sequence[Stored], desk: Desk) -> list[Stored]:
    """The resources that refer to these by the parameter."""
    kinds = {each.type for each in found} & ({step.target} if step.target else {each.type for each in found})
    names = {kind: [each.id for each in found if each.type == kind] for kind in sorted(kinds)}
    if not names:
        return []
    param = (
        LINK.c.param.startswith(f"{step.source}.") if step.code == "*" else LINK.c.param == f"{step.source}.{step.code}"
    )
    led = or_(*(and_(LINK.c.type == kind, LINK.c.id.in_(ids)) for kind, ids in names.items()))
    statement: Select[Any] = (
        select(RESOURCE)
        .where(RESOURCE.c.key.in_(select(LINK.c.key).where(param, led)), RESOURCE.c.deleted == false())
        .order_by(RESOURCE.c.key)
    )
    return [Stored(*row) for row in await desk.connection.execute(statement)]


def _entry(stored: Stored, base: str, mode: str, asked: Asked) -> dict[str, Any]:
    """The entry of a found resource."""
    return entry(stored, base, mode) | ({"resource": _cut(stored, asked)} if asked.elements or asked.summary else {})


def entry(stored: Stored, base: str, mode: str) -> dict[str, Any]:
    """The entry of a resource as it lies in the database."""
    return {"fullUrl": f"{base}/{stored.type}/{stored.id}", "resource": raw(stored), "search": {"mode": mode}}


def _cut(stored: Stored, asked: Asked) -> dict[str, Any]:
    """The resource with the elements that were asked for, and marked as cut."""
    whole: dict[str, msgspec.Raw] = msgspec.json.decode(stored.body, type=dict[str, msgspec.Raw])
    wanted = {*asked.elements, *_ALWAYS} if asked.elements else whole.keys() - {"text"}
    kept: dict[str, Any] = {name: value for name, value in whole.items() if name.lstrip("_") in wanted}
    meta = msgspec.json.decode(whole["meta"])
    kept["meta"] = meta | {"tag": [*meta.get("tag", ()), _SUBSETTED]}
    return kept


def _warning(asked: Asked) -> dict[str, Any]:
    """The entry that names the parameters that were ignored."""
    words = f"ignored, because {asked.kind} is not searched by it: {', '.join(asked.unknown)}"
    return {"resource": Outcome((Issue("warning", "not-supported", words),)), "search": {"mode": "outcome"}}


def _links(asked: Asked, base: str, following: str) -> list[tuple[str, str]]:
    """The links to this page, the first and the next, with the parameters that were understood."""
    first = [(name, value) for name, value in asked.kept if name != "_page"]
    here = [*first, ("_page", asked.page)] if asked.page else first
    links = [("self", here), ("first", first), *([("next", [*first, ("_page", following)])] if following else ())]
    return [(relation, address(f"{base}/{asked.kind}", pairs)) for relation, pairs in links]


def address(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """The address with its parameters."""
    query = urlencode(list(pairs), quote_via=quote, safe=":/|,$*")
    return f"{path}?{query}" if query else path
