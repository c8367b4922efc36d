"""Whether a request body is sound JSON, before anything is made of it."""

from __future__ import annotations

import re
from typing import Final

import jiter
import msgspec

_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_REPLACEMENT: Final = rb"\ufffd"


def mend_surrogates(body: bytes) -> bytes:
    r"""The same JSON, with each lone surrogate escape (``\ud83d`` without its partner) replaced by U+FFFD."""
    if b"\\" not in body or not _SURROGATE.search(body):
        return body
    return _ESCAPE.sub(_keep_or_replace, body)


def _keep_or_replace(escape: re.Match[bytes]) -> bytes:
    """The replacement character for a lone surrogate; any other escape as it is."""
    return _REPLACEMENT if escape.group(1) else escape.group(0)


def first_fault(body: bytes) -> str | None:
    """What is wrong with the JSON first: malformed, NaN or Infinity, a duplicated key, nested too deeply; else None."""
    try:
        jiter.from_json(body, catch_duplicate_keys=True, allow_inf_nan=False, cache_mode="keys")
    except ValueError as fault:
        return str(fault)
    return None


def around(body: bytes, member: str, value: bytes | msgspec.Raw) -> bytes:
    """The body with ``null`` in place of that member's value, so that the rest can be scanned alone and quickly.

    ``value`` is the member's value as it stands in the body. The whole body if it is not found there.
    """
    inner = bytes(value)
    for key in re.finditer(rb'"%s"\s*:\s*' % re.escape(member.encode()), body):
        if body.startswith(inner, key.end()):
            return body[: key.end()] + b"null" + body[key.end() + len(inner) :]
    return body
