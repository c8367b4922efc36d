"""In a side panel of 400 pixels nothing that can be unfolded makes the page wider, and what scrolls has the focus."""

import json
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.looking import SIGNED, Window, window

WIDTH: Final = 400
PEOPLE: Final = ("very-high-recent-hip-fracture", "on-treatment-13-months", "high-t-score-in-the-past", "high-frax")
PAGES: Final = (
    *(f"/sandbox/patients/{name}{SIGNED}" for name in PEOPLE),
    f"/sandbox/patients/high-frax{SIGNED}&if.t=-3.4&broken=conditions",
    "/sandbox/requests/high-frax",
    "/sandbox",
)
WIDTHS: Final = """
() => {
  const all = [...document.querySelectorAll("details")], wide = [];
  const told = each => `${each.id || each.className} ${each.querySelector("summary").textContent.trim().slice(0, 60)}`;
  const width = () => document.documentElement.scrollWidth;
  for (const each of all) {
    for (let at = each; at; at = at.parentElement?.closest("details")) at.open = true;
    if (width() > innerWidth) wide.push(`${told(each)}: ${width()}`);
    for (let at = each; at; at = at.parentElement?.closest("details")) at.open = false;
  }
  for (const each of all) each.open = true;
  return [all.length, [...wide, ...(width() > innerWidth ? [`all together: ${width()}`] : [])]];
}
"""
"""Opens each alone, then all of them; returns how many there are, and which make the page wider than the window."""

UNLABELLED: Final = """
() => [...document.querySelectorAll("main *")]
  .filter(each => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === "auto")
  .filter(each => each.tabIndex < 0 || (each.tagName === "DIV" && !each.ariaLabel))
  .map(each => each.outerHTML.slice(0, 80))
"""


def _narrow(seen: Window, name: str) -> None:
    """Whatever is unfolded, the page stays as wide as the window."""
    count, wide = seen.page.evaluate(WIDTHS)
    assert count, name
    assert wide == [], f"{name}: {wide}"
    assert seen.page.evaluate(UNLABELLED) == [], f"{name}: cannot be scrolled by keyboard"
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= WIDTH


@pytest.mark.slow
def test_nothing_that_is_unfolded_is_wider_than_the_panel(browser: Browser, address: str, pictures: Path) -> None:
    with window(browser, address, pictures, WIDTH) as seen:
        for path in PAGES:
            seen.open(path)
            _narrow(seen, path)
        seen.open(PAGES[1])
        for name in ("#tips", "#values", "#scores", "#events"):
            seen.opens(name)
        expect(seen.page.locator("#tips .flip").first).to_be_visible()
        seen.page.locator(".actions summary").first.click()
        seen.look("unfolded")


@pytest.mark.slow
def test_an_answered_card_and_ones_own_bundle_are_no_wider(browser: Browser, address: str, pictures: Path) -> None:
    with window(browser, address, pictures, WIDTH) as seen:
        seen.open(PAGES[2])
        seen.page.get_by_role("button", name="Accept").first.click()
        expect(seen.page.locator(".card.done")).to_be_visible()
        _narrow(seen, "answered")
        seen.open("/sandbox/own")
        sound = {"resourceType": "Patient", "id": "x", "birthDate": "1950-01-01"}
        faulty = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "x" * 90: 1}
        entries = [{"resource": each} for each in (sound, faulty, {"resourceType": "Unheard" * 12})]
        whole = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
        seen.page.get_by_label("JSON", exact=True).fill(whole)
        seen.page.get_by_role("button", name="Read it").click()
        seen.sees("Not everything in the Bundle is in this record")
        _narrow(seen, "left out")
        seen.look("left-out")
