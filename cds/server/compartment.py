"""Everything about one patient, and the versions of one resource."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, false, or_, select

from cds.hooks.refusal import Refusal
from cds.server.ask import BAD_REQUEST, GONE, NOT_FOUND, Pairs, encoded
from cds.server.asked import MOST, Include
from cds.server.definitions import patient_compartment
from cds.server.moments import stretch, written
from cds.server.search import address, entry, included, searchset
from cds.server.shelf import Desk, Stored, raw, take
from cds.server.tables import LINK, RESOURCE

_PATIENT: Final = "Patient"
_REFERRED: Final = (Include("*", "*"),)
_KNOWN: Final = frozenset({"_count", "_since", "_type", "_page"})


async def known(desk: Desk, kind: str, name: str) -> Stored:
    """The resource, deleted or not; raises Refusal (404) if there never was one."""
    found = await take(desk, kind, name)
    if found is None:
        raise Refusal(NOT_FOUND, "not-found", f"there is no {kind}/{name}")
    return found


def history_bundle(versions: list[Stored], desk: Desk) -> bytes:
    """The history Bundle of those versions, the newest first."""
    entries = []
    for each in versions:
        name = f"{each.type}/{each.id}"
        method = "DELETE" if each.deleted else "POST" if each.version == 1 else "PUT"
        told: dict[str, Any] = {} if each.deleted else {"resource": raw(each)}
        told["request"] = {"method": method, "url": name}
        told["response"] = {"status": "204" if each.deleted else "201" if each.version == 1 else "200"}
        told["response"] |= {"etag": f'W/"{each.version}"', "lastModified": written(each.updated)}
        entries.append({"fullUrl": f"{desk.base}/{name}", **told})
    return encoded({"resourceType": "Bundle", "type": "history", "total": len(entries), "entry": entries})


async def everything(desk: Desk, name: str, pairs: Pairs) -> bytes:
    """A page of the patient, what is about the patient, and what that refers to.

    Raises Refusal: 404 or 410 if there is no such patient, 400 for a parameter that is not understood.
    """
    asked = dict(pairs)
    _understood(asked)
    patient = await known(desk, _PATIENT, name)
    if patient.deleted:
        raise Refusal(GONE, "deleted", f"Patient/{name} was deleted")
    count = min(int(asked.get("_count") or MOST), MOST)
    statement = _about(patient, asked).limit(count + 1)
    found = [Stored(*row) for row in await desk.connection.execute(statement)]
    page, rest = found[:count], found[count:]
    others = await included(_REFERRED, page, desk)
    here = [(key, value) for key, value in pairs if key != "_page"]
    path = f"{desk.base}/{_PATIENT}/{name}/$everything"
    links = [("self", address(path, pairs))]
    if rest:
        links.append(("next", address(path, [*here, ("_page", str(page[-1].key))])))
    entries = [entry(each, desk.base, "match") for each in page]
    entries += [entry(each, desk.base, "include") for each in others if _wanted(each, asked, patient)]
    return searchset(None, links, entries)


def _understood(asked: dict[str, str]) -> None:
    """Every parameter is known and has a sound value."""
    unknown = asked.keys() - _KNOWN
    if unknown:
        raise Refusal(BAD_REQUEST, "not-supported", f"$everything takes no {', '.join(sorted(unknown))}")
    for name in ("_count", "_page"):
        text = asked.get(name, "1")
        if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0):
            raise Refusal(BAD_REQUEST, "value", f"{name} is a whole number above 0", name)
    if "_since" in asked and stretch(asked["_since"]) is None:
        raise Refusal(BAD_REQUEST, "value", "_since is an instant", "_since")


def _about(patient: Stored, asked: dict[str, str]) -> Select[Any]:
    """The patient and every resource whose compartment parameters lead to the patient, in the order of arrival."""
    params = [f"{kind}.{code}" for kind, codes in patient_compartment().items() for code in codes]
    led = select(LINK.c.key).where(LINK.c.id == patient.id, LINK.c.type == _PATIENT, LINK.c.param.in_(params))
    mine = or_(RESOURCE.c.key == patient.key, RESOURCE.c.key.in_(led))
    statement: Select[Any] = select(RESOURCE).where(mine, RESOURCE.c.deleted == false()).order_by(RESOURCE.c.key)
    if "_type" in asked:
        statement = statement.where(RESOURCE.c.type.in_(asked["_type"].split(",")))
    since = stretch(asked.get("_since", ""))
    if since is not None:
        statement = statement.where(RESOURCE.c.updated >= since.low)
    return statement.where(RESOURCE.c.key > int(asked["_page"])) if "_page" in asked else statement


def _wanted(stored: Stored, asked: dict[str, str], patient: Stored) -> bool:
    """Whether a resource that others refer to belongs to the answer: no other patient, and only the types asked for."""
    if stored.type == _PATIENT and stored.id != patient.id:
        return False
    return "_type" not in asked or stored.type in asked["_type"].split(",")
