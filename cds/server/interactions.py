"""What can be done with one resource: read, create, update, delete, and each of them under a condition."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cds.hooks.refusal import Refusal
from cds.server import asked
from cds.server.ask import BAD_REQUEST, CREATED, GONE, NO_CONTENT, NOT_FOUND, OK, PRECONDITION, Pairs
from cds.server.reading import Json
from cds.server.search import matches
from cds.server.shape import check
from cds.server.shelf import Change, Desk, Stored, put, take, version

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TAG: Final = re.compile(r'\s*(?:W/)?"?(?P<version>[0-9]{1,9}|\*)"?\s*', re.ASCII)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: a status, and the version of the resource that now stands (None: there is none).

    ``matched``: it stood already, and so nothing was made.
    """

    status: int
    stored: Stored | None
    matched: bool = False


async def read(desk: Desk, kind: str, name: str) -> Done:
    """The resource as it is now; raises Refusal: 404 if there never was one, 410 if it was deleted."""
    return _there(await take(desk, kind, name), f"{kind}/{name}")


async def read_version(desk: Desk, kind: str, name: str, number: str) -> Done:
    """That version of the resource; raises Refusal as ``read`` does."""
    found = await version(desk, kind, name, int(number)) if number.isdecimal() and len(number) < 10 else None
    return _there(found, f"{kind}/{name}/_history/{number}")


async def create(desk: Desk, resource: Json, mint: Callable[[], str], only_if_none: Pairs | None = None) -> Done:
    """The resource is there under a new id; under the condition only if no other matches it (412 for several)."""
    check(resource)
    kind = resource["resourceType"]
    if only_if_none is not None:
        found = await matching(desk, kind, only_if_none)
        if found is not None:
            return Done(OK, found, matched=True)
    return Done(CREATED, await _put(desk, Change(kind, mint(), resource)))


async def update(desk: Desk, name: str, resource: Json, if_match: str = "") -> Done:
    """The resource is as given, under that id; made if there was none. Raises Refusal: 400 if the body has another id,

    412 if ``If-Match`` names another version than the one that stands.
    """
    check(resource)
    kind = resource["resourceType"]
    if resource.get("id") != name:
        words = "the resource has no id" if "id" not in resource else "the resource's id is not the one in the address"
        raise Refusal(BAD_REQUEST, "invalid", words, f"{kind}.id")
    checked_id(name)
    before = await take(desk, kind, name)
    demand(if_match, before)
    after = await _put(desk, Change(kind, name, resource))
    return Done(CREATED if before is None or before.deleted else OK, after)


async def update_matching(
    desk: Desk, resource: Json, pairs: Pairs, mint: Callable[[], str], if_match: str = ""
) -> Done:
    """The one resource that matches is as given; made if none matches. Raises Refusal (412) if several do."""
    check(resource)
    found = await matching(desk, resource["resourceType"], pairs)
    name = found.id if found is not None else str(resource.get("id") or mint())
    if resource.get("id", name) != name:
        raise Refusal(
            BAD_REQUEST, "invalid", "the resource's id is not that of the match", f"{resource['resourceType']}.id"
        )
    return await update(desk, name, resource | {"id": name}, if_match)


async def remove(desk: Desk, kind: str, name: str, if_match: str = "") -> Done:
    """There is no such resource any more, whether or not there was one."""
    before = await take(desk, kind, name)
    demand(if_match, before)
    if before is None or before.deleted:
        return Done(NO_CONTENT, before)
    return Done(NO_CONTENT, await _put(desk, Change(kind, name, None)))


async def remove_matching(desk: Desk, kind: str, pairs: Pairs) -> Done:
    """The one resource that matches is gone. Raises Refusal: 412 if several match, 400 without a condition."""
    found = await matching(desk, kind, pairs)
    return Done(NO_CONTENT, None) if found is None else await remove(desk, kind, found.id)


async def matching(desk: Desk, kind: str, pairs: Pairs) -> Stored | None:
    """The one resource that matches, None if none does; raises Refusal: 412 for several, 400 if it cannot be asked."""
    question = asked.read(kind, pairs)
    if question.unknown or not question.filters:
        words = f"not searched by: {', '.join(question.unknown)}" if question.unknown else "the condition is empty"
        raise Refusal(BAD_REQUEST, "not-supported", words, kind)
    found = await matches(question, desk, 2)
    if len(found) > 1:
        raise Refusal(PRECONDITION, "multiple-matches", f"more than one {kind} matches the condition")
    return found[0] if found else None


def checked_id(name: str) -> str:
    """The id; raises Refusal (400) if no resource can have it."""
    if not _ID.fullmatch(name):
        raise Refusal(BAD_REQUEST, "value", "an id has 1 to 64 letters, digits, hyphens and dots", "id")
    return name


async def _put(desk: Desk, change: Change) -> Stored:
    return (await put(desk, [change]))[0]


def _there(found: Stored | None, name: str) -> Done:
    """The version that was found."""
    if found is None:
        raise Refusal(NOT_FOUND, "not-found", f"there is no {name}")
    if found.deleted:
        raise Refusal(GONE, "deleted", f"{name} was deleted")
    return Done(OK, found)


def demand(if_match: str, before: Stored | None) -> None:
    """The version that ``If-Match`` asks for is the one that stands; raises Refusal if not."""
    if not if_match:
        return
    found = _TAG.fullmatch(if_match)
    if found is None:
        raise Refusal(BAD_REQUEST, "value", 'If-Match is written as W/"3"', "If-Match")
    if before is None or before.deleted or found["version"] not in ("*", str(before.version)):
        stands = "there is none" if before is None or before.deleted else f"version {before.version} stands"
        raise Refusal(PRECONDITION, "conflict", f"version {found['version']} was expected, but {stands}", "If-Match")
