"""A release on trial is judged and journalled, never shown, and fails nothing. What is in force is followed."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from cds.bootstrap import House, build
from cds.journal.install import prepare_journal
from cds.journal.slips import SHADOW
from cds.releases.desk import Desk
from cds.releases.fault import ReleaseFault
from cds.releases.force import activate, begin_trial, end_trial
from cds.releases.intake import files_of_folder
from cds.releases.proposal import propose
from cds.releases.trial import Trial, trial_lines, trial_told
from cds.settings import Settings
from cds.web import create_app
from cds.web.metrics import Metrics
from cds.web.trials import MOST_WAITING, Trials
from tests.journal.desk import entries, journal_of, open_house, settings_for, settled
from tests.releases.office import ADA, ANN, CARL, changed, desk_at, noisier, signed_off
from tests.web.desk import SIGN, caller
from tests.web.test_overrides import HIGH

ID = "r0001"
KEY = {"one": SecretStr("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")}


@pytest.fixture(scope="session")
def _louder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("louder")
    desk = desk_at(folder / "releases")
    signed_off(desk, propose(desk, files_of_folder(noisier(changed(folder / "rules"))), ADA, "very high from -2.0 on"))
    return folder / "releases"


@pytest.fixture
def louder(_louder: Path, tmp_path: Path) -> Desk:
    """A desk with the approved release r0001, in which more patients are at very high risk."""
    return desk_at(Path(shutil.copytree(_louder, tmp_path / "releases")))


def settings(desk: Desk, folder: Path) -> Settings:
    """Settings of a house with a journal that follows that shelf."""
    return settings_for(f"sqlite:///{folder}/journal.sqlite", folder, releases=desk.shelf.root, release_keys=KEY)


async def ready_house(desk: Desk, folder: Path) -> House:
    """A house that an app may open."""
    await prepare_journal(settings(desk, folder))
    return build(settings(desk, folder))


async def until(what: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """It has become so."""
    end = monotonic() + seconds
    while not await what():
        assert monotonic() < end
        await asyncio.sleep(0.05)


async def shadows(house: House) -> list[dict[str, Any]]:
    """What trials left in the journal."""
    return [msgspec.json.decode(each.body) for each in await entries(house, SHADOW)]


def strata(response: dict[str, Any]) -> dict[str, str]:
    """Each rule's stratum."""
    return {each["rule"]: each.get("stratum", "") for each in response["extension"]["bone-cds.decisions"]}


async def test_what_is_on_trial_is_journalled_and_not_shown(louder: Desk, tmp_path: Path) -> None:
    begin_trial(louder, ID, CARL)
    house = await ready_house(louder, tmp_path)
    app = create_app(house.settings, house)
    async with app.router.lifespan_context(app), caller(app) as client:
        response = (await client.post(SIGN, json=HIGH)).json()

        async def judged() -> bool:
            return bool(await shadows(house))

        await until(judged)
        (told,) = await shadows(house)
        assert strata(response)["antiresorptive"] == "high"
        assert told["verdicts"]["antiresorptive"] == ["fires", "very-high"]
        assert told["topics"]["antiresorptive"] == "changed"
        assert (told["release"], told["beside"]) == (ID, house.ruleset.fingerprint)
        assert told["decision"] == response["cards"][0]["extension"]["bone-cds.decision"]["decisionId"]
        assert "p1" not in msgspec.json.encode(told["cards"]).decode()
        assert {each["topic"] for each in told["cards"]} >= {"antiresorptive"}
        found = await trial_told(journal_of(house).database, ID)
        assert (found.decisions, found.differing, found.examples) == (1, 1, (told["decision"],))
        assert "  antiresorptive: 1 changed" in [*trial_lines(found)]
        assert await trial_told(journal_of(house).database, "r0002") == type(found)(0, 0, {}, ())


