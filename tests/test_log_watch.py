"""The watch over the logs sees what the service and its libraries write, and knows whom it must not find there."""

import logging
from datetime import date

import pytest

from tests.fixtures.answering import REQUESTS
from tests.log_watch import LogWatch, betrayals, forbidden_words
from tests.web.desk import SIGN, caller, desk


def watch(config: pytest.Config) -> LogWatch:
    """The watch over this run."""
    found = config.pluginmanager.get_plugin("log-watch")
    assert isinstance(found, LogWatch)
    return found


def test_it_knows_the_people_of_the_fixtures() -> None:
    words = forbidden_words()
    assert {"Fixture-Drafted", "Lore", "1954-09-02", "antiresorptive-in-draft", "s3cret"} <= words


def test_it_finds_them_whole_and_nothing_by_chance() -> None:
    words = frozenset({"Lore", "1954-09-02", "p-1"})
    lines = ['{"name":"Lore"}', "born 1954-09-02T00:00", "Observation?patient=p-1&x", "Folklore, Lorelei, p-12"]
    assert betrayals(lines, words) == sorted(lines[:3])


async def test_it_hears_the_service_and_libraries(pytestconfig: pytest.Config) -> None:
    lines = watch(pytestconfig).lines
    request = min(REQUESTS.glob("*.json"), key=lambda each: each.stat().st_size).read_bytes()
    async with caller(desk(log_level="debug", as_of=date(2026, 11, 24))) as client:
        await client.post(SIGN, content=request, headers={"x-request-id": "heard-by-the-watch"})
    assert any("heard-by-the-watch" in line for line in lines)
    logging.getLogger("some.library").warning("heard from a library")
    assert "heard from a library" in lines
