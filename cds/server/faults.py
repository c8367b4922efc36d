"""A broken view of the same data: which questions go wrong, and how. For trying out; see the room's docstring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from cds.hooks.refusal import Refusal
from cds.server.ask import BAD_REQUEST, OK, Answer, Ask, refused

BROKEN: Final = "_broken"
HOWS: Final = ("timeout", "empty", "garbage", "lie")
_GARBAGE: Final = b"<html><body>Service temporarily unavailable</body></html>"
_LIE: Final = b'{"resourceType":"Basic","id":"not-what-was-asked","code":{"text":"a resource of another type"}}'
_EMPTY: Final = b'{"resourceType":"Bundle","type":"searchset","total":0}'
_ISSUES: Final = {401: "login", 403: "forbidden", 404: "not-found", 410: "deleted", 429: "throttled"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Questions about that type (``*``: any) that contain the word ('' is in all) go wrong in that way."""

    kind: str
    word: str
    how: str

    def hits(self, ask: Ask) -> bool:
        """Whether the question goes wrong."""
        asked = [*ask.path[1:], *(text for pair in ask.query for text in pair)]
        return self.kind in ("*", *ask.path[:1]) and any(self.word in text for text in asked or [""])


def read_faults(written: str) -> tuple[Fault, ...]:
    """The faults that the view's address names; raises Refusal (400) for one that cannot be made."""
    return tuple(_fault(each) for each in unquote_plus(written).split(",") if each)


def _fault(written: str) -> Fault:
    """The fault from ``what=how``."""
    what, _, how = written.rpartition("=")
    is_status = how.isascii() and how.isdecimal() and 400 <= int(how[:4]) < 600
    if not what or not (is_status or how in HOWS):
        words = f"a broken view is written as what=how; how is a status from 400 to 599, {', '.join(HOWS)}"
        raise Refusal(BAD_REQUEST, "value", words, BROKEN)
    kind, _, word = what.partition(":")
    return Fault(kind, word, how)


def broken(faults: tuple[Fault, ...], ask: Ask) -> Answer | str:
    """The wrong answer to the question; ``timeout`` if there shall be none, '' if nothing goes wrong."""
    how = next((fault.how for fault in faults if fault.hits(ask)), "")
    match how:
        case "" | "timeout":
            return how
        case "empty":
            return Answer(OK, _EMPTY) if len(ask.path) == 1 else refused(Refusal(404, "not-found", "there is none"))
        case "garbage":
            return Answer(OK, _GARBAGE, {"content-type": "text/html"})
        case "lie":
            return Answer(OK, _LIE)
    status = int(how)
    return refused(Refusal(status, _ISSUES.get(status, "exception"), f"this view of the server answers {status} here"))
