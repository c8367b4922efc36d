"""Verification finds every edit, deletion, insertion and gap, on both databases; purging leaves what it can check."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sql

from cds.bootstrap import House
from cds.clock import now_ms
from cds.journal.chain import OtherKey
from cds.journal.kept_input import resealed
from cds.journal.keys import JournalKeys
from cds.journal.purge import purge_entries, purge_inputs
from cds.journal.tables import INPUTS
from cds.journal.verify import head_words, verify
from tests.journal.desk import (
    card_of,
    checked,
    journal_of,
    keeping,
    open_house,
    override,
    seal_key,
    settings_for,
    settled,
    sign,
    somebody,
)

DAYS = 86_400_000
DISARM = {
    "sqlite": ("DROP TRIGGER entries_stay", "DROP TRIGGER entries_keep"),
    "postgresql": ("DROP TRIGGER entries_stay ON entries", "DROP TRIGGER entries_keep ON entries"),
}


async def tamper(house: House, *statements: str) -> None:
    """Somebody with the database, and without the key, has changed it."""
    database = journal_of(house).database
    async with database.writing() as connection:
        for statement in (*DISARM[database.engine.dialect.name], *statements):
            await connection.execute(sql.text(statement))


@pytest.fixture
async def written(house: House) -> House:
    """A house with a rule set, three decisions and an override in its journal: five entries."""
    responses = [await sign(house, somebody(number)) for number in range(3)]
    await override(house, card_of(responses[0]))
    report = await checked(house)
    assert (report.faults, report.entries) == ([], 5)
    return house


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE entries SET at = at + 1 WHERE seq = 3", "entry 3 (decision"),
        ("UPDATE entries SET writer = 'me' WHERE seq = 3", "entry 3 (decision"),
        ("UPDATE entries SET body = '{}' WHERE seq = 3", "the content of entry 3"),
        ("UPDATE entries SET body = NULL WHERE seq = 3", "the content of entry 3 was removed, and no tombstone"),
        ("DELETE FROM entries WHERE seq = 3", "entry 3 is missing"),
        ("DELETE FROM entries WHERE seq IN (2, 3)", "entries 2 to 3 are missing"),
        ("DELETE FROM entries WHERE seq = 1", "entry 1 is missing"),
        ("DELETE FROM entries WHERE seq = 5", "entry 5 is missing at the end"),
        ("UPDATE entries SET seq = 9 WHERE seq = 5", "entries 5 to 8 are missing"),
        ("UPDATE decisions SET ms = 0 WHERE seq = 3", "table decisions: a row of entry 3 was changed"),
        ("UPDATE cards SET stratum = 'x' WHERE seq = 3", "table cards: a row of entry 3 was changed"),
        ("DELETE FROM cards WHERE seq = 3", "table cards: a row of entry 3 is missing"),
        ("UPDATE feedback SET outcome = 'accepted'", "table feedback: a row of entry 5 was changed"),
        ("INSERT INTO gaps VALUES ('d', 'labs', 3, 'failed', '')", "table gaps: a row of entry 3 was slipped in"),
        ("INSERT INTO gaps VALUES ('d', 'labs', 99, 'failed', '')", "table gaps: 1 rows belong to no entry"),
        ("INSERT INTO inputs VALUES ('d', 3, 0, 'k', 'x')", "an input was slipped in beside entry 3"),
        ("UPDATE head SET seq = 4", "the head (entry 4) was changed"),
    ],
)
async def test_what_was_done_is_found(written: House, statement: str, fault: str) -> None:
    await tamper(written, statement)
    report = await checked(written)
    assert [words for words in report.faults if fault in words], report.faults


async def test_an_end_that_was_cut_off_with_an_old_head_is_found_by_a_noted_head(written: House) -> None:
    early = await checked(written)
    assert (await checked(written, head_words(early.head))).faults == []
    report = await checked(written, "5:" + "0" * 64)
    assert report.faults == ["the head that was noted down (5) is not in this journal"]


async def test_another_key_says_nothing_of_the_journal(written: House) -> None:
    journal = journal_of(written)
    with pytest.raises(OtherKey):
        await verify(journal.database, JournalKeys(b"another secret"), journal.ring)


async def test_a_writer_with_another_key_is_refused_and_keeps_its_slips(address: str, tmp_path: Path) -> None:
    first = await open_house(settings_for(address, tmp_path))
    await sign(first)
    await first.close()
    other = await open_house(settings_for(address, tmp_path, journal_key="o" * 40))
    await sign(other)
    assert not await journal_of(other).writer.drain()
    assert journal_of(other).state.trouble == "this journal was written with another BONE_CDS_JOURNAL_KEY"
    assert journal_of(other).state.waiting_bytes > 0
    await other.close()
    assert list((tmp_path / "spool").glob("*.spool"))


async def test_a_clock_that_goes_back_is_noted_and_loses_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = journal_of(house)
    await sign(house)
    await settled(house)
    clock = vars(journal)["_clock"]
    earlier = type(clock)(clock.today, lambda: now_ms() - 3_600_000, clock.mint)
    monkeypatch.setattr(journal, "_clock", earlier)
    await sign(house, somebody(1))
    report = await checked(house)
    assert report.faults == []
    assert [note.partition(" by ")[0] for note in report.notes] == ["the clock went back"]


async def test_purging_leaves_tombstones_that_verify(address: str, tmp_path: Path) -> None:
    house = await open_house(keeping(address, tmp_path))
    journal = journal_of(house)
    for number in range(3):
        await sign(house, somebody(number))
    await settled(house)
    later = now_ms() + DAYS
    names = iter("abcdefgh")
    args = (journal.database, journal.keys, "purge")
    assert await purge_inputs(*args, later, later, lambda: f"p{next(names)}") == 3
    assert (await checked(house)).faults == []
    assert await purge_entries(*args, later, later, lambda: f"p{next(names)}") == 3
    report = await checked(house)
    assert (report.faults, report.entries) == ([], 6)
    assert await purge_entries(*args, later, later, lambda: f"p{next(names)}") == 0
    await house.close()


async def test_inputs_past_their_days_go_by_themselves(address: str, tmp_path: Path) -> None:
    house = await open_house(keeping(address, tmp_path, journal_input_days=1))
    journal = journal_of(house)
    await sign(house)
    await settled(house)
    clock = vars(journal)["_clock"]
    vars(journal)["_clock"] = type(clock)(clock.today, lambda: now_ms() + 2 * DAYS, clock.mint)
    assert journal.writer.round is not None
    await journal.writer.round()
    async with journal.database.reading() as connection:
        assert [*await connection.execute(sql.select(INPUTS))] == []
    assert (await checked(house)).faults == []
    await house.close()


async def test_a_changed_or_removed_input_is_found_and_a_missing_key_is_said(address: str, tmp_path: Path) -> None:
    house = await open_house(keeping(address, tmp_path))
    await sign(house, somebody(1))
    await sign(house, somebody(2))
    report = await checked(house)
    assert (report.faults, report.inputs) == ([], 2)
    await tamper(
        house, "UPDATE inputs SET sealed = 'nonsense nonsense' WHERE seq = 2", "DELETE FROM inputs WHERE seq = 3"
    )
    assert [words.partition(",")[0] for words in (await checked(house)).faults] == [
        "the kept input of entry 2 was changed",
        "the kept input of entry 3 was removed",
    ]
    await house.close()
    turned = await open_house(keeping(address, tmp_path, journal_input_keys={"two": seal_key("t")}))
    report = await checked(turned)
    assert report.notes == ["1 kept inputs were not checked: their key is not here"]
    await turned.close()


@pytest.mark.parametrize("sealed", ["x'00112233'", "x''", "'a text'", "7", "1.5"])
async def test_an_input_that_was_cut_short_hides_nothing_else(tmp_path: Path, sealed: str) -> None:
    house = await open_house(keeping(f"sqlite:///{tmp_path}/journal.sqlite", tmp_path))
    for number in range(3):
        await sign(house, somebody(number))
    await settled(house)
    await tamper(
        house, f"UPDATE inputs SET sealed = {sealed} WHERE seq = 2", "UPDATE inputs SET at = at + 100 WHERE seq = 3"
    )
    report = await checked(house)
    assert [words.partition(",")[0] for words in report.faults] == [
        "the kept input of entry 2 was changed",
        "the number or the moment of the kept input of entry 3 was changed",
    ]
    assert report.inputs == 3
    await house.close()


async def test_an_input_is_held_against_its_own_entry(address: str, tmp_path: Path) -> None:
    house = await open_house(keeping(address, tmp_path))
    for number in range(3):
        await sign(house, somebody(number))
    await settled(house)
    await tamper(
        house, "UPDATE inputs SET seq = 5 - seq WHERE seq < 4", "UPDATE inputs SET decision = 'nobody' WHERE seq = 4"
    )
    assert sorted((await checked(house)).faults) == [
        "an input was slipped in beside entry 4: it is of no decision",
        "the kept input of entry 4 was removed, and no tombstone says so",
        "the number or the moment of the kept input of entry 2 was changed",
        "the number or the moment of the kept input of entry 3 was changed",
    ]
    await house.close()


async def test_inputs_can_be_sealed_anew(address: str, tmp_path: Path) -> None:
    house = await open_house(keeping(address, tmp_path))
    await sign(house)
    await settled(house)
    await house.close()
    both = {"two": seal_key("t"), "one": seal_key()}
    turned = await open_house(keeping(address, tmp_path, journal_input_keys=both))
    journal = journal_of(turned)
    async with journal.database.writing() as connection:
        (row,) = await connection.execute(sql.select(INPUTS))
        anew = resealed(row.key, bytes(row.sealed), row.decision, journal.ring)
        await connection.execute(INPUTS.update().values(key="two", sealed=anew))
    assert (await checked(turned)).faults == []
    await turned.close()
