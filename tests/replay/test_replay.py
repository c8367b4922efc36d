"""Decisions made once more: the same to the byte with the same rules, told apart with others, or said why not."""

from __future__ import annotations

import asyncio
import shutil
import zlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sql
from typer.testing import CliRunner, Result

from cds.bootstrap import House, build
from cds.cli.whole import app
from cds.journal.chain import OtherKey
from cds.journal.install import archive_of
from cds.journal.kept import Kept
from cds.journal.kept_input import opened
from cds.journal.keys import CannotOpen, SealRing
from cds.replay.again import Again, Replayer
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
        return await Replayer(archive, house.settings, rules).again(decision)
    finally:
        await archive.database.close()


def rules_but(folder: Path, file: str, after: str, old: str, new: str) -> Path:
    """The rule book in which, behind these words of the file, something is written otherwise."""
    rules = folder / "rules"
    if not rules.exists():
        shutil.copytree(rules_directory(), rules)
    text = (rules / file).read_text(encoding="utf-8")
    place = text.index(after)
    assert old in text[place:]
    (rules / file).write_text(text[:place] + text[place:].replace(old, new, 1), encoding="utf-8")
    return rules


def stricter(folder: Path) -> Path:
    """The rule book with another limit for a very high risk."""
    return rules_but(folder, "parameters.yaml", "t_score.very_high:", "-3.0", "-2.6")


def renumbered(folder: Path) -> Path:
    """The rule book in which every decision is the same, and book and rule have other versions."""
    rules_but(folder, "ruleset.yaml", "version:", "2026.11", "2026.12")
    return rules_but(folder, "antiresorptive/rule.yaml", "version:", "version: ", "version: 10")


@pytest.mark.parametrize("request_", [HIGH, VERY_HIGH, of_patient(()), hook()], ids=["high", "very", "bare", "gaps"])
async def test_the_same_rules_give_the_same_bytes(house: House, request_: Mapping[str, Any]) -> None:
    first = await again(house, decision_of(await sign(house, request_)))
    assert (first.result, first.changes) == ("identical", ())


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
    assert other.result == "changed"
    told = [(each.kind, each.words) for each in other.changes]
    assert ("strata", "antiresorptive: fires high → fires very-high") in told
    cards = [words for kind, words in told if kind == "cards"]
    assert any(each.startswith("card changed: [warning] High") and "Very high" in each for each in cards), told


async def test_another_version_alone_changes_nothing(house: House, tmp_path: Path) -> None:
    other = await again(house, decision_of(await sign(house)), rules=renumbered(tmp_path))
    assert (other.result, other.changes) == ("same", ())
    assert other.now is not None
    assert other.now.ruleset.book.version == "2026.12"


async def test_other_words_are_told_as_words(house: House, tmp_path: Path) -> None:
    rules = rules_but(renumbered(tmp_path), "ruleset.yaml", "source_label:", "bone-cds rule book", "Another label")
    decision = decision_of(await sign(house))
    other = await again(house, decision, rules=rules)
    assert other.result == "changed"
    assert {each.kind for each in other.changes} == {"words"}
    assert all(each.words.endswith("(its source)") for each in other.changes), other.changes


async def test_other_rules_decide_with_what_the_site_had_decided_then(tmp_path: Path, monkeypatch: Any) -> None:
    site = tmp_path / "site.yaml"
    site.write_text("max_cards: 1\ndecisions_in_response: true\n", encoding="utf-8")
    house = await open_house(keeping(address_in(tmp_path), tmp_path, site=site))
    response = await sign(house)
    assert len(response["cards"]) == 1
    monkeypatch.setenv("BONE_CDS_SITE", str(tmp_path / "another.yaml"))
    assert (await again(house, decision_of(response), rules=renumbered(tmp_path))).result == "same"
    assert (await again(house, decision_of(response), rules=rules_directory())).result == "identical"
    await house.close()


async def test_what_the_site_had_decided_may_not_fit_other_rules(tmp_path: Path) -> None:
    told = "label: policy, source: local-policy, locator: spec 2, words: our own"
    number = f"own.number: {{value: 1, unit: d, {told}}}\nt_score.low:"
    rules = rules_but(tmp_path, "parameters.yaml", "t_score.low:", "t_score.low:", number)
    signed = "{value: 2, reason: ours, by: Ada Lovelace, on: 2026-11-01}"
    site = tmp_path / "site.yaml"
    site.write_text(f"parameters:\n  own.number: {signed}\n", encoding="utf-8")
    house = await open_house(keeping(address_in(tmp_path), tmp_path, site=site, rules_dir=rules))
    other = await again(house, decision_of(await sign(house)), rules=rules_directory())
    assert other.result == "not replayed"
    assert "cannot be used with what the site had decided then" in other.why
    await house.close()


async def test_another_secret_replays_nothing(house: House, tmp_path: Path) -> None:
    decision = decision_of(await sign(house))
    await settled(house)
    archive = archive_of(keeping(address_in(tmp_path), tmp_path, journal_key="o" * 40))
    for work in (Replayer(archive, house.settings).again(decision), Replayer(archive, house.settings).decisions()):
        with pytest.raises(OtherKey):
            await work
    await archive.database.close()


@pytest.mark.parametrize("sealed", [b"\x00\x11\x22\x33", b"", "a text", 7], ids=["short", "empty", "text", "number"])
async def test_an_input_that_was_spoilt_is_not_replayed_and_the_others_are(house: House, sealed: Any) -> None:
    spoilt, whole = decision_of(await sign(house)), decision_of(await sign(house, VERY_HIGH))
    await settled(house)
    async with journal_of(house).database.writing() as connection:
        changed = sql.text("UPDATE inputs SET sealed = :sealed WHERE decision = :decision")
        await connection.execute(changed, {"sealed": sealed, "decision": spoilt})
    assert "cannot be opened: it was changed" in (await again(house, spoilt)).why
    assert (await again(house, whole)).result == "identical"


@pytest.mark.parametrize("plain", [b"znot pressed", b"pnot packed", b"z" + zlib.compress(b"\x93\x01"), b""])
def test_what_is_sealed_and_no_input_cannot_be_opened(plain: bytes) -> None:
    ring = SealRing({"one": seal_key()})
    with pytest.raises(CannotOpen, match="no input that this version"):
        opened("one", ring.seal(plain, "d"), "d", ring)


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
    other = run("--all", "--rules", str(renumbered(tmp_path)))
    assert (other.exit_code, other.stdout.splitlines()[-1]) == (0, "2 same, 0 changed, 0 not replayed")
    other = run(one, "--rules", str(stricter(tmp_path)))
    assert other.exit_code == 1
    assert "  antiresorptive: fires high → fires very-high" in other.stdout
    last = "0 same, 1 changed (1 in strata, 1 in cards, 0 in words), 0 not replayed"
    assert other.stdout.splitlines()[-1] == last, other.stdout
    asyncio.run(written(HIGH, kept=False))
    told = run("--all")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (3, "2 identical, 0 different, 1 not replayed")
    assert run(two, "--json").stdout.startswith('{"decision":"')
    assert run().exit_code == 2
    assert run(one, "--all").exit_code == 2
    assert run(one, "--site", "site.yaml").exit_code == 2
    monkeypatch.setenv("BONE_CDS_JOURNAL_KEY", "o" * 40)
    told = run("--all")
    assert (told.exit_code, told.stdout) == (3, "")
    assert "was written with another BONE_CDS_JOURNAL_KEY" in told.stderr
