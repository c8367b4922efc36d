"""Takes the pictures of README from the running product: ``python -m tests.browser.pictures ADDRESS [FOLDER]``."""

import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, NAMES

HIP: Final = "/sandbox/patients/very-high-recent-hip-fracture"
LOW: Final = "/sandbox/patients/low-risk"
SIGNED: Final = "?drug=nivolumab&hook=order-sign"
PICTURES: Final = {
    "sandbox-signed": (HIP + SIGNED, 1280, 940, "light"),
    "sandbox-chart": ("/sandbox/patients/high-t-score-in-the-past" + SIGNED, 1280, 940, "light"),
    "sandbox-what-if": (LOW + SIGNED + "&if.t=-3.2&if.egfr=28&open=what-if&shut=why", 1280, 940, "light"),
    "sandbox-narrow": (HIP + SIGNED, 400, 940, "dark"),
}
"""By name: which page, how wide and high, and by day or by night."""


def prepare(page: Page, name: str) -> None:
    """What the picture is about is in view."""
    if name == "sandbox-signed":
        page.locator(".rule.fires > summary").first.click()
        page.evaluate("document.querySelector('#cards').scrollIntoView()")
        page.evaluate("document.querySelector('.rule.fires').scrollIntoView({block: 'start'})")
    if name == "sandbox-chart":
        page.evaluate("document.querySelector('#chart').scrollIntoView()")
    if name == "sandbox-what-if":
        page.evaluate("document.querySelector('.moved').scrollIntoView()")
    if name == "sandbox-narrow":
        page.evaluate("document.querySelector('#cards').scrollIntoView()")


def take(address: str, folder: Path) -> None:
    """Every picture is in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = next(found for each in NAMES if (found := shutil.which(each)))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for name, (url, width, height, scheme) in PICTURES.items():
            context = running.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(address + url)
            prepare(page, name)
            page.screenshot(path=folder / f"{name}.png")
            context.close()
        running.close()


if __name__ == "__main__":
    take(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "docs/pictures"))
