"""What a release's page offers: steps on that release alone, possible now for this person; refused to all others."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cds.bootstrap import House
from cds.journal.install import archive_of
from cds.releases.desk import Desk
from cds.releases.event import Step
from cds.releases.force import activate, begin_trial
from cds.releases.signoff import approve, record, sign
from cds.releases.trail import compared, journalled
from cds.releases.verify import proven
from cds.web.audit.steps import STEPS
from tests.audit.desk import Browser, audited, browsing
from tests.audit.test_errands import KEY
from tests.journal.desk import checked, journal_of
from tests.releases.office import SOUND, approved, desk_at, draft, passed

FIRST, SECOND, THIRD = "/audit/releases/r0001", "/audit/releases/r0002", "/audit/releases/r0003"
ALWAYS = ["check", "impact"]


@dataclass(frozen=True)
class Site:
    """A house, and the shelf that it lives by."""

    house: House
    desk: Desk


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shelf with r0001 in force, r0002 on trial and approved, r0003 signed; Ada, Carl and Ann did it."""
    folder = tmp_path_factory.mktemp("three")
    desk = desk_at(folder / "releases")
    approved(desk, folder, "2026.12")
    activate(desk, "r0001", "Ann")
    approved(desk, folder, "2027.01")
    begin_trial(desk, "r0002", "Carl")
    passed(desk, draft(desk, folder, "2027.02"))
    sign(desk, "r0003", "Carl")
    return folder / "releases"


