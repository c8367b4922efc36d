"""The pharmacist's pages in a browser, from a service in a process of its own: signed in, looked at, signed out."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.audit.test_releases import zipped
from tests.browser.looking import window

COMMAND: Final = (sys.executable, "-c", "from cds.cli import main; main()")
PATIENCE: Final = 90
PAGES: Final = {"burden": "Alert burden", "overrides": "Overrides", "decisions": "Decisions", "releases": "Releases"}


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a running service, and the password of ``phil``, a pharmacist."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("audit")
    place = {**os.environ, "BONE_CDS_DATA_DIR": str(folder), "BONE_CDS_LOG_LEVEL": "error"}
    adding = (*COMMAND, "audit-users", "add", "phil", "--role", "pharmacist")
    added = subprocess.run(adding, env=place, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    told = re.search(r"password (\S+)", added)
    assert told, added
    process = subprocess.Popen((*COMMAND, "serve", "--port", str(port)), env=place)
    until = time.monotonic() + PATIENCE
    while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}", told[1]
    process.terminate()
    process.wait(PATIENCE)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1400, 400])
def test_a_pharmacist_signs_in_and_looks_around(
    browser: Browser, audit: tuple[str, str], pictures: Path, width: int
) -> None:
    address, password = audit
    with window(browser, address, pictures, width) as seen:
        seen.open("/audit")
        seen.look("audit-sign-in")
        seen.page.fill("input[name=name]", "phil")
        seen.page.fill("input[name=password]", password)
        seen.page.click("button[type=submit]")
        expect(seen.page.locator("h1")).to_contain_text(PAGES["burden"])
        for name, title in PAGES.items():
            seen.open(f"/audit/{name}")
            expect(seen.page.locator("h1")).to_contain_text(title)
            seen.look(f"audit-{name}")


@pytest.mark.slow
def test_a_check_goes_on_beside_the_page_and_its_result_comes_by_itself(
    browser: Browser, audit: tuple[str, str], pictures: Path
) -> None:
    address, password = audit
    other = {"bone-cds rule book": "Bone health, second edition", "2026.11": "2026.12"}
    with window(browser, address, pictures, 1400) as seen:
        seen.open("/audit/sign-in")
        seen.page.fill("input[name=name]", "phil")
        seen.page.fill("input[name=password]", password)
        seen.page.click("button[type=submit]")
        expect(seen.page.locator("h1")).to_contain_text(PAGES["burden"])
        seen.open("/audit/releases")
        seen.page.fill("input[name=title]", "A clearer label")
        book: FilePayload = {"name": "rules.zip", "mimeType": "application/zip", "buffer": zipped(**other)}
        seen.page.set_input_files("input[name=book]", book)
        seen.page.click("button:has-text('Propose')")
        seen.page.click("button:has-text('Check')")
        expect(seen.page.locator("#errands")).to_contain_text("Check, started by phil")
        seen.look("audit-errand")
        seen.page.fill("input[name=words]", "not lost")
        expect(seen.page.locator("#found")).to_contain_text("0 errors", timeout=PATIENCE * 1000)
        expect(seen.page.locator("#stands")).to_contain_text("checked")
        expect(seen.page.locator("#errands progress")).to_have_count(0, timeout=PATIENCE * 1000)
        expect(seen.page.locator("input[name=words]")).to_have_value("not lost")
        seen.look("audit-release")
