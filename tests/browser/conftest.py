"""A running sandbox and Debian's Chromium. Without a browser these tests are skipped and say so; in CI that fails."""

import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from unittest.mock import patch

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from cds.resources import fixtures_directory
from tests.web.desk import desk
from tests.web.sandbox.bedside import SITE, rules

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENTS: Final = (
    "very-high-recent-hip-fracture",
    "continuation-without-dxa",
    "on-treatment-13-months",
    "low-risk",
    "high-t-score-in-the-past",
    "high-old-vertebral-fracture",
    "high-frax",
)
STARTS_WITHIN: Final = 30


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with a profile of its own; for one module, because no other event loop can run meanwhile."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(
            f"no browser was found ({', '.join(NAMES)}): the pages were NOT tested in one; apt-get install chromium"
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running sandbox with a few patients in it."""
    folder = tmp_path_factory.mktemp("patients")
    for name in PATIENTS:
        shutil.copy(fixtures_directory() / "patients" / f"{name}.json", folder)
    with patch("cds.bootstrap.rules_for", rules):
        app = desk(fhir_load=folder, site=SITE, budget_seconds=1.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        _wait(server)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(STARTS_WITHIN)


def _wait(server: uvicorn.Server) -> None:
    """The server answers."""
    until = time.monotonic() + STARTS_WITHIN
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where a run leaves its pictures; nothing of it is committed."""
    folder = Path(__file__).resolve().parents[2] / "build" / "browser" / str(sys.implementation.cache_tag)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
