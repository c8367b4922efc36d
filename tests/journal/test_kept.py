"""The kept journal on both databases: what an entry tells, and what is remembered across restarts and workers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest
import sqlalchemy as sql

from cds.bootstrap import House
from cds.hooks.feedback import Feedback
from cds.journal.keys import SealRing
from cds.journal.slips import READ_DECISION
from cds.journal.tables import CARDS, FEEDBACK, GAPS, INPUTS, METADATA, ORDERS
from tests.journal.desk import (
    card_of,
    checked,
    decision_of,
    entries,
    journal_of,
    keeping,
    open_house,
    outcomes,
    override,
    seal_key,
    settings_for,
    settled,
    sign,
)
from tests.web.desk import hook
from tests.web.test_overrides import HIGH, of_patient


async def rows(house: House, table: sql.Table) -> list[Any]:
    """Every row of the table."""
    async with journal_of(house).database.reading() as connection:
        return [*await connection.execute(sql.select(table))]


async def test_a_decision_is_told_whole(house: House) -> None:
    response = await sign(house)
    await settled(house)
    (entry,) = await entries(house, "decision")
    told = READ_DECISION(entry.body)
    assert (entry.id, told.id) == (decision_of(response),) * 2
    assert (told.service, told.hook, told.day.isoformat()) == ("ici-bone-health-order-sign", "order-sign", "2026-11-24")
    assert told.ruleset == house.ruleset.fingerprint
    assert {each.rule: each.version for each in told.verdicts} == {
        each["rule"]: each["version"] for each in response["extension"]["bone-cds.decisions"]
    }
    unit, fact = told.facts["bone.t_score.lowest"]
    assert unit == "T-score"
    assert fact["value"] == -2.7
    assert [seen["when"] for seen in fact["seen_in"]] == ["2026-05-12"]
    assert all(seen["ref"].startswith("Observation/") for seen in fact["seen_in"])
    assert told.ms > 0
    kept = msgspec.json.decode(told.response, type=dict[str, Any])
    assert [card["uuid"] for card in kept["cards"]] == [card["uuid"] for card in response["cards"]]


async def test_what_could_not_be_read_is_told(house: House) -> None:
    await sign(house, hook())
    await settled(house)
    gaps = {row.source: row.state for row in await rows(house, GAPS)}
    assert gaps["labs"] == "not-asked"
    assert "patient" not in gaps


async def test_no_patient_and_no_user_is_named(house: House, tmp_path: Path) -> None:
    await sign(house)
    spooled = b"".join(path.read_bytes() for path in tmp_path.rglob("*.spool"))
    assert spooled
    await settled(house)
    (entry,) = await entries(house, "decision")
    for text in (spooled, entry.body):
        assert b"Patient/p1" not in text
        assert b"Practitioner/1" not in text
    assert b"Patient/~" in entry.body
    assert len({row.patient for row in await rows(house, CARDS)}) == 1


async def test_feedback_is_joined_to_its_card_or_kept_as_strange(house: House) -> None:
    response = await sign(house)
    assert await override(house, card_of(response), "declined\x00 today")
    assert not await override(house, "nobody's")
    await settled(house)
    known = {row.uuid for row in await rows(house, CARDS)}
    told = {row.card: row for row in await rows(house, FEEDBACK)}
    assert {card: card in known for card in told} == {card_of(response): True, "nobody's": False}
    assert told[card_of(response)].comment == "declined\ufffd today"
    assert (await checked(house)).faults == []


async def test_an_override_survives_a_restart(address: str, tmp_path: Path) -> None:
    settings = settings_for(address, tmp_path)
    first = await open_house(settings)
    response = await sign(first)
    await override(first, card_of(response))
    await first.close()
    second = await open_house(settings)
    assert outcomes(await sign(second))["antiresorptive"] == "snoozed"
    await second.close()


async def test_a_card_shown_before_a_restart_can_be_answered_after_it(address: str, tmp_path: Path) -> None:
    settings = settings_for(address, tmp_path)
    first = await open_house(settings)
    response = await sign(first)
    await first.close()
    second = await open_house(settings)
    assert await override(second, card_of(response))
    assert outcomes(await sign(second))["antiresorptive"] == "snoozed"
    await second.close()


async def test_an_answer_to_one_worker_silences_another(address: str, tmp_path: Path) -> None:
    one = await open_house(settings_for(address, tmp_path))
    other = await open_house(settings_for(address, tmp_path))
    response = await sign(one)
    await override(other, card_of(response))
    for house in (one, other):
        end = monotonic() + 20
        while outcomes(await sign(house))["antiresorptive"] != "snoozed":
            assert monotonic() < end
            await asyncio.sleep(0.2)
    await one.close()
    assert (await checked(other)).faults == []
    await other.close()


async def test_several_workers_write_one_chain(address: str, tmp_path: Path) -> None:
    houses = [await open_house(settings_for(address, tmp_path)) for _ in range(3)]
    for _ in range(5):
        await asyncio.gather(*(sign(house) for house in houses))
        await asyncio.gather(*(settled(house) for house in houses))
    report = await checked(houses[0])
    assert (report.faults, report.entries) == ([], 16)
    for house in houses:
        await house.close()


async def test_the_rule_set_in_use_is_kept_once(address: str, tmp_path: Path) -> None:
    for _ in range(2):
        house = await open_house(settings_for(address, tmp_path))
        await settled(house)
        (entry,) = await entries(house, "ruleset")
        assert entry.id == house.ruleset.fingerprint
        await house.close()


async def test_the_input_is_kept_sealed_without_its_token_if_the_site_wants_it(address: str, tmp_path: Path) -> None:
    house = await open_house(keeping(address, tmp_path))
    await sign(house, {**HIGH, "fhirAuthorization": {"access_token": "secret-token"}})
    spooled = b"".join(path.read_bytes() for path in tmp_path.rglob("*.spool"))
    await settled(house)
    (row,) = await rows(house, INPUTS)
    assert row.key == "one"
    for text in (spooled, bytes(row.sealed)):
        assert b"secret-token" not in text
        assert b"birthDate" not in text
    await house.close()


async def test_no_input_is_kept_otherwise(house: House) -> None:
    await sign(house)
    await settled(house)
    assert await rows(house, INPUTS) == []


async def test_an_order_that_was_accepted_is_seen_later(house: House) -> None:
    response = await sign(house, of_patient(()))
    card = next(each for each in response["cards"] if each["source"]["topic"]["code"] == "baseline-assessment")
    dxa = next(each for each in card["suggestions"] if each["label"] == "DXA only")
    await house.journal.take("s", [Feedback(card=card["uuid"], outcome="accepted", accepted=(dxa["uuid"],))])
    later = of_patient(())
    order = {**dxa["actions"][0]["resource"], "id": "sr-1", "status": "active", "authoredOn": "2026-11-20"}
    entry = [{"resource": order}]
    later["prefetch"]["serviceRequests"] = {"resourceType": "Bundle", "type": "searchset", "entry": entry}
    await sign(house, later)
    await settled(house)
    assert [row.option for row in await rows(house, ORDERS)] == ["dxa"]


async def test_the_tables_are_those_of_the_migrations(house: House) -> None:
    def described(connection: sql.Connection) -> dict[str, dict[str, bool]]:
        inspector = sql.inspect(connection)
        return {
            name: {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }

    async with journal_of(house).database.reading() as connection:
        found = await connection.run_sync(described)
    wanted = {
        table.name: {column.name: bool(column.nullable) for column in table.columns} for table in METADATA.sorted_tables
    }
    assert found == wanted


@pytest.mark.parametrize("text", ["UPDATE entries SET at = 0", "DELETE FROM entries", "UPDATE entries SET kind = 'x'"])
async def test_the_database_itself_refuses_to_change_an_entry(house: House, text: str) -> None:
    await sign(house)
    await settled(house)
    with pytest.raises(sql.exc.DBAPIError, match="append-only"):
        async with journal_of(house).database.writing() as connection:
            await connection.execute(sql.text(text))


def test_a_key_that_cannot_seal_is_refused() -> None:
    with pytest.raises(ValueError, match="the key 'bad' must be 16, 24 or 32 bytes in base64"):
        SealRing({"good": seal_key(), "bad": "c2hvcnQ="})
