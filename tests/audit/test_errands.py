"""What takes long, from the page of a release: started, watched by any worker, stopped, told when it fails or dies."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from pydantic import SecretStr

from cds.bootstrap import House
from cds.clock import now_ms
from cds.journal.accounts import Accounts
from cds.journal.install import prepare_journal, with_journal
from cds.releases.desk import Desk
from cds.releases.errand import LOST, SCRATCH, SILENT_MS, Errands
from cds.releases.event import Step
from cds.releases.signoff import record
from cds.settings import Settings
from cds.web.runners import NICENESS, Runners
from tests.audit.desk import PATIENCE, audited, browsing, until
from tests.journal.desk import entries, journal_of, seal_key, settings_for, settled, sign
from tests.population.made import export, resources
from tests.releases.office import desk_at, draft
from tests.web.desk import DAY, SIGN
from tests.web.test_overrides import HIGH

ID = "r0001"
PAGE = f"/audit/releases/{ID}"
KEY = {"one": SecretStr(b64encode(b"k" * 32).decode())}


@dataclass(frozen=True)
class Site:
    """A house, and the shelf with a draft that it lives by."""

    house: House
    desk: Desk

    @property
    def errands(self) -> Errands:
        """The errands on the shelf."""
        return Errands(self.desk.shelf.root, now_ms)

    @property
    def steps(self) -> list[Step]:
        """What is on record of the draft."""
        return [each.step for each in self.desk.shelf.release(ID).events]


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shelf with the draft r0001."""
    folder = tmp_path_factory.mktemp("drafted")
    draft(desk_at(folder / "releases"), folder)
    return folder / "releases"


