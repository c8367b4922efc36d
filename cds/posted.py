"""What was posted to us, opened alike whatever it is: sound JSON without a duplicated key, or refused.

A byte order mark and lone surrogates are no reason to refuse: some clients send them, and nothing is bent by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from cds.fhir.bodies import around, first_fault, mend_surrogates
from cds.hooks.feedback import Feedback, read_feedback
from cds.hooks.members import body_members
from cds.hooks.refusal import BAD_REQUEST, Refusal
from cds.hooks.request import HookRequest, read_request

_BOM: Final = b"\xef\xbb\xbf"
Read = TypeVar("Read")


def open_request(body: bytes, scan_bytes: int) -> HookRequest:
    """The request that the body holds; raises Refusal if it is not sound JSON or the envelope lacks something.

    A body beyond ``scan_bytes`` is spared the scan inside ``prefetch``, which takes twice as long as reading all the
    FHIR in it: malformed JSON is refused there too, but a duplicated key is not found, and text that is not UTF-8 makes
    its source a failed one.
    """
    return _opened(body, lambda readable: _request(readable, scan_bytes))


def open_feedback(body: bytes) -> tuple[Feedback, ...]:
    """The reports that the body holds; raises Refusal if it is not sound JSON, or one of them is unsound."""
    return _opened(body, lambda readable: read_feedback(_sound(readable)))


def _opened(body: bytes, read: Callable[[bytes], Read]) -> Read:
    """What the body is read as, lone surrogates replaced if it is refused with them."""
    readable = body.removeprefix(_BOM)
    try:
        return read(readable)
    except Refusal:
        mended = mend_surrogates(readable)
        if mended == readable:
            raise
    return read(mended)


def _request(readable: bytes, scan_bytes: int) -> HookRequest:
    """The request that the text holds, which may still be refused for a lone surrogate."""
    prefetch = body_members(readable).get("prefetch") if len(readable) > scan_bytes else None
    rest = readable if prefetch is None else around(readable, "prefetch", prefetch)
    return read_request(_sound(rest), prefetch)


def _sound(text: bytes) -> bytes:
    """The same text; refused if it is not sound JSON, or has a key twice."""
    fault = first_fault(text)
    if fault:
        raise Refusal(BAD_REQUEST, "structure", f"the body is not sound JSON: {fault}")
    return text
