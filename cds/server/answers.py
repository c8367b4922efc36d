"""What came of an interaction as an answer: status, headers, and as much of a body as the client prefers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl

from cds.hooks.refusal import Refusal, outcome
from cds.server.ask import BAD_REQUEST, CREATED, NOT_MODIFIED, OK, Answer, Ask, Pairs
from cds.server.interactions import Done
from cds.server.moments import written
from cds.server.shelf import Stored

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_FIELDS = 1000


def answered(done: Done, ask: Ask) -> Answer:
    """The answer: a resource that was read, or word of what was written."""
    if done.stored is None or done.stored.deleted:
        return Answer(done.status, headers=_tag(done.stored))
    headers = _headers(done, ask.base)
    if ask.method in ("GET", "HEAD"):
        if ask.headers.get("if-none-match", "").strip() in (headers["etag"], headers["etag"][2:]):
            return Answer(NOT_MODIFIED, headers=headers)
        return Answer(OK, done.stored.body.encode(), headers)
    return Answer(done.status, _word(done, ask.prefers("return")), headers, written(done.stored.updated))


def _word(done: Done, wanted: str) -> bytes:
    """The resource, or nothing, or an OperationOutcome, as the client prefers."""
    assert done.stored is not None
    if wanted == "minimal":
        return b""
    if wanted == "OperationOutcome":
        words = f"{done.stored.type}/{done.stored.id} is version {done.stored.version}"
        return outcome("informational", words, severity="information")
    return done.stored.body.encode()


def _headers(done: Done, base: str) -> Mapping[str, str]:
    """ETag, Last-Modified and, for a create, Location: of what is new, or of what stood already and matched."""
    stored = done.stored
    assert stored is not None
    changed = _EPOCH + timedelta(microseconds=stored.updated)
    place = {"location": location(stored, base)} if done.status == CREATED or done.matched else {}
    if done.matched:
        place["content-location"] = place["location"]
    return {**_tag(stored), "last-modified": format_datetime(changed, usegmt=True), **place}


def location(stored: Stored, base: str) -> str:
    """The address of this version."""
    return f"{base}/{stored.type}/{stored.id}/_history/{stored.version}"


def _tag(stored: Stored | None) -> Mapping[str, str]:
    """The ETag; none for a resource that never was."""
    return {} if stored is None else {"etag": f'W/"{stored.version}"'}


def only_if_none(ask: Ask) -> Pairs | None:
    """The condition under which a resource is made (``If-None-Exist``); None if there is none."""
    condition = ask.headers.get("if-none-exist")
    return None if condition is None else pairs_of(condition.partition("?")[2] or condition)


def pairs_of(query: str) -> Pairs:
    """Names and values of a query; raises Refusal (400) for more of them than any search has."""
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise Refusal(BAD_REQUEST, "too-costly", f"more than {_MOST_FIELDS} parameters") from None