@pytest.fixture
async def site(drafted: Path, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """A site with a draft; its journal keeps inputs, and two decisions are in it."""
    desk = desk_at(Path(shutil.copytree(drafted, tmp_path / "releases")))
    keeps: dict[str, Any] = {"journal_keep_input": True, "journal_input_keys": {"one": seal_key()}}
    house = await audited(tmp_path, releases=desk.shelf.root, release_keys=KEY, **keeps)
    for _ in range(2):
        await sign(house)
    await settled(house)
    yield Site(house, desk)
    await ended()
    await house.close()


async def ended() -> None:
    """No errand has a process any more."""
    end = monotonic() + PATIENCE
    while multiprocessing.active_children():
        assert monotonic() < end
        await asyncio.sleep(0.1)


@pytest.mark.slow
async def test_started_watched_by_another_worker_and_put_on_record(site: Site) -> None:
    async with browsing(site.house, "paula") as paula, browsing(site.house, "vera") as vera:
        with site.desk.shelf.writing():  # nobody puts anything on record meanwhile, and it waits
            started = await paula.send(f"{PAGE}/impact")
            assert (started.status_code, started.headers["location"]) == (303, PAGE)
            assert "Impact over the journal, started by paula on 20" in (await vera.see(PAGE)).text
            part = await until(vera, "2 of 2 decisions are done", f"{PAGE}/errands")
            assert '<progress aria-label="How far the impact over the journal is" value="2" max="2">' in part
            assert f'hx-get="{PAGE}/errands?seen=1" hx-trigger="every 2s"' in part
            assert "<form" not in part
            assert "Stop the impact" in (await paula.see(PAGE)).text
            twice = await paula.send(f"{PAGE}/impact")
            assert twice.status_code == 409
            assert "the impact over the journal of r0001 is under way already; paula started" in twice.text
            answered = await vera.client.post(SIGN, json=HIGH)
            assert (answered.status_code, bool(answered.json()["cards"])) == (200, True)
            assert site.steps == [Step.PROPOSED]
        part = await until(vera, '<section id="errands">', f"{PAGE}/errands?seen=1")
        assert '<div id="found" hx-swap-oob="true"><h2>Impact</h2>' in part
        assert 'id="stands"' not in (await vera.see(f"{PAGE}/errands?seen=2")).text
        assert "impact over decisions whose input was kept" in (await vera.see(PAGE)).text
    assert site.steps == [Step.PROPOSED, Step.IMPACT]
    await settled(site.house)
    assert len(await entries(site.house, "release")) == 2


@pytest.mark.slow
async def test_over_the_export_of_the_site(drafted: Path, tmp_path: Path) -> None:
    desk = desk_at(Path(shutil.copytree(drafted, tmp_path / "releases")))
    folder = export(tmp_path / "nightly", resources("continuation-without-dxa"))
    house = await audited(tmp_path, releases=desk.shelf.root, release_keys=KEY, export=folder)
    async with browsing(house, "paula") as paula:
        assert "Count the impact over the export" in (await paula.see(PAGE)).text
        assert (await paula.send(f"{PAGE}/impact-export")).status_code == 303
        page = await until(paula, "impact over nightly (export), counted in patients", PAGE)
        assert "incomplete" not in page
        (folder / "Condition.0002.ndjson").write_bytes(b"nonsense\n")
        assert (await paula.send(f"{PAGE}/impact-export")).status_code == 303
        words = '<p role="alert">incomplete: 1 files or lines of the export could not be read, in Condition.0002.ndjson'
        await until(paula, words, PAGE)
        record(desk, ID, "paula", Step.IMPACT, {**desk.shelf.release(ID).events[-1].details, "unreadable": 0})
        page = (await paula.see(PAGE)).text
    assert 'role="alert"' not in page
    assert desk.shelf.release(ID).events[-1].by == "paula"
    await ended()
    await house.close()


async def test_without_an_export_there_is_no_such_step(site: Site) -> None:
    async with browsing(site.house, "paula") as paula:
        page = (await paula.see(PAGE)).text
    assert "Count the impact over the journal" in page
    assert "Count the impact over the export" not in page


@pytest.mark.slow
async def test_stopped(site: Site) -> None:
    async with browsing(site.house, "paula") as paula, browsing(site.house, "phil") as phil:
        with site.desk.shelf.writing():
            await paula.send(f"{PAGE}/impact")
            assert (await phil.send(f"{PAGE}/errands/impact/stop")).headers["location"] == PAGE
            assert "stopped by phil; nothing was put on record." in (await phil.see(PAGE)).text
            await ended()
        page = (await paula.see(PAGE)).text
        assert 'role="alert">Impact over the journal, started by paula' in page
        assert "hx-get" not in page
    assert site.steps == [Step.PROPOSED]


@pytest.mark.slow
async def test_a_failure_is_told_with_the_way_out_of_it(drafted: Path, tmp_path: Path) -> None:
    desk = desk_at(Path(shutil.copytree(drafted, tmp_path / "releases")))
    house = await audited(tmp_path, releases=desk.shelf.root, release_keys=KEY)
    async with browsing(house, "paula") as paula:
        assert (await paula.send(f"{PAGE}/impact")).status_code == 303
        page = await until(paula, "failed, and nothing was put on record", f"{PAGE}/errands")
        assert "the journal tells nothing about the impact; 0 decisions are in it" in page
        assert "keep inputs (docs/journal.md)" in page
        assert "<h2>Impact</h2>" not in (await paula.see(PAGE)).text
    await ended()
    await house.close()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_nothing_of_patients_is_left_behind(drafted: Path, tmp_path: Path, how: str) -> None:
    desk = desk_at(Path(shutil.copytree(drafted, tmp_path / "releases")))
    folder = export(tmp_path / "nightly", resources("continuation-without-dxa"))
    house = await audited(tmp_path, releases=desk.shelf.root, release_keys=KEY, export=folder)
    async with browsing(house, "paula") as paula:
        with desk.shelf.writing():  # all is counted, and it waits to put that on record
            await paula.send(f"{PAGE}/impact-export")
            await until(paula, "8 of 8 parts of the export are done", f"{PAGE}/errands")
            (place,) = (tmp_path / SCRATCH).iterdir()
            (place / "Patient.parquet").touch()
            if how == "stopped":
                await paula.send(f"{PAGE}/errands/impact-export/stop")
            else:
                multiprocessing.active_children()[0].kill()
            await ended()
        assert "nothing was put on record" in (await paula.see(PAGE)).text
    assert [*(tmp_path / SCRATCH).iterdir()] == []
    await house.close()


@pytest.mark.slow
async def test_a_process_that_was_killed(site: Site) -> None:
    async with browsing(site.house, "paula") as paula:
        with site.desk.shelf.writing():
            await paula.send(f"{PAGE}/impact")
            (process,) = multiprocessing.active_children()
            process.kill()
            process.join()
            page = (await paula.see(PAGE)).text
            assert "stopped before it was finished, and nothing was put on record; start it again." in page
        assert site.steps == [Step.PROPOSED]
        assert (await paula.send(f"{PAGE}/impact")).status_code == 303
        await until(paula, "<h2>Impact</h2>", PAGE)
    assert site.steps == [Step.PROPOSED, Step.IMPACT]


async def test_an_errand_that_nobody_heard_of_for_long(site: Site) -> None:
    Errands(site.desk.shelf.root, lambda: now_ms() - SILENT_MS - 1).begin(ID, "check", "phil")
    async with browsing(site.house, "vera") as vera:
        page = (await vera.see(PAGE)).text
        assert f"{LOST}." in page
        assert "hx-get" not in page


async def test_for_roles_and_forms_of_ours(site: Site) -> None:
    async with browsing(site.house, "vera") as vera:
        site.errands.begin(ID, "check", "phil")
        assert "Check, started by phil" in (await vera.see(f"{PAGE}/errands")).text
        assert (await vera.send(f"{PAGE}/errands/check/stop")).status_code == 403
        assert (await vera.see("/audit/releases/r9999/errands")).status_code == 404
    async with browsing(site.house, "phil") as phil:
        forged = await phil.client.post(f"{PAGE}/errands/check/stop", data={"csrf": "x"})
        assert forged.status_code == 403
        assert (await phil.send(f"{PAGE}/errands/sign/stop")).status_code == 404
        assert "Check, started by phil" in (await phil.see(f"{PAGE}/errands")).text
    async with browsing(site.house) as nobody:
        assert (await nobody.see(f"{PAGE}/errands")).headers["location"] == "/audit/sign-in"
        part = await nobody.client.get(f"{PAGE}/errands", headers={"hx-request": "true"})
        assert (part.status_code, part.headers["hx-redirect"]) == (200, "/audit/sign-in")


async def test_a_page_that_renews_itself_keeps_nobody_signed_in(site: Site) -> None:
    accounts = Accounts(journal_of(site.house).database, 60_000)
    token = await accounts.begin("paula", frozenset({"pharmacist"}), 0)
    assert await accounts.session(token, 50_000, is_use=False) is not None
    assert await accounts.session(token, 61_000) is None


@pytest.mark.slow
async def test_at_the_end_of_the_service_nothing_goes_on(site: Site) -> None:
    runners = Runners(site.house.settings)
    with site.desk.shelf.writing():
        async with runners.at_work():
            runners.send(site.errands.begin(ID, "check", "paula"), DAY)
            (process,) = multiprocessing.active_children()
            niceness = [os.getpriority(os.PRIO_PROCESS, each) for each in (process.pid or 0, 0)]
            assert niceness[0] == min(niceness[1] + NICENESS, 19)
        assert multiprocessing.active_children() == []
    (told,) = site.errands.told(site.errands.kept(ID), site.desk.shelf.release(ID))
    assert (told.runs, LOST in told.words) == (False, True)


async def test_a_process_that_cannot_be_started(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(SpawnProcess, "start", full)
    async with browsing(site.house, "paula") as paula:
        told = await paula.send(f"{PAGE}/check")
        assert (told.status_code, "Resource temporarily unavailable" in told.text) == (409, True)
        assert "failed, and nothing was put on record: no process could be started" in told.text
        assert "hx-get" not in told.text


SENDS = """
from datetime import date
from time import sleep
from cds.settings import Settings
from cds.web.runners import Runners
runners = Runners(Settings())
runners.send(runners.errands.begin("r0001", "check", "paula"), date(2026, 11, 24))
print("sent", flush=True)
sleep(600)
"""


@pytest.mark.slow
def test_when_the_service_is_killed_its_errands_end(drafted: Path, tmp_path: Path) -> None:
    desk = desk_at(Path(shutil.copytree(drafted, tmp_path / "releases")))
    keys = json.dumps({name: key.get_secret_value() for name, key in KEY.items()})
    place = {"BONE_CDS_DATA_DIR": str(tmp_path), "BONE_CDS_RELEASE_KEYS": keys}
    settings = settings_for("", tmp_path, releases=desk.shelf.root)
    errands = Runners(settings).errands
    asyncio.run(prepare_journal(with_journal(Settings(data_dir=tmp_path))))
    with desk.shelf.writing():  # where the errand waits, however fast it was
        service = subprocess.Popen(
            [sys.executable, "-c", SENDS], env={**os.environ, **place}, stdout=subprocess.PIPE, text=True
        )
        assert service.stdout is not None
        assert service.stdout.readline() == "sent\n"
        service.kill()
        service.wait(PATIENCE)
        service.stdout.close()
        end = monotonic() + PATIENCE
        while errands.kept(ID)[0].ended != LOST:
            assert monotonic() < end
            sleep(0.1)
    assert [each.step for each in desk.shelf.release(ID).events] == [Step.PROPOSED]
