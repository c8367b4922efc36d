"""One window on the sandbox: it notes every complaint of the browser, and looks at what it shows as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

SIGNED = "?drug=nivolumab&hook=order-sign"
TIDY = "document.querySelectorAll('[style=\"\"]').forEach(each => each.removeAttribute('style'))"
"""axe leaves empty style attributes behind; htmx would copy them, and the policy complain."""

Scheme = Literal["light", "dark"]


@dataclass
class Window:
    """A page of a browser; ``complaints`` are errors of scripts and of the content security policy."""

    page: Page
    address: str
    pictures: Path
    name: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """The page at that path is there."""
        self.page.goto(self.address + path)

    def patient(self, name: str, query: str = "") -> None:
        """That patient's page is there."""
        self.open(f"/sandbox/patients/{name}{query}")

    def look(self, what: str) -> None:
        """What is shown has no accessibility violation and is not wider than the window; a picture of it is kept."""
        self.page.screenshot(path=self.pictures / f"{self.name}-{what}.png", full_page=True)
        found = [f"{each['id']}: {each['nodes'][0]['target']}" for each in self.axe()]
        assert found == [], f"{what}: {found}"
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(wide) <= 0, f"{what} is wider than the window"

    def axe(self) -> list[Any]:
        """The violations on the page."""
        found = list(Axe().run(self.page).response["violations"])
        self.page.evaluate(TIDY)
        return found

    def sees(self, words: str) -> None:
        """The words stand on the page, now or in a moment."""
        expect(self.page.locator("body")).to_contain_text(words)

    def opens(self, selector: str) -> None:
        """A part of the page that was folded is open."""
        part = self.page.locator(selector).first
        if part.get_attribute("open") is None:
            part.locator("> summary").click()


@contextmanager
def window(
    browser: Browser, address: str, pictures: Path, width: int = 1400, scheme: Scheme = "light", *, scripts: bool = True
) -> Iterator[Window]:
    """A window of that width; at its end nothing may have gone wrong in it."""
    size: Any = {"width": width, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts)
    page = context.new_page()
    page.set_default_timeout(15_000)
    shown = Window(page, address, pictures, f"{width}-{scheme}")
    page.on("pageerror", lambda fault: shown.complaints.append(str(fault)))
    page.on(
        "console",
        lambda told: (
            shown.complaints.append(f"{page.url} {told.text} {told.location}") if told.type == "error" else None
        ),
    )
    yield shown
    context.close()
    wrong = [each for each in shown.complaints if "status of 4" not in each]
    assert wrong == [], wrong
