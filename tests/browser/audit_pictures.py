"""Takes the pictures of docs/audit-story.md from a running ``demo --with-history``, and releases a rule on the way.

``python -m tests.browser.audit_pictures ADDRESS PASSWORD [FOLDER]``; the data folder of the demo should be a fresh one.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from subprocess import run
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import ZipFile

from playwright.sync_api import Browser, Page, expect, sync_playwright

from cds.releases.intake import files_of_folder
from cds.resources import rules_directory
from tests.browser.conftest import FLAGS, NAMES

RULE: Final = "calcium-vitamin-d"
SUFFICIENT: Final = """  - id: sufficient
    title: Vitamin D is known and enough
    when: {fact: lab.vitamin_d, at_least: vitamin_d.insufficient}
    evidence: [{source: bhof-2022, supports: "A target of 30 ng/mL or more"}]
"""
UNREADABLE: Final = "| Medication list not readable | drug.vitamin_d_supplement: ? not-readable"
NO_SUPPLEMENT: Final = "| No supplement recorded | drug.vitamin_d_supplement: no"
NEVER: Final = f"{NO_SUPPLEMENT}; lab.vitamin_d: ? | fires | supplement |"
NEWS: Final = "## 2026.12\n\n- `calcium-vitamin-d` 2: no supplement is suggested where vitamin D is known and enough."
CHANGES: Final = {
    "ruleset.yaml": {'version: "2026.11"': 'version: "2026.12"'},
    f"{RULE}/rule.yaml": {"version: 1\n": "version: 2\n", "  - id: supplement\n": f"{SUFFICIENT}  - id: supplement\n"},
    f"{RULE}/cases.md": {
        "| silent | – |": "| silent | sufficient |",
        UNREADABLE: f"{UNREADABLE}; lab.vitamin_d: ?",
        f"{NO_SUPPLEMENT} | fires | supplement |": f"{NEVER}\n{NO_SUPPLEMENT} | silent | sufficient |".replace(
            "recorded | drug.vitamin_d_supplement: no |", "recorded, enough | drug.vitamin_d_supplement: no |"
        ),
    },
    "CHANGELOG.md": {"## Not issued yet": f"{NEWS}\n\n## Not issued yet"},
}
"""What the pharmacist writes: file by file, old words and new ones."""

LONG: Final = 600_000
"""Milliseconds that the impact over the whole history may take."""


def tightened() -> bytes:
    """The rule book with the change in it, locked, as a zip file."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "rules"
        shutil.copytree(rules_directory(), folder)
        for name, words in CHANGES.items():
            text = (folder / name).read_text("utf-8")
            for before, after in words.items():
                assert before in text, f"{name} says no longer: {before}"
                text = text.replace(before, after)
            (folder / name).write_text(text, "utf-8")
        run([Path(sys.executable).with_name("bone-cds"), "rules", "lock", "--rules", folder], check=True)
        packed = BytesIO()
        with ZipFile(packed, "w") as archive:
            for name, data in files_of_folder(folder).items():
                archive.writestr(name, data)
    return packed.getvalue()


@contextmanager
def signed_in(browser: Browser, address: str, name: str, password: str) -> Iterator[Page]:
    """A window in which that person is signed in."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, base_url=address)
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.goto("/audit/sign-in")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector("h1:has-text('Alert burden')")
    yield page
    context.close()


def step(page: Page, path: str, words: str, note: str) -> None:
    """The step with that name was taken, in the background or at once."""
    page.goto(path)
    page.fill("input[name=words]", note)
    page.click(f"button:has-text('{words}')")
    page.wait_for_load_state()
    expect(page.locator("#errands progress")).to_have_count(0, timeout=LONG)
    assert page.locator("[role=alert]").count() == 0, page.locator("[role=alert]").inner_text()


def take(browser: Browser, address: str, password: str, folder: Path) -> None:
    """The story is told, and every picture of it is in the folder."""
    with signed_in(browser, address, "phil", password) as phil:
        phil.screenshot(path=folder / "audit-burden.png")
        phil.goto("/audit/overrides")
        phil.screenshot(path=folder / "audit-overrides.png")
        phil.goto(f"/audit/decisions?topic={RULE}")
        phil.click("tbody a >> nth=0")
        phil.screenshot(path=folder / "audit-decision.png")
        phil.goto("/audit/releases")
        phil.fill("input[name=title]", "No supplement card where vitamin D is enough")
        phil.set_input_files(
            "input[name=book]", {"name": "rules.zip", "mimeType": "application/zip", "buffer": tightened()}
        )
        phil.click("button:has-text('Propose')")
        phil.wait_for_selector("h2:has-text('Steps')")
        path = phil.url.removeprefix(address)
        step(phil, path, "Check", "")
        step(phil, path, "Count the impact", "over the last ninety days")
        phil.evaluate(
            "document.querySelectorAll('pre').forEach(each => each.textContent.length > 4000 && "
            "(each.style.maxHeight = '30rem'))"
        )
    with signed_in(browser, address, "paula", password) as paula:
        step(paula, path, "Sign as checker", "read the rule and its cases")
    with signed_in(browser, address, "anna", password) as anna:
        step(anna, path, "Approve", "")
        step(anna, path, "Put in force", "decided in the drug committee")
        anna.screenshot(path=folder / "audit-release.png", full_page=False)
        anna.locator("h2:has-text('Impact')").scroll_into_view_if_needed()
        anna.evaluate("[...document.querySelectorAll('h2')].find(e => e.textContent === 'Impact').scrollIntoView()")
        anna.screenshot(path=folder / "audit-impact.png")


def main(address: str, password: str, folder: Path) -> None:
    """Takes the pictures in Chromium."""
    folder.mkdir(parents=True, exist_ok=True)
    path = next(found for each in NAMES if (found := shutil.which(each)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        take(browser, address.rstrip("/"), password, folder)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3] if len(sys.argv) > 3 else "docs/pictures"))
