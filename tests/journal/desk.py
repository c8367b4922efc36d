"""A house with a journal, orders signed in it, and what a test wants to know of the journal."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import sqlalchemy as sql

from cds.bootstrap import House, build
from cds.hooks.discovery import OFFERS
from cds.hooks.feedback import Feedback
from cds.journal.database import Database
from cds.journal.install import prepare_journal
from cds.journal.kept import Kept
from cds.journal.tables import ENTRIES
from cds.journal.verify import Report, verify
from cds.settings import Settings
from tests.web.desk import DAY
from tests.web.test_overrides import HIGH, of_patient, t_score

SIGN, SELECT, VIEW = OFFERS
KEY = "k" * 40
PATIENCE = 20.0


def seal_key(letter: str = "s") -> str:
    """A key for kept inputs."""
    return b64encode(letter.encode() * 32).decode()


def settings_for(address: str, folder: Path, **more: Any) -> Settings:
    """Settings of a house with that journal."""
    chosen = {"as_of": DAY, "log_level": "error", "journal_key": KEY, "data_dir": folder, **more}
    return Settings(journal_database=address, **chosen)


def keeping(address: str, folder: Path, **more: Any) -> Settings:
    """Settings of a house that keeps inputs too."""
    return settings_for(
        address, folder, **{"journal_keep_input": True, "journal_input_keys": {"one": seal_key()}, **more}
    )


async def open_house(settings: Settings) -> House:
    """A house at work, its database up to date."""
    database = Database(settings.journal_database)
    await database.migrate()
    await database.close()
    await prepare_journal(settings)
    house = build(settings)
    await house.open()
    return house


def journal_of(house: House) -> Kept:
    """The house's journal, which is one that is kept."""
    kept = house.journal.journal
    assert isinstance(kept, Kept)
    return kept


async def sign(house: House, request: Mapping[str, Any] = HIGH) -> dict[str, Any]:
    """The response to an order that is signed."""
    answer = await house.service.answer(SIGN, msgspec.json.encode(request), house.service.budget())
    return msgspec.json.decode(answer.body, type=dict[str, Any])


def outcomes(response: Mapping[str, Any]) -> dict[str, str]:
    """Each rule's outcome."""
    return {each["rule"]: each["outcome"] for each in response["extension"]["bone-cds.decisions"]}


def card_of(response: Mapping[str, Any], topic: str = "antiresorptive") -> str:
    """The uuid of the card of that topic."""
    return next(str(card["uuid"]) for card in response["cards"] if card["source"]["topic"]["code"] == topic)


def decision_of(response: Mapping[str, Any]) -> str:
    """The decision's id."""
    return str(response["extension"]["bone-cds.decisions"][0]["decisionId"])


async def override(house: House, card: str, comment: str = "") -> bool:
    """The card is overridden; whether it was known."""
    told = Feedback(card=card, outcome="overridden", reason_code="not-now", comment=comment)
    return (await house.journal.take(SIGN.id, [told]))[0]


async def settled(house: House, patience: float = PATIENCE) -> None:
    """The database has everything."""
    end = monotonic() + patience
    journal = journal_of(house)
    while not await journal.writer.drain():
        assert monotonic() < end, journal.state
        await asyncio.sleep(0.1)


async def entries(house: House, kind: str = "") -> list[Any]:
    """The journal's entries of that kind, in order."""
    chosen = sql.select(ENTRIES).order_by(ENTRIES.c.seq)
    async with journal_of(house).database.reading() as connection:
        return [*await connection.execute(chosen.where(ENTRIES.c.kind == kind) if kind else chosen)]


async def checked(house: House, noted: str = "") -> Report:
    """The verification's report."""
    await settled(house)
    journal = journal_of(house)
    return await verify(journal.database, journal.keys, journal.ring, noted)


def somebody(number: int) -> dict[str, Any]:
    """A request for another patient at high risk."""
    return of_patient((t_score(-2.7),), f"somebody-{number}")
