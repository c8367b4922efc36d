"""Wounds for recorded requests: where a reader might stumble, cut at random, but with knowledge of the structure."""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from tests.fixtures.answering import REQUESTS

Plain = Any
Place = tuple[Any, Any]
"""A dict or list, and a key or index in it."""

MARKUP = "<img src=x onerror=alert(1)>[click](javascript:alert(2)) ![x](http://evil.example.org/x.png) <b>http://evil.example.org</b>"
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1e308, 10**400, -(2**63) - 1, 0.1, "", " ", "\u0000", "\ud83d", "ا\u202e", "x" * 5000,
    MARKUP, [], {}, [[]], [None], {"": None}, "2024-13-45", "0001", "9999-12-31", "24:00", "http://", "#", "Patient/",
    "urn:uuid:", {"resourceType": "Patient"}, {"resourceType": "Bundle", "entry": [None]}, {"reference": "#"},
    {"value": "1", "unit": 1, "code": None}, {"coding": {"code": 1}}, {"start": "2030", "end": "2010"},
)  # fmt: skip


@cache
def recorded() -> tuple[bytes, ...]:
    """Every recorded request, and every broken one that is JSON."""
    paths = sorted((*REQUESTS.glob("*.json"), *(REQUESTS / "broken").glob("*.json")))
    return tuple(path.read_bytes() for path in paths)


def places(value: Plain) -> Iterator[Place]:
    """Every place in the value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in list(pairs):
        yield value, key
        yield from places(member)


def replaced(whole: Plain, place: Place, dice: random.Random) -> None:
    """Something odd stands there."""
    place[0][place[1]] = deepcopy(dice.choice(ODD))


def removed(whole: Plain, place: Place, dice: random.Random) -> None:
    """Nothing stands there."""
    del place[0][place[1]]


def swapped(whole: Plain, place: Place, dice: random.Random) -> None:
    """A copy of something else in the request stands there."""
    other = dice.choice(list(places(whole)))
    place[0][place[1]] = deepcopy(other[0][other[1]])


def wrapped(whole: Plain, place: Place, dice: random.Random) -> None:
    """It stands in a list, in an object, or deep down."""
    value = place[0][place[1]]
    for _ in range(dice.choice((1, 1, 2, 120))):
        value = [value]
    place[0][place[1]] = dice.choice((value, {"value": value}))


def multiplied(whole: Plain, place: Place, dice: random.Random) -> None:
    """It stands there many times."""
    place[0][place[1]] = [place[0][place[1]]] * dice.choice((2, 50))


def worded(whole: Plain, place: Place, dice: random.Random) -> None:
    """What was text is followed by markup."""
    if isinstance(place[0][place[1]], str):
        place[0][place[1]] += MARKUP


WOUNDS: tuple[Callable[[Plain, Place, random.Random], None], ...] = (
    replaced, replaced, removed, swapped, wrapped, multiplied, worded, worded,
)  # fmt: skip


def wounded(seed: int) -> bytes:
    """One of the requests with a few wounds; the same for the same seed."""
    dice = random.Random(seed)
    whole = json.loads(dice.choice(recorded()))
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        found = list(places(whole))
        if not found:
            break
        dice.choice(WOUNDS)(whole, dice.choice(found), dice)
    body = json.dumps(whole).encode()
    return cut(body, dice) if dice.random() < 0.1 else body


def cut(body: bytes, dice: random.Random) -> bytes:
    """The same, with bytes changed, lost or doubled."""
    piece = bytearray(body)
    for _ in range(dice.choice((1, 2, 20))):
        at = dice.randrange(len(piece) or 1)
        match dice.randrange(4):
            case 0:
                piece[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del piece[at : at + dice.choice((1, 100, 10_000))]
            case 2:
                piece[at:at] = piece[at : at + 50]
            case _:
                piece[at:at] = dice.choice((b"\xff", b"\\ud800", b"\x00", b"1e999", b'"', b"}", b"NaN", b"[" * 3000))
    return bytes(piece)
