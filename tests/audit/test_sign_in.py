"""Signing in: passwords, roles, forms from elsewhere, sessions that end, and what the journal says of it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import msgspec
import pytest

from cds.access.passwords import hashed
from cds.bootstrap import House
from cds.journal.accounts import LOCK_MS, LONGEST_MS, TRIES, Accounts
from cds.web.audit.refusals import PAUSE_MS
from cds.web.audit.turns import AGAIN_SECONDS, AT_ONCE, WAITING
from tests.audit.desk import PASSWORD, PATIENCE, audited, browsing
from tests.journal.desk import checked, entries, journal_of, settled


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with accounts."""
    house = await audited(tmp_path)
    yield house
    await house.close()


async def views(house: House) -> list[tuple[str, str]]:
    """Who did what, as the journal says."""
    await settled(house)
    told = [msgspec.json.decode(entry.body) for entry in await entries(house, "view")]
    return [(each["by"], each["what"]) for each in told]


async def test_nobody_sees_anything_without_signing_in(house: House) -> None:
    async with browsing(house) as browser:
        for page in (
            "burden",
            "overrides",
            "decisions",
            "rules",
            "decisions/x",
            "decisions/x.json",
            "burden/cards.csv",
        ):
            response = await browser.see(f"/audit/{page}")
            assert (response.status_code, response.headers["location"]) == (303, "/audit/sign-in")
        assert (await browser.see("/audit/sign-in")).status_code == 200


async def test_a_session_is_for_this_browser_and_these_pages(house: House) -> None:
    async with browsing(house) as browser:
        response = await browser.sign_in("vera")
        cookie = response.headers["set-cookie"].lower()
        assert all(each in cookie for each in ("httponly", "samesite=lax", "path=/audit"))
        page = await browser.see("/audit/burden")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-frame-options"] == "DENY"
    assert await views(house) == [("vera", "signed in")]


async def test_roles_open_pages(house: House) -> None:
    for name, status in (("vera", 403), ("phil", 200), ("anna", 200)):
        async with browsing(house, name) as browser:
            assert (await browser.see("/audit/decisions")).status_code == status
            assert (await browser.see("/audit/rules")).status_code == 200


async def test_a_wrong_password_and_an_unknown_name_sound_alike_and_are_told(house: House) -> None:
    async with browsing(house) as browser:
        one, other = await browser.sign_in("vera", "wrong"), await browser.sign_in("nobody")
        assert (one.status_code, other.status_code) == (401, 401)
        assert one.text == other.text
    assert await views(house) == [("vera", "sign-in refused"), ("somebody unknown", "sign-in refused")]


async def test_what_was_typed_as_a_name_is_not_in_the_journal(house: House) -> None:
    async with browsing(house) as browser:
        await browser.sign_in(PASSWORD, "vera")
    await settled(house)
    assert not any(PASSWORD.encode() in entry.body for entry in await entries(house))