@pytest.fixture
async def three(shelf: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A site with these three."""
    desk = desk_at(Path(shutil.copytree(shelf, tmp_path / "releases")))
    house = await audited(tmp_path, releases=desk.shelf.root, release_keys=KEY)
    yield Site(house, desk)
    await house.close()


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Site]:
    """A site with a draft of Phil's."""
    desk = desk_at(tmp_path / "releases")
    draft(desk, tmp_path, by="phil")
    house = await audited(tmp_path, releases=desk.shelf.root, release_keys=KEY)
    yield Site(house, desk)
    await house.close()


async def offers(browser: Browser, release: str) -> dict[str, str]:
    """The steps that the page offers, and their words."""
    page = (await browser.see(release)).text
    return dict(re.findall(rf'formaction="{release}/([^"]+)">([^<]+)</button>', page))


async def offered_to(site: Site, name: str, release: str = FIRST) -> list[str]:
    """The steps that are offered to that person."""
    async with browsing(site.house, name) as browser:
        return [*await offers(browser, release)]


async def refusal(browser: Browser, address: str, words: str = "") -> str:
    """Why the step is refused."""
    told = await browser.send(address, words=words)
    assert told.status_code == 409, told.text
    found = re.search(r'<p role="alert">([^<]+)</p>', told.text)
    assert found is not None
    return found.group(1)


async def test_steps_are_on_the_release_that_they_concern(three: Site) -> None:
    async with browsing(three.house, "anna") as anna:
        assert await offers(anna, FIRST) == {"roll-back": "Roll back to the rules of the settings"}
        second = await offers(anna, SECOND)
        assert second == {"end-trial": "End the trial of r0002", "activate": "Put in force"}
        assert [*await offers(anna, THIRD)] == [*ALWAYS, "approve"]
        assert (await anna.send(f"{SECOND}/activate")).status_code == 303
        assert await offers(anna, FIRST) == {"trial": "Put on trial"}
        assert await offers(anna, SECOND) == {"roll-back": "Roll back to r0001"}


async def test_nothing_happens_to_another_release(three: Site) -> None:
    before = [each.stored for each in three.desk.shelf.releases()]
    async with browsing(three.house, "anna") as anna:
        assert "r0003 is not on trial; r0002 is" in await refusal(anna, f"{THIRD}/end-trial")
        assert "r0003 is not in force; r0001 is" in await refusal(anna, f"{THIRD}/roll-back", "why not")
        why = await refusal(anna, f"{THIRD}/trial")
        assert why.startswith("r0003 cannot be on trial; r0002 is")
        assert why.endswith("end the trial of r0002 on its page first")
    assert (three.desk.shelf.active(), three.desk.shelf.trial()) == ("r0001", "r0002")
    assert [each.stored for each in three.desk.shelf.releases()] == before


async def test_a_refusal_on_a_page_names_no_command(three: Site) -> None:
    async with browsing(three.house, "anna") as anna:
        assert (await refusal(anna, f"{FIRST}/roll-back")).endswith("write it into the note for the record")
        told = [await refusal(anna, f"{release}/{step}") for release in (FIRST, THIRD) for step in ("sign", "activate")]
    assert [each for each in told if "bone-cds " in each or "--" in each] == []


async def test_what_is_not_possible_for_this_person_now_is_not_offered(one: Site) -> None:
    for name in ("phil", "paula", "anna"):
        assert await offered_to(one, name) == ALWAYS
    record(one.desk, "r0001", "phil", Step.CHECKED, {**SOUND, "errors": 1})
    assert await offered_to(one, "paula") == ALWAYS
    passed(one.desk, one.desk.shelf.release("r0001"))
    assert await offered_to(one, "phil") == ALWAYS
    assert await offered_to(one, "paula") == [*ALWAYS, "sign"]
    sign(one.desk, "r0001", "paula")
    assert await offered_to(one, "phil") == ALWAYS
    assert await offered_to(one, "paula") == [*ALWAYS, "withdraw"]
    assert await offered_to(one, "anna") == [*ALWAYS, "approve", "trial"]
    approve(one.desk, "r0001", "anna")
    assert await offered_to(one, "phil") == []
    assert await offered_to(one, "anna") == ["trial", "activate"]
    (one.desk.shelf.root / "r0001" / "rules" / "README.md").write_text("touched")
    assert await offered_to(one, "anna") == []


async def test_what_is_not_offered_is_refused_all_the_same(one: Site) -> None:
    before = one.desk.shelf.release("r0001").stored
    async with browsing(one.house, "anna") as anna:
        await offers(anna, FIRST)
        for step in STEPS.keys() - {"check", "impact"}:
            assert await refusal(anna, f"{FIRST}/{step}", "all the same")
    assert one.desk.shelf.release("r0001").stored == before


async def test_a_page_that_renews_itself_offers_what_became_possible(one: Site) -> None:
    passed(one.desk, one.desk.shelf.release("r0001"))
    async with browsing(one.house, "paula") as paula:
        page = (await paula.see(f"{FIRST}/errands?seen=1")).text
        assert re.search(r'<div class="steps" id="steps" hx-swap-oob="true">.*Sign as checker', page, re.DOTALL)
    async with browsing(one.house, "vera") as vera:
        assert 'id="steps"' not in (await vera.see(f"{FIRST}/errands?seen=1")).text


async def test_a_signature_is_withdrawn_by_whoever_gave_it_and_the_release_goes_on(one: Site) -> None:
    passed(one.desk, one.desk.shelf.release("r0001"))
    async with browsing(one.house, "anna") as anna, browsing(one.house, "paula") as paula:
        await offers(anna, FIRST)
        assert (await anna.send(f"{FIRST}/sign")).status_code == 303
        assert [*await offers(anna, FIRST)] == [*ALWAYS, "withdraw", "trial"]
        assert "that of anna" in await refusal(paula, f"{FIRST}/withdraw")
        assert (await anna.send(f"{FIRST}/withdraw", words="I am to approve it")).status_code == 303
        assert "signature withdrawn: anna" in (await anna.see(FIRST)).text
        assert "sign" in await offers(paula, FIRST)
        assert (await paula.send(f"{FIRST}/sign")).status_code == 303
        assert (await anna.send(f"{FIRST}/approve")).status_code == 303
        manifest = json.loads((await anna.see(f"{FIRST}/manifest.json")).text)
    assert [manifest[role]["name"] for role in ("author", "checker", "approver")] == ["phil", "paula", "anna"]
    release = one.desk.shelf.release("r0001")
    assert "checker: paula" in "\n".join(proven(release, one.desk.shelf.keys))
    assert (await compared(journal_of(one.house).database, release)).unwritten == ()
    archive = archive_of(one.house.settings)
    assert await journalled(archive, one.desk.shelf) == 0
    await archive.database.close()
    assert (await checked(one.house)).faults == []
