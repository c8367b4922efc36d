"""No text from outside is looked at again and again by a pattern: work grows as the text does, not as its square."""

import re
from collections.abc import Callable, Iterable, Iterator
from time import process_time
from typing import Any

import pytest

from cds.facts.reference_range import side_told
from cds.facts.route import reach
from cds.facts.sig import once_only, said, times_a_day
from cds.facts.strength import strength_in
from cds.fhir.elements import ReferenceRange
from cds.fhir.names import Names
from cds.fhir.quantity import spoken
from cds.fhir.units import unit_of
from tests.hostile import COMMON, patterns, texts

SHORT, LONG = 3_000, 12_000
"""Characters. Four times the text takes four times the work, or sixteen times if it is gone through again and again."""

MOST = 9.0
"""So many times the work is still taken for four times."""

NOTHING = 0.03
"""Seconds of CPU time. Less is not looked at: it tells nothing, and harms nobody."""

TRIES = 3
ROOMS = ("facts", "fhir", "cards", "hooks", "engine", "orders", "gateway", "access", "journal", "server", "web",
         "population", "releases")  # fmt: skip


def spent(does: Callable[[Any], object], text: Any) -> float:
    """CPU seconds of this process: what else the machine does, or that it stands still, does not count."""
    began = process_time()
    does(text)
    return process_time() - began


def gone_through_again(does: Callable[[Any], object], short: Iterable[Any], long: Iterable[Any]) -> Iterator[str]:
    """The beginnings of the texts with which work grows faster than they do."""
    for few, many in zip(short, long, strict=True):
        if spent(does, many) < NOTHING:
            continue
        times = [min(spent(does, each) for _ in range(TRIES)) for each in (few, many)]
        if times[1] > max(NOTHING, MOST * times[0]):
            yield repr(many[:40])


@pytest.mark.parametrize("room", ROOMS)
def test_patterns_of_the_room_go_through_a_text_once(room: str) -> None:
    again = {
        laid.pattern.pattern: found
        for laid in patterns(f"cds.{room}")
        if (found := [*gone_through_again(laid.on, texts(laid.pattern, SHORT), texts(laid.pattern, LONG))])
    }
    assert not again


@pytest.mark.parametrize("slow", [r"a\s*(?:b)?\s*c", r"\d+(?:\.\d+)?x", r"1-\d+\s*(\w\S*)?\s*$"])
def test_a_careless_pattern_is_found(slow: str) -> None:
    careless = re.compile(slow)
    assert next(gone_through_again(careless.search, texts(careless, SHORT), texts(careless, LONG)), None)


NAMES = Names([("prednisone", frozenset({"prednisone"})), ("é drug", frozenset({"é drug"}))])
READERS: dict[str, Callable[[str], object]] = {
    "strength": strength_in, "instruction": said, "frequency": times_a_day, "single dose": once_only,
    "range": lambda text: side_told(5, [ReferenceRange(text=text)], ()), "route": lambda text: reach((), (text,)),
    "names": NAMES.found_in, "quantity": spoken, "unit": unit_of,
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_a_reader_of_chart_text_goes_through_it_once(name: str) -> None:
    begins = ("", "prednisone ", "1-1", "take 1 mg ", "a", "< 1")
    short, long = ([begin + each * length + "!" for begin in begins for each in COMMON] for length in (SHORT, LONG))
    assert [*gone_through_again(READERS[name], short, long)] == []


def test_names_in_a_long_text_are_found_as_in_a_short_one() -> None:
    long = "word " * 200 + "e\u0301 drug, and PREDNISONE" + " word" * 200
    assert NAMES.found_in(long) == {"prednisone", "é drug"}
    assert NAMES.found_in("x" * 1000 + "/prednisone/" + "\u0300" * 1000) == {"prednisone"}