async def test_knocking_does_not_fill_the_journal(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_790_000_000_000
    monkeypatch.setattr("cds.web.audit.signin.now_ms", lambda: now)
    async with browsing(house) as browser:
        for name in [*(f"nobody {number}" for number in range(8)), *["vera"] * 8]:
            await browser.sign_in(name, "wrong")
        now += PAUSE_MS
        await browser.sign_in("nobody else")
    await settled(house)
    told = [msgspec.json.decode(entry.body) for entry in await entries(house, "view")]
    assert [(each["by"], each.get("times")) for each in told] == [
        ("somebody unknown", 1), *[("vera", None)] * TRIES, ("vera", 1), ("somebody unknown", 8),
    ]  # fmt: skip


async def test_guessing_locks_the_account_for_a_while(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with browsing(house) as browser:
        for _ in range(5):
            await browser.sign_in("vera", "wrong")
        assert (await browser.sign_in("vera")).status_code == 401
        from cds.clock import now_ms

        monkeypatch.setattr("cds.web.audit.signin.now_ms", lambda: now_ms() + LOCK_MS + 1000)
        assert (await browser.sign_in("vera")).status_code == 303


async def test_guesses_at_once_are_no_way_round_the_lock(house: House) -> None:
    async with browsing(house) as browser:
        tries = await asyncio.gather(*(browser.sign_in("vera", f"wrong {number}") for number in range(9)))
        assert {each.status_code for each in tries} == {401}
        assert (await browser.sign_in("vera")).status_code == 401


async def test_a_crowd_at_the_sign_in_waits_in_a_short_line(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    line, go_on, looking, most = AT_ONCE + WAITING, Event(), 0, 0

    def slow(kept: str, password: str) -> bool:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        go_on.wait(PATIENCE)
        looking -= 1
        return False

    monkeypatch.setattr("cds.web.audit.signin.matches", slow)
    async with browsing(house) as browser:
        tries = [asyncio.create_task(browser.sign_in(f"nobody {number}")) for number in range(line + 5)]
        ended = asyncio.as_completed(tries)
        try:
            for _, each in zip(range(5), ended, strict=False):
                away = await each
                assert (away.status_code, away.headers["retry-after"]) == (429, str(AGAIN_SECONDS))
                assert "too many are signing in" in away.text
        finally:
            go_on.set()
        told = [each.status_code for each in await asyncio.gather(*tries)]
        assert (told.count(401), told.count(429), most) == (line, 5, AT_ONCE)
        monkeypatch.undo()
        assert (await browser.sign_in("vera")).status_code == 303


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
async def test_a_form_of_another_site_changes_nothing(house: House, headers: dict[str, str]) -> None:
    async with browsing(house, "vera") as browser:
        form = {"csrf": browser.csrf}
        assert (await browser.client.post("/audit/sign-out", data=form, headers=headers)).status_code == 403
        assert (await browser.client.post("/audit/sign-out", data={"csrf": "x"})).status_code == 403
        assert (await browser.client.post("/audit/sign-out")).status_code == 403
        sent = {"name": "vera", "password": PASSWORD}
        assert (await browser.client.post("/audit/sign-in", data=sent, headers=headers)).status_code == 403
        assert (await browser.see("/audit/burden")).status_code == 200


async def test_a_browser_that_names_no_origin_because_no_referrer_is_wanted_signs_in(house: House) -> None:
    async with browsing(house) as browser:
        headers = {"origin": "null", "sec-fetch-site": "same-origin"}
        sent = {"name": "vera", "password": PASSWORD}
        assert (await browser.client.post("/audit/sign-in", data=sent, headers=headers)).status_code == 303


async def test_signing_out_ends_the_session(house: House) -> None:
    async with browsing(house, "vera") as browser:
        token = browser.client.cookies["bone_cds_audit"]
        assert (await browser.send("/audit/sign-out")).status_code == 303
        browser.client.cookies.set("bone_cds_audit", token, domain="cds.example.org", path="/audit")
        assert (await browser.see("/audit/burden")).status_code == 303


async def test_a_session_ends_when_nobody_uses_it_and_after_a_day(house: House) -> None:
    accounts = Accounts(journal_of(house).database, 60_000)
    token = await accounts.begin("vera", frozenset({"viewer"}), 0)
    assert await accounts.session(token, 50_000)
    assert await accounts.session(token, 100_000)
    assert await accounts.session(token, 161_000) is None
    busy = Accounts(journal_of(house).database, 2 * LONGEST_MS)
    assert await busy.session(token, LONGEST_MS + 1) is None
    assert await busy.session("another", 0) is None


async def test_a_changed_account_ends_its_sessions(house: House) -> None:
    async with browsing(house, "vera") as browser:
        accounts = Accounts(journal_of(house).database, 60_000)
        await accounts.put("vera", frozenset({"viewer"}), hashed("another password"))
        assert (await browser.see("/audit/burden")).status_code == 303


async def test_the_journal_is_sound_with_accounts_in_its_database(house: House) -> None:
    async with browsing(house, "phil") as browser:
        await browser.see("/audit/decisions")
    assert (await checked(house)).faults == []


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 12"):
        hashed("short")
