"""The journal at the terminal: migrated, listed, shown, verified, purged, sealed anew."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from cds.cli.whole import app
from tests.journal.desk import KEY, card_of, decision_of, keeping, open_house, override, seal_key, settled, sign


def run(*arguments: str) -> Result:
    """The command, run to its end."""
    return CliRunner().invoke(app, ["journal", *arguments])


@pytest.fixture
def decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a decision in the journal that the environment names."""
    address = f"sqlite:///{tmp_path}/journal.sqlite"
    monkeypatch.setenv("BONE_CDS_JOURNAL_DATABASE", address)
    monkeypatch.setenv("BONE_CDS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BONE_CDS_JOURNAL_KEY", KEY)
    monkeypatch.setenv("BONE_CDS_JOURNAL_INPUT_KEYS", f'{{"one": "{seal_key()}"}}')

    async def written() -> str:
        house = await open_house(keeping(address, tmp_path))
        response: dict[str, Any] = await sign(house)
        await override(house, card_of(response), "wants to think it over")
        await settled(house)
        await house.close()
        return decision_of(response)

    return asyncio.run(written())


def test_it_is_listed_and_shown_with_its_reasoning_and_answers(decision: str) -> None:
    assert decision in run("list").stdout
    told = run("show", decision)
    assert told.exit_code == 0
    assert "lowest T-score of the latest DXA is -2.7 (Observation/" in told.stdout
    assert "overridden: not-now: wants to think it over" in told.stdout
    assert "labs: " in told.stdout
    body = msgspec.json.decode(run("show", decision, "--json").stdout)
    assert body["id"] == decision


def test_an_unknown_decision_is_said(decision: str) -> None:
    told = run("show", "nobody's")
    assert (told.exit_code, "there is no decision nobody's" in told.stderr) == (3, True)


def test_it_verifies_and_tells_its_head(decision: str) -> None:
    told = run("verify")
    assert told.exit_code == 0
    assert told.stdout.startswith("3 entries, 1 kept inputs opened; head 3:")
    head = told.stdout.split()[-1]
    assert run("verify", "--head", head).exit_code == 0
    wrong = run("verify", "--head", "2:abc")
    assert (wrong.exit_code, "fault: the head that was noted down (2)" in wrong.stderr) == (1, True)


def test_another_key_is_said(decision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONE_CDS_JOURNAL_KEY", "another " * 8)
    told = run("verify")
    assert (told.exit_code, "another BONE_CDS_JOURNAL_KEY" in told.stderr) == (3, True)


def test_inputs_are_sealed_anew_and_purged(decision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    both = f'{{"two": "{seal_key("t")}", "one": "{seal_key()}"}}'
    monkeypatch.setenv("BONE_CDS_JOURNAL_INPUT_KEYS", both)
    assert run("reseal").stdout.startswith("1 kept inputs sealed anew")
    monkeypatch.setenv("BONE_CDS_JOURNAL_INPUT_KEYS", f'{{"two": "{seal_key("t")}"}}')
    assert "1 kept inputs opened" in run("verify").stdout
    assert run("purge", "--older-than", "1").stdout == "0 kept inputs purged\n"
    assert run("purge", "--older-than", "0").exit_code == 2


def test_tables_are_migrated_and_a_wrong_address_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONE_CDS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BONE_CDS_JOURNAL_DATABASE", f"sqlite:///{tmp_path}/new.sqlite")
    assert run("migrate").stdout == "the journal is at step 0003, was at none\n"
    assert run("migrate").stdout == "the journal is at step 0003\n"
    monkeypatch.setenv("BONE_CDS_JOURNAL_DATABASE", "mysql://nowhere/x")
    told = run("migrate")
    assert (told.exit_code, "not mysql" in told.stderr) == (2, True)
