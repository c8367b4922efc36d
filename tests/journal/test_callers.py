"""A card is answered by whoever was shown it: in memory, across restarts and workers, and in figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sql
from alembic import command
from alembic.config import Config

from cds.access.caller import Caller
from cds.bootstrap import House
from cds.hooks.feedback import Feedback
from cds.journal import migrations
from cds.journal.database import Database
from cds.journal.figures import Period, answers
from cds.journal.projection import rows_of
from cds.journal.read import answers_to
from cds.journal.slips import FEEDBACK
from cds.journal.tables import CARDS
from tests.journal.desk import (
    SIGN,
    card_of,
    checked,
    decision_of,
    entries,
    journal_of,
    open_house,
    settings_for,
    settled,
)
from tests.web.test_overrides import HIGH

NORTH, SOUTH = Caller("https://ehr.example.org", "north"), Caller("https://ehr.example.org", "south")
ALWAYS = Period(0, 1 << 60)


async def shown(house: House, caller: Caller) -> dict[str, Any]:
    """The response to an order that the caller's prescriber signs."""
    answer = await house.service.answer(SIGN, msgspec.json.encode(HIGH), house.service.budget(), caller)
    return msgspec.json.decode(answer.body, type=dict[str, Any])


async def overridden(house: House, card: str, caller: Caller) -> bool:
    """The caller says that the card is overridden; whether it is a card of theirs."""
    told = Feedback(card=card, outcome="overridden", reason_code="x")
    return (await house.journal.take(SIGN.id, [told], caller.name))[0]


def topics(response: dict[str, Any]) -> set[str]:
    """What the cards are about."""
    return {card["source"]["topic"]["code"] for card in response["cards"]}


@pytest.mark.parametrize("stranger", [SOUTH, Caller("https://other.example.org", "north"), Caller()])
async def test_nobody_else_answers_a_card(house: House, stranger: Caller) -> None:
    before = await shown(house, NORTH)
    assert not await overridden(house, card_of(before), stranger)
    assert topics(await shown(house, NORTH)) == topics(before)
    assert await overridden(house, card_of(before), NORTH)
    assert topics(await shown(house, NORTH)) < topics(before)


async def test_a_strangers_answer_is_kept_as_one_to_no_card(address: str, tmp_path: Path) -> None:
    house = await open_house(settings_for(address, tmp_path))
    before = await shown(house, NORTH)
    await overridden(house, card_of(before), SOUTH)
    await settled(house)
    database = journal_of(house).database
    found = await answers(database, ALWAYS)
    assert (found.strange, sum(each.accepted.of for each in found.rules)) == (1, 0)
    assert await answers_to(database, decision_of(before)) == {}
    assert (await checked(house)).faults == []
    await house.close()
    again = await open_house(settings_for(address, tmp_path))
    assert topics(await shown(again, NORTH)) == topics(before)
    await overridden(again, card_of(before), NORTH)
    await settled(again)
    assert (await answers(journal_of(again).database, ALWAYS)).strange == 1
    await again.close()


async def test_another_worker_hears_the_right_caller_alone(address: str, tmp_path: Path) -> None:
    one, two = [await open_house(settings_for(address, tmp_path / name)) for name in ("one", "two")]
    before = await shown(one, NORTH)
    assert not await overridden(two, card_of(before), SOUTH)
    await settled(one)
    assert not await overridden(two, card_of(before), SOUTH)
    assert topics(await shown(two, NORTH)) == topics(before)
    assert await overridden(two, card_of(before), NORTH)
    assert topics(await shown(two, NORTH)) < topics(before)
    for house in (one, two):
        await house.close()


async def test_a_card_of_which_the_journal_does_not_say_to_whom_it_was_shown_is_answered_by_anybody(
    address: str, tmp_path: Path
) -> None:
    house = await open_house(settings_for(address, tmp_path))
    before = await shown(house, NORTH)
    await settled(house)
    async with journal_of(house).database.writing() as connection:
        await connection.execute(CARDS.update().values(caller=""))
    await house.close()
    again = await open_house(settings_for(address, tmp_path))
    assert await overridden(again, card_of(before), NORTH)
    await settled(again)
    assert len(await answers_to(journal_of(again).database, decision_of(before))) == 1
    await again.close()


async def test_entries_from_before_callers_were_kept_are_read(house: House) -> None:
    await overridden(house, "some card", NORTH)
    await settled(house)
    (entry,) = await entries(house, FEEDBACK)
    body = msgspec.json.decode(entry.body)
    assert len(body.pop("caller")) == 32
    ((_, row),) = rows_of({**entry._mapping, "body": msgspec.json.encode(body)})
    assert row["caller"] == ""


async def test_tables_from_before_callers_were_kept_are_brought_up_to_date(address: str) -> None:
    def upgraded(connection: sql.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        names = [column.name for column in CARDS.columns if column.name != "caller"]
        values = {name: 0 if name in ("seq", "at", "version") else "x" for name in names}
        connection.execute(sql.insert(sql.table("cards", *map(sql.column, values))).values(values))

    database = Database(address)
    async with database.engine.begin() as connection:
        await connection.run_sync(upgraded)
    assert await database.migrate() == ("0002", "0003")
    async with database.reading() as connection:
        assert (await connection.execute(sql.select(CARDS.c.caller))).scalars().all() == [""]
    await database.close()