async def test_a_trial_that_fails_fails_nothing(louder: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_trial(louder, ID, CARL)
    house = await ready_house(louder, tmp_path)
    monkeypatch.setattr(Trial, "of", lambda *_: 1 / 0)
    app = create_app(house.settings, house)
    async with app.router.lifespan_context(app), caller(app) as client:
        assert (await client.post(SIGN, json=HIGH)).json()["cards"]

        async def counted() -> bool:
            page = (await client.get("/metrics")).text
            return 'bone_cds_trials_total{outcome="failed"} 1.0' in page

        await until(counted)
        assert (await client.post(SIGN, json=HIGH)).json()["cards"]
        assert await shadows(house) == []


async def test_what_comes_too_fast_is_left_out_and_waits_for_nobody(louder: Desk, tmp_path: Path) -> None:
    begin_trial(louder, ID, CARL)
    house = await open_house(settings(louder, tmp_path))
    metrics = Metrics()
    trials = Trials(house, metrics)
    answer = await house.service.answer(_sign(), msgspec.json.encode(HIGH), house.service.budget())
    for _ in range(MOST_WAITING + 3):
        trials.consider(answer)
    assert trials.waiting.qsize() == MOST_WAITING
    assert 'bone_cds_trials_total{outcome="left out"} 3.0' in metrics.page().decode()
    house.trial = None
    trials.consider(answer)
    assert trials.waiting.qsize() == MOST_WAITING
    await house.close()


def _sign() -> Any:
    from cds.hooks.discovery import OFFERS

    return OFFERS[0]


def test_a_trial_that_was_touched_or_cannot_be_read_keeps_nobody_from_serving(louder: Desk, tmp_path: Path) -> None:
    begin_trial(louder, ID, CARL)
    assert build(settings(louder, tmp_path)).trial is not None
    (louder.shelf.root / ID / "rules" / "README.md").write_text("touched")
    assert build(settings(louder, tmp_path)).trial is None
    (louder.shelf.root / "trial").write_text("nonsense")
    assert build(settings(louder, tmp_path)).trial is None


def test_what_is_in_force_and_was_touched_is_not_served(louder: Desk, tmp_path: Path) -> None:
    activate(louder, ID, ANN)
    assert build(settings(louder, tmp_path)).ruleset.book.version == "2026.12"
    (louder.shelf.root / ID / "rules" / "README.md").write_text("touched")
    with pytest.raises(ReleaseFault, match="were touched"):
        build(settings(louder, tmp_path))


@pytest.mark.slow
async def test_a_running_service_follows(louder: Desk, tmp_path: Path) -> None:
    """Into force while requests are answered; then tampered with: what was in force stays."""
    house = await ready_house(louder, tmp_path)
    app = create_app(house.settings, house)
    async with app.router.lifespan_context(app), caller(app) as client:

        async def stratum() -> str:
            return strata((await client.post(SIGN, json=HIGH)).json())["antiresorptive"]

        assert await stratum() == "high"
        begin_trial(louder, ID, CARL)

        async def tried() -> bool:
            return house.trial is not None

        await until(tried)
        end_trial(louder, CARL)

        async def is_over() -> bool:
            return house.trial is None

        await until(is_over)
        activate(louder, ID, ANN)

        async def in_force() -> bool:
            return await stratum() == "very-high"

        await until(in_force)
        await settled(house)
        assert house.ruleset.fingerprint in {each.id for each in await entries(house, "ruleset")}
        before = house.service
        (louder.shelf.root / ID / "rules" / "README.md").write_text("touched")
        (louder.shelf.root / "active").touch()

        async def refused() -> bool:
            page = (await client.get("/metrics")).text
            return 'bone_cds_renewals_total{outcome="refused"} 1.0' in page

        await until(refused)
        assert house.service is before
        assert await stratum() == "very-high"


async def test_a_trial_tells_what_it_could_not_know(louder: Desk, tmp_path: Path) -> None:
    """Sources that only the rules on trial would read were not asked for."""
    begin_trial(louder, ID, CARL)
    house = await open_house(settings(louder, tmp_path))
    assert house.trial is not None
    answer = await house.service.answer(_sign(), msgspec.json.encode(HIGH), house.service.budget())
    assert house.trial.of(answer, "x")["not_asked_for"] == []
    fewer = replace(answer.decision, ruleset=replace(house.ruleset, rules=house.ruleset.rules[:1]))
    assert house.trial.of(replace(answer, decision=fewer), "x")["not_asked_for"] != []
    await house.close()
