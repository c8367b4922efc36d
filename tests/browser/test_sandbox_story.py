"""The whole story in a browser: open, choose, sign, read, accept, override, suppose, break, bring your own."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from cds.resources import fixtures_directory
from tests.browser.looking import SIGNED, Scheme, Window, window

HIP = "very-high-recent-hip-fracture"


@pytest.mark.parametrize(
    ("width", "scheme", "patient"),
    [(1400, "light", "continuation-without-dxa"), (400, "dark", "on-treatment-13-months")],
)
@pytest.mark.slow
def test_the_story(browser: Browser, address: str, pictures: Path, width: int, scheme: Scheme, patient: str) -> None:
    with window(browser, address, pictures, width, scheme) as seen:
        _find(seen, patient)
        _choose_and_sign(seen)
        _read(seen)
        _answer(seen)
        _suppose(seen)


def _find(seen: Window, patient: str) -> None:
    """The patient is found by a word of the story, and the chart is open."""
    seen.open("/sandbox")
    seen.look("patients")
    seen.page.get_by_label("Find a patient").press_sequentially("six months" if "dxa" in patient else "13 months")
    expect(seen.page.locator("#patients .person")).to_have_count(1)
    seen.page.locator("#patients .person > a").first.click()
    seen.sees("patient-view")
    expect(seen.page.locator(".steps a[aria-current=step]")).to_contain_text("Open the chart")
    seen.look("chart")


def _choose_and_sign(seen: Window) -> None:
    """A drug is typed and added, the order is signed, and the cards are there."""
    seen.page.get_by_role("combobox", name="Checkpoint inhibitor").fill("opdivo")
    seen.page.get_by_role("button", name="Add").click()
    expect(seen.page).to_have_url(re.compile("drug=nivolumab&hook=order-select"))
    expect(seen.page.locator(".draft")).to_contain_text("Nivolumab")
    seen.page.get_by_role("button", name="Sign the order").click()
    expect(seen.page).to_have_url(re.compile("hook=order-sign"))
    expect(seen.page.locator(".card").first).to_be_visible()


def _read(seen: Window) -> None:
    """Reasons, reads and what would change the answer can be opened and read."""
    seen.opens("#why")
    seen.opens(".rule.fires")
    expect(seen.page.locator(".rule.fires .lines").first).to_be_visible()
    seen.opens("#tips")
    expect(seen.page.locator("#tips .flip").first).to_be_visible()
    seen.page.locator("#tips > summary").click()
    seen.opens("#reads")
    seen.opens("#wire")
    seen.sees("POST /cds-services/ici-bone-health-order-sign")
    seen.look("signed")


def _answer(seen: Window) -> None:
    """One suggestion is accepted, a card overridden, and the next signing says what is different."""
    first = seen.page.locator(".card").first
    summary = first.locator("h3").inner_text()
    first.get_by_role("button", name="Accept").first.click()
    done = seen.page.locator(".card.done").first
    expect(done).to_contain_text("Accepted")
    expect(done).to_contain_text("answered 200")
    expect(done.locator("a[href*='/fhir/ServiceRequest/']").first).to_be_visible()
    seen.look("accepted")
    done.get_by_role("button", name="Sign again").click()
    seen.sees("Since the last signing")
    expect(seen.page.locator(".cards .card h3", has_text=summary)).to_have_count(0)
    seen.look("signed-again")


def _suppose(seen: Window) -> None:
    """Something is supposed, a source is broken: before and after are shown, and undone."""
    seen.opens("#what-if")
    seen.page.get_by_role("textbox", name="T-score, lowest").fill("-3.4")
    seen.page.get_by_role("button", name="Suppose it").click()
    expect(seen.page).to_have_url(re.compile(r"if\.t=-3\.4"))
    expect(seen.page.locator(".moved")).to_contain_text("very-high")
    seen.page.get_by_label("Source to break").select_option("conditions")
    seen.page.get_by_role("button", name="Suppose it").click()
    expect(seen.page.locator(".moved")).to_contain_text("could not be checked")
    seen.sees("Bone-health check incomplete")
    seen.look("broken")
    seen.page.get_by_role("link", name="Back to the record as it is", exact=True).click()
    expect(seen.page.locator(".moved")).to_have_count(0)


@pytest.mark.slow
def test_a_card_is_overridden_with_its_reason(browser: Browser, address: str, pictures: Path) -> None:
    with window(browser, address, pictures, scheme="dark") as seen:
        seen.patient("high-t-score-in-the-past", SIGNED)
        card = seen.page.locator(".card.warning").first
        summary = card.locator("h3").inner_text()
        card.locator(".override > summary").click()
        card.get_by_label("Reason").select_option(index=1)
        card.get_by_label("Comment").fill("<img src=x onerror=alert(1)>")
        card.get_by_role("button", name="Override this card").click()
        expect(seen.page.locator(".card.done")).to_contain_text("Overridden")
        seen.page.locator(".card.done [role=button]").click()
        seen.sees("answered before, silent for now")
        expect(seen.page.locator(".cards .card h3", has_text=summary)).to_have_count(0)
        seen.look("overridden")


@pytest.mark.slow
def test_the_keyboard_is_enough(browser: Browser, address: str, pictures: Path) -> None:
    with window(browser, address, pictures) as seen:
        seen.patient("low-risk")
        keys = seen.page.keyboard
        keys.press("Tab")
        expect(seen.page.locator(".skip")).to_be_focused()
        keys.press("Enter")
        _tab_to(seen, "#add")
        keys.type("Keytruda")
        keys.press("Enter")
        expect(seen.page).to_have_url(re.compile("drug=pembrolizumab"))
        _tab_to(seen, ".sign button")
        keys.press("Enter")
        expect(seen.page).to_have_url(re.compile("hook=order-sign"))
        _tab_to(seen, ".suggestion button")
        keys.press("Enter")
        expect(seen.page.locator(".card.done")).to_contain_text("Accepted")


def _tab_to(seen: Window, selector: str) -> None:
    """The first such element has the focus, reached by the tabulator alone, and shows it."""
    wanted = seen.page.locator(selector).first
    for _ in range(120):
        seen.page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            style = wanted.evaluate("each => getComputedStyle(each).outlineStyle")
            assert style != "none", f"{selector} does not show its focus"
            return
    raise AssertionError(f"{selector} cannot be reached by the keyboard")


@pytest.mark.slow
def test_own_bundle_and_bad_input(browser: Browser, address: str, pictures: Path, tmp_path: Path) -> None:
    with window(browser, address, pictures, 400) as seen:
        seen.open("/sandbox/own")
        seen.look("own")
        seen.page.get_by_label("JSON", exact=True).fill("{not json</textarea><script>alert(1)</script>")
        seen.page.get_by_role("button", name="Read it").click()
        seen.sees("This is not sound JSON")
        assert seen.page.get_by_label("JSON", exact=True).input_value().startswith("{not json</textarea>")
        seen.look("not-json")
        large = tmp_path / "large.json"
        large.write_bytes(b"[" + b" " * 50 * 1024 * 1024 + b"]")
        seen.page.get_by_label("or a file").set_input_files(large)
        seen.page.get_by_role("button", name="Read it").click()
        seen.sees("larger than the 5 MB")
        seen.page.get_by_label("or a file").set_input_files(fixtures_directory() / "patients" / f"{HIP}.json")
        seen.page.get_by_role("button", name="Read it").click()
        expect(seen.page).to_have_url(re.compile("/sandbox/patients/own-"))
        seen.patient(HIP, "?add=aspirin")
        seen.sees("“aspirin” is no checkpoint inhibitor")
        seen.look("unknown-drug")


@pytest.mark.slow
def test_the_address_says_which_panels_are_open(browser: Browser, address: str, pictures: Path) -> None:
    with window(browser, address, pictures) as seen:
        seen.patient("high-old-vertebral-fracture", SIGNED)
        seen.page.locator("#why > summary").click()
        for panel in ("#wire", "#request", "#reads"):
            seen.opens(panel)
        expect(seen.page).to_have_url(re.compile(r"hook=order-sign&open=reads\.request\.wire&shut=why$"))
        _anew(seen, "Sign the order")
        assert _open(seen) == ["reads", "request", "wire"]
        seen.page.locator("#reads > summary").click()
        seen.opens("#what-if")
        seen.page.get_by_role("textbox", name="T-score, lowest").fill("-3.4")
        _anew(seen, "Suppose it")
        expect(seen.page).to_have_url(re.compile(r"if\.t=-3\.4&open=request\.what-if\.wire&shut=why$"))
        seen.opens("#tips")
        expect(seen.page.locator("#tips .flip").first).to_be_visible()
        seen.page.get_by_role("link", name="Undo all").click()
        expect(seen.page).to_have_url(re.compile(r"hook=order-sign&open=request\.tips\.what-if\.wire&shut=why$"))
        expect(seen.page.locator("#tips .flip").first).to_be_visible()
        assert _open(seen) == ["request", "tips", "what-if", "wire"]
        seen.page.locator("#tips > summary").click()
        seen.page.get_by_role("button", name="Accept").first.click()
        seen.page.locator(".card.done").get_by_role("button", name="Sign again").click()
        seen.sees("Since the last signing")
        expect(seen.page).to_have_url(re.compile(r"open=request\.what-if\.wire&shut=why$"))
        seen.page.go_back()
        expect(seen.page).to_have_url(re.compile(r"if\.t=-3\.4&open=request\.tips\.what-if\.wire&shut=why$"))
        assert _open(seen) == ["request", "tips", "what-if", "wire"]


@pytest.mark.slow
def test_the_address_says_which_card_is_being_overridden(browser: Browser, address: str, pictures: Path) -> None:
    with window(browser, address, pictures) as seen:
        seen.patient("high-frax", f"{SIGNED}&open=wire")
        seen.opens("#override-antiresorptive")
        expect(seen.page).to_have_url(re.compile(r"open=override-antiresorptive\.wire$"))
        _anew(seen, "Sign the order")
        assert _open(seen) == ["override-antiresorptive", "why", "wire"]
        override = seen.page.locator("#override-antiresorptive")
        override.get_by_role("combobox").select_option(index=1)
        override.get_by_role("button", name="Override this card").click()
        expect(seen.page.locator(".card.done")).to_be_visible()
        expect(seen.page).to_have_url(re.compile(r"open=wire$"))
        seen.page.locator(".card.done").get_by_role("button", name="Sign again").click()
        seen.sees("Since the last signing")
        expect(seen.page).to_have_url(re.compile(r"open=wire$"))


def _anew(seen: Window, button: str) -> None:
    """The button is pressed, and what it brings has taken the page's place."""
    seen.page.evaluate("document.querySelector('#stage').classList.add('before')")
    seen.page.get_by_role("button", name=button).click()
    expect(seen.page.locator("#stage.before")).to_have_count(0)


def _open(seen: Window) -> list[str]:
    """The panels that are open."""
    ids = "[...document.querySelectorAll('details[data-panel][open]')].map(each => each.id).sort()"
    found: list[str] = seen.page.evaluate(ids)
    return found


@pytest.mark.slow
def test_it_works_without_scripts(browser: Browser, address: str, pictures: Path) -> None:
    with window(browser, address, pictures, scripts=False) as seen:
        seen.patient(HIP, SIGNED)
        seen.page.get_by_role("button", name="Accept").first.click()
        expect(seen.page.locator(".since")).to_contain_text("Accepted")
        seen.page.locator("#tips > summary").click()
        seen.page.get_by_role("link", name="Work it out").click()
        expect(seen.page.locator(".flip").first).to_be_visible()
        seen.patient(HIP, SIGNED)
        seen.page.locator("#reads > summary").click()
        seen.page.locator("#reads").get_by_role("link", name="Keep it open in the address").click()
        expect(seen.page).to_have_url(re.compile(r"hook=order-sign&open=reads#reads$"))
        seen.page.get_by_role("button", name="Sign the order").click()
        expect(seen.page).to_have_url(re.compile(r"&open=reads$"))
        assert _open(seen) == ["reads", "why"]
