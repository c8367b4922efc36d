"""Journals for tests: the same tests run on embedded SQLite and on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import lru_cache
from itertools import count
from pathlib import Path

import pytest

from cds.bootstrap import House
from cds.releases.in_force import rules_for
from cds.ruleset.ruleset import RuleSet
from cds.settings import Settings
from tests.journal.desk import open_house, settings_for
from tests.postgres import Server

_NUMBERS = count(1)


@pytest.fixture(autouse=True)
def _rules_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Houses of the same rules share them: reading them is what takes time here."""
    monkeypatch.setattr("cds.bootstrap.rules_for", _rules)


@lru_cache(maxsize=4)
def _read(directory: Path | None, site: Path | None) -> RuleSet:
    return rules_for(Settings(rules_dir=directory, site=site))


def _rules(settings: Settings) -> RuleSet:
    return _read(settings.rules_dir, settings.site)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on each kind of server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.sqlite"
    server: Server = request.getfixturevalue("postgres")
    return server.create(f"journal{next(_NUMBERS)}")


@pytest.fixture
async def house(address: str, tmp_path: Path) -> AsyncIterator[House]:
    """A house with an open journal in that database."""
    house = await open_house(settings_for(address, tmp_path))
    yield house
    await house.close()
