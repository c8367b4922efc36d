"""Members of a JSON object, looked at one by one, so that what is wrong is said with its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from cds.hooks.refusal import BAD_REQUEST, Refusal, misshapen, missing

UNSOUND: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Everything that msgspec raises on input that it cannot read."""

Members = Mapping[str, msgspec.Raw]
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(tuple[msgspec.Raw, ...])
_TEXT: Final = msgspec.json.Decoder(str)
_NULL: Final = b"null"
LONGEST_TEXT: Final = 16 * 1024
"""Characters of an id, an address or a token; what is longer is none."""


def body_members(body: bytes) -> Members:
    """The members of a request body; refused if it is not a JSON object."""
    try:
        return _OBJECT.decode(body)
    except msgspec.ValidationError:
        raise misshapen("the request", "a JSON object") from None
    except UNSOUND as fault:
        raise Refusal(BAD_REQUEST, "structure", f"the body is not sound JSON: {fault}") from None


def sent(members: Members, name: str) -> msgspec.Raw | None:
    """The member as sent; None if it is absent or null."""
    raw = members.get(name)
    return None if raw is None or bytes(memoryview(raw)[:4]) == _NULL else raw


def text(members: Members, name: str, path: str = "") -> str:
    """The string; '' if it is absent or null."""
    raw = sent(members, name)
    if raw is None:
        return ""
    try:
        found = _TEXT.decode(raw)
    except UNSOUND:
        raise misshapen(path or name, "a string") from None
    if len(found) > LONGEST_TEXT:
        raise misshapen(path or name, f"a string of at most {LONGEST_TEXT} characters")
    return found


def needed_text(members: Members, name: str, path: str = "") -> str:
    """The string, which must be there and not be blank."""
    found = text(members, name, path).strip()
    if not found:
        raise missing(path or name)
    return found


def members_of(members: Members, name: str, path: str = "") -> Members:
    """The members of the object of that name; none if it is absent or null."""
    raw = sent(members, name)
    if raw is None:
        return {}
    try:
        return _OBJECT.decode(raw)
    except UNSOUND:
        raise misshapen(path or name, "an object") from None


def items_of(members: Members, name: str, path: str = "") -> tuple[msgspec.Raw, ...]:
    """The items of the list of that name; none if it is absent or null."""
    raw = sent(members, name)
    if raw is None:
        return ()
    try:
        return _LIST.decode(raw)
    except UNSOUND:
        raise misshapen(path or name, "a list") from None
