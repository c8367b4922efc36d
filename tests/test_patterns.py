"""No text from outside is looked at again and again by a pattern: work grows as the text does, not as its square."""

import re
from collections.abc import Callable
from time import monotonic

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
from tests.patience import in_time

LENGTH = 20_000
"""Characters. At a few nanoseconds a step these take milliseconds, their square seconds for each of many texts."""

SECONDS = 3.0
ROOMS = ("facts", "fhir", "cards", "hooks", "engine", "orders", "gateway", "access", "journal", "server", "web",
         "population", "releases")  # fmt: skip


async def went_through(does: Callable[[str], object], long_ones: list[str], seconds: float = SECONDS) -> None:
    """Every text has been read in time; what takes too long already is not waited for."""
    async with in_time(seconds):
        end = monotonic() + 2 * seconds
        for each in long_ones:
            if monotonic() < end:
                does(each)


@pytest.mark.parametrize("room", ROOMS)
async def test_patterns_of_the_room_are_through_with_long_texts_in_time(room: str) -> None:
    for laid in patterns(f"cds.{room}"):
        await went_through(laid.on, list(texts(laid.pattern, LENGTH)))


@pytest.mark.parametrize("slow", [r"a\s*(?:b)?\s*c", r"\d+(?:\.\d+)?x", r"1-\d+\s*(\w\S*)?\s*$"])
async def test_a_careless_pattern_is_found(slow: str) -> None:
    careless = re.compile(slow)
    with pytest.raises(AssertionError, match="stood still"):
        await went_through(careless.search, list(texts(careless, LENGTH // 2)), 0.2)


NAMES = Names([("prednisone", frozenset({"prednisone"})), ("é drug", frozenset({"é drug"}))])
READERS: dict[str, Callable[[str], object]] = {
    "strength": strength_in, "instruction": said, "frequency": times_a_day, "single dose": once_only,
    "range": lambda text: side_told(5, [ReferenceRange(text=text)], ()), "route": lambda text: reach((), (text,)),
    "names": NAMES.found_in, "quantity": spoken, "unit": unit_of,
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
async def test_a_reader_of_chart_text_is_through_with_long_texts_in_time(name: str) -> None:
    begins = ("", "prednisone ", "1-1", "take 1 mg ", "a", "< 1")
    await went_through(READERS[name], [begin + each * LENGTH + "!" for begin in begins for each in COMMON])


def test_names_in_a_long_text_are_found_as_in_a_short_one() -> None:
    long = "word " * 200 + "e\u0301 drug, and PREDNISONE" + " word" * 200
    assert NAMES.found_in(long) == {"prednisone", "é drug"}
    assert NAMES.found_in("x" * 1000 + "/prednisone/" + "\u0300" * 1000) == {"prednisone"}
