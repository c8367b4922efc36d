"""Releases in the browser: uploaded, checked, signed by three people, in force, rolled back; refused with reasons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from cds.bootstrap import House
from cds.releases.intake import files_of_folder
from cds.resources import rules_directory
from tests.audit.desk import Browser, audited, browsing, until
from tests.journal.desk import checked, entries, settled


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with accounts."""
    house = await audited(tmp_path)
    yield house
    await house.close()


def zipped(**changed: str) -> bytes:
    """The shipped rules as a zip file, with these words of ``ruleset.yaml`` in place of others."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, data in files_of_folder(rules_directory()).items():
            text = data
            if name == "ruleset.yaml":
                for before, after in changed.items():
                    text = text.replace(before.encode(), after.encode())
            archive.writestr(name, text)
    return packed.getvalue()


async def proposed(browser: Browser) -> str:
    """The address of a release of which the label of the cards is another."""
    other = {"bone-cds rule book": "Bone health, second edition", "2026.11": "2026.12"}
    book = {"book": ("rules.zip", zipped(**other))}
    response = await browser.send("/audit/releases", book, title="A clearer label")
    assert response.status_code == 303, response.text
    return response.headers["location"]


async def taken(house: House, name: str, release: str, *steps: str) -> list[int]:
    """What each step is answered with, when that person takes it."""
    async with browsing(house, name) as browser:
        return [(await browser.send(f"{release}/{step}", words="fine")).status_code for step in steps]


@pytest.mark.slow
async def test_the_way_of_a_release(house: House) -> None:
    async with browsing(house, "phil") as phil:
        release = await proposed(phil)
    assert await taken(house, "phil", release, "sign") == [409]
    assert await taken(house, "paula", release, "check") == [303]
    async with browsing(house, "vera") as vera:
        await until(vera, "<h2>Check</h2>", release)
        page = await vera.see(release)
        assert "Bone health, second edition" in page.text
        assert "cases" in page.text
        assert '<form method="post" action="/audit/releases/' not in page.text
        assert (await vera.see(f"{release}/manifest.json")).status_code == 404
        assert (await vera.send(f"{release}/check")).status_code == 403
    assert await taken(house, "phil", release, "sign") == [409]
    assert await taken(house, "paula", release, "sign") == [303]
    assert await taken(house, "anna", release, "activate", "approve", "trial", "activate") == [409, 303, 303, 303]
    async with browsing(house, "anna") as anna:
        page = await anna.see(release)
        assert "in force" in page.text
        assert "on trial beside 0 decisions" in page.text
        assert "anna" in (await anna.see(f"{release}/manifest.json")).text
        assert (await anna.send(f"{release}/roll-back")).status_code == 409
        assert (await anna.send(f"{release}/roll-back", words="noisier than we thought")).status_code == 303
        assert "was in force" in (await anna.see(release)).text
    await settled(house)
    assert len(await entries(house, "release")) == 7
    assert (await checked(house)).faults == []


async def test_what_is_no_rule_book_or_no_change_is_refused_with_the_reason(house: House) -> None:
    async with browsing(house, "phil") as phil:
        for body, words in (
            (b"no zip", "cannot be unpacked"),
            (zipped(), "nothing differs"),
            (b"", "choose a zip file"),
        ):
            told = await phil.send("/audit/releases", {"book": ("x.zip", body)}, title="t")
            assert (told.status_code, words in told.text) == (409, True), told.text
        assert (await phil.see("/audit/releases/r9999")).status_code == 404
    await settled(house)
    assert await entries(house, "release") == []


async def test_steps_are_for_roles_and_forms_of_ours(house: House) -> None:
    async with browsing(house, "phil") as phil:
        release = await proposed(phil)
        assert (await phil.send(f"{release}/approve")).status_code == 409
        assert (await phil.send(f"{release}/nonsense")).status_code == 404
        forged = await phil.client.post(f"{release}/check", data={"csrf": "x"})
        assert forged.status_code == 403
    assert await taken(house, "anna", release, "approve", "activate", "roll-back", "trial") == [409] * 4
