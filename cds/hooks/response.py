"""A response as bytes: no member that holds nothing, except ``cards``."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cds.hooks.wire import HookResponse

_ENCODE: Final = msgspec.json.Encoder().encode
_NO_CARDS: Final = b'{"cards":[]'
_BARE: Final = (b"null", b'""', b"[]", b"{}")
_HOLLOW: Final = tuple(before + nothing for before in (b":", b",", b"[") for nothing in (b"null", b'""', b"[]", b"{}"))
"""How an empty value may stand in JSON. Texts may hold the same: then nothing is found and nothing is lost."""
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


def encode(response: HookResponse) -> bytes:
    """The body of the response."""
    body = _ENCODE(response)
    suspect = body.removeprefix(_NO_CARDS)
    if not any(bare in suspect for bare in _BARE) or not any(hollow in suspect for hollow in _HOLLOW):
        return body
    return _ENCODE({"cards": [], **lean(msgspec.json.decode(body))})


def lean(value: Any) -> Any:
    """The same JSON value without null, empty text, empty list or empty object anywhere in it."""
    if isinstance(value, dict):
        kept = {name: lean(member) for name, member in value.items()}
        return {name: member for name, member in kept.items() if member not in _EMPTY}
    if isinstance(value, list):
        return [member for member in map(lean, value) if member not in _EMPTY]
    return value
