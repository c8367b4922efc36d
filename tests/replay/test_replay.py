"""Decisions made once more: the same to the byte with the same rules, told apart with others, or said why not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cds.bootstrap import House, build
from cds.cli.app import loaded
from cds.cli.whole import app
from cds.journal.install import archive_of
from cds.journal.kept import Kept
from cds.replay.again import Again, Replayer
from cds.replay.changes import changes
from cds.resources import rules_directory
from cds.settings import Settings
from tests.journal.desk import (
    KEY,
    card_of,
    decision_of,
    journal_of,
    keeping,
    open_house,
    override,
    seal_key,
    settings_for,
    settled,
    sign,
)
from tests.web.desk import PATIENT, bundle, hook
from tests.web.test_overrides import HIGH, VERY_HIGH, of_patient

SERVER = "https://ehr.example.org/fhir"


def address_in(folder: Path) -> str:
    """The address of a journal in the folder."""
    return f"sqlite:///{folder}/journal.sqlite"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house that keeps inputs."""
    house = await open_house(keeping(address_in(tmp_path), tmp_path))
    yield house
    await house.close()


async def again(house: House, decision: str, settings: Settings | None = None, rules: Path | None = None) -> Again:
    """The decision, made once more."""
    await settled(house)
    archive = archive_of(settings or house.settings)
    try:
        return await Replayer(archive, house.settings, loaded(rules) if rules else None).again(decision)
    finally:
        await archive.database.close()


def stricter(folder: Path) -> Path:
    """The rule book with another limit for a very high risk."""
    rules = folder / "rules"
    shutil.copytree(rules_directory(), rules)
    parameters = rules / "parameters.yaml"
    text = parameters.read_text(encoding="utf-8")
    place = text.index("t_score.very_high:")
    parameters.write_text(text[:place] + text[place:].replace("-3.0", "-2.6", 1), encoding="utf-8")
    return rules


@pytest.mark.parametrize("request_", [HIGH, VERY_HIGH, of_patient(()), hook()], ids=["high", "very", "bare", "gaps"])
async def test_the_same_rules_give_the_same_bytes(house: House, request_: Mapping[str, Any]) -> None:
    first = await again(house, decision_of(await sign(house, request_)))
    assert (first.result, changes(first)) == ("identical", [])


async def test_what_was_answered_before_is_part_of_it(house: House) -> None:
    await override(house, card_of(await sign(house)))
    second = await again(house, decision_of(await sign(house)))
    assert second.result == "identical"
    assert second.now is not None
    assert second.now.snoozed_topics == {"antiresorptive"}


async def test_what_the_fhir_server_answered_and_did_not_is_part_of_it(tmp_path: Path) -> None:
    def ehr(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/Patient/p1"):
            return httpx.Response(200, json=PATIENT)
        if "Observation" in request.url.path:
            return httpx.Response(200, json=bundle(*(entry["resource"] for entry in HIGH["prefetch"]["labs"]["entry"])))
        return httpx.Response(403) if "AllergyIntolerance" in request.url.path else httpx.Response(200, json=bundle())

    settings = keeping(address_in(tmp_path), tmp_path, fhir_allow=(SERVER,))
    await (await open_house(settings)).close()
    house = build(settings, httpx.MockTransport(ehr))
    await house.open()
    token = {"access_token": "t", "scope": "patient/Observation.rs"}
    asked = {**hook(), "prefetch": {}, "fhirServer": SERVER, "fhirAuthorization": token}
    response = await sign(house, asked)
    assert "antiresorptive" in {card["source"]["topic"]["code"] for card in response["cards"]}
    assert (await again(house, decision_of(response))).result == "identical"
    elsewhere = await sign(house, {**hook(), "fhirServer": "https://not-allowed.example.org/fhir"})
    assert (await again(house, decision_of(elsewhere))).result == "identical"
    await house.close()


async def test_other_rules_tell_what_would_change(house: House, tmp_path: Path) -> None:
    decision = decision_of(await sign(house))
    other = await again(house, decision, rules=stricter(tmp_path))
    assert other.result == "different"
    told = changes(other)
    assert "antiresorptive: fires high → fires very-high" in told
    assert any(each.startswith("card changed: [warning] High") and "Very high" in each for each in told), told


async def test_what_cannot_be_replayed_is_said(tmp_path: Path) -> None:
    house = await open_house(settings_for(address_in(tmp_path), tmp_path))
    unkept = decision_of(await sign(house))
    assert (await again(house, unkept)).why == "its input was not kept (BONE_CDS_JOURNAL_KEEP_INPUT)"
    assert "not in the journal" in (await again(house, "nobody's")).why
    await house.close()
    house = await open_house(keeping(address_in(tmp_path), tmp_path))
    decision = decision_of(await sign(house))
    turned = keeping(address_in(tmp_path), tmp_path, journal_input_keys={"two": seal_key("t")})
    assert "the key 'one' is not among" in (await again(house, decision, turned)).why
    changed = keeping(address_in(tmp_path), tmp_path, journal_input_keys={"one": seal_key("t")})
    assert (
        "it was changed since it was sealed, or sealed with another key" in (await again(house, decision, changed)).why
    )
    await house.close()


async def test_rules_that_are_not_in_the_journal_are_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = decision_of(await sign(house))
    monkeypatch.setattr("cds.journal.rulebooks.RULESET", "no such kind")
    assert "is not in the journal" in (await again(house, decision)).why


def run(*arguments: str) -> Result:
    """The command, run to its end."""
    return CliRunner().invoke(app, ["replay", *arguments])


def test_at_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONE_CDS_JOURNAL_DATABASE", address_in(tmp_path))
    monkeypatch.setenv("BONE_CDS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("BONE_CDS_JOURNAL_KEY", KEY)
    monkeypatch.setenv("BONE_CDS_JOURNAL_INPUT_KEYS", f'{{"one": "{seal_key()}"}}')

    async def written(*requests: Mapping[str, Any], kept: bool) -> list[str]:
        make = keeping if kept else settings_for
        house = await open_house(make(address_in(tmp_path), tmp_path))
        assert isinstance(journal_of(house), Kept)
        made = [decision_of(await sign(house, each)) for each in requests]
        await settled(house)
        await house.close()
        return made

    one, two = asyncio.run(written(HIGH, VERY_HIGH, kept=True))
    told = run("--all")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (0, "2 identical, 0 different, 0 not replayed")
    other = run(one, "--rules", str(stricter(tmp_path)))
    assert other.exit_code == 1
    assert "  antiresorptive: fires high → fires very-high" in other.stdout
    asyncio.run(written(HIGH, kept=False))
    told = run("--all")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (3, "2 identical, 0 different, 1 not replayed")
    assert run(two, "--json").stdout.startswith('{"decision":"')
    assert run().exit_code == 2
    assert run(one, "--all").exit_code == 2
