"""What the pages show: decisions whole, burden and overrides counted, and every table as a file."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import AsyncIterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from cds.bootstrap import House
from cds.hooks.feedback import Feedback
from cds.journal.figures import Share
from tests.audit.desk import Browser, audited, browsing
from tests.journal.desk import card_of, checked, decision_of, entries, override, settled, sign, somebody
from tests.web.desk import hook


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with four decisions, two overrides – one with a formula for a comment – and an acceptance."""
    house = await audited(tmp_path)
    responses = [await sign(house, somebody(number)) for number in range(3)]
    await override(house, card_of(responses[0]), "=cmd|'/C calc'!A0")
    await override(house, card_of(responses[1]))
    await house.journal.take("s", [Feedback(card=card_of(responses[2]), outcome="accepted")])
    await override(house, "nobody's")
    await sign(house, hook())
    await settled(house)
    yield house
    await house.close()


@pytest.fixture
async def phil(house: House) -> AsyncIterator[Browser]:
    """A pharmacist's browser."""
    async with browsing(house, "phil") as browser:
        yield browser


async def a_decision(house: House) -> str:
    """The id of the first decision."""
    return str((await entries(house, "decision"))[0].id)


async def test_decisions_are_found_by_what_is_known_of_them(house: House, phil: Browser) -> None:
    every = await phil.see("/audit/decisions")
    assert "4 decisions" in every.text
    some = await phil.see("/audit/decisions?topic=antiresorptive&service=ici-bone-health-order-sign")
    assert "3 decisions" in some.text
    patient = json.loads((await entries(house, "decision"))[0].body)["patient"]
    assert "1 decisions" in (await phil.see(f"/audit/decisions?patient={patient}")).text
    assert "0 decisions" in (await phil.see("/audit/decisions?first=2001-01-01&last=2001-01-02")).text
    assert (await phil.see("/audit/decisions?first=yesterday")).status_code == 400
    assert (await phil.see("/audit/decisions?first=2026-02-02&last=2026-01-01")).status_code == 400
    assert (await phil.see("/audit/decisions?page=999999999")).status_code == 200


@pytest.mark.parametrize("page", ["burden", "overrides", "decisions"])
async def test_a_mistake_in_the_days_is_told_on_a_page_with_the_form_as_it_was(phil: Browser, page: str) -> None:
    service = "ici-bone-health-order-sign"
    asked = f"first=2026-02-02&last=2026-01-01&service={service}&topic=%3Cb%3E"
    told = await phil.see(f"/audit/{page}?{asked}")
    assert (told.status_code, told.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert '<p role="alert">the first day comes after the last</p>' in told.text
    assert "Sign out phil" in told.text
    for field in (f'action="/audit/{page}"', 'name="first" value="2026-02-02"', 'name="last" value="2026-01-01"'):
        assert field in told.text
    assert f"<option selected>{service}</option>" in told.text
    assert 'name="topic" value="&lt;b&gt;"' in told.text
    odd = await phil.see(f"/audit/{page}?first=yesterday")
    assert (odd.status_code, "first is not a day" in odd.text) == (400, True)


@pytest.mark.parametrize("address", ["decisions/nobody", "overrides/nothing.csv", "releases/r9999"])
async def test_what_is_not_there_is_told_on_a_page(phil: Browser, address: str) -> None:
    told = await phil.see(f"/audit/{address}")
    assert (told.status_code, told.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert '<p role="alert">there is no such' in told.text
    assert 'name="first"' not in told.text


@pytest.mark.parametrize(
    "days",
    ["last=9999-12-31", "last=0001-01-05", "first=0001-01-01", "first=1969-12-31&last=2026-01-01", "last=3000-01-01"],
)
@pytest.mark.parametrize("page", ["decisions", "burden", "overrides", "burden/cards.csv"])
async def test_days_at_the_edge_of_the_calendar_are_refused(phil: Browser, page: str, days: str) -> None:
    answer = await phil.see(f"/audit/{page}?{days}")
    assert answer.status_code == 400
    assert "is not a day from 1970-01-01 to 2999-12-31" in answer.text


@pytest.mark.parametrize("days", ["last=1970-01-01", "first=1970-01-01&last=2999-12-31"])
async def test_the_first_and_the_last_day_may_be_asked_for(phil: Browser, days: str) -> None:
    assert (await phil.see(f"/audit/decisions?{days}")).status_code == 200
    assert (await phil.see(f"/audit/burden?{days}")).status_code == 200


async def test_a_decision_is_shown_whole_and_looking_is_journalled(house: House, phil: Browser) -> None:
    name = await a_decision(house)
    page = await phil.see(f"/audit/decisions/{name}")
    assert page.status_code == 200
    for words in ("lowest T-score of the latest DXA is -2.7", "bone.t_score.lowest", "labs:", "overridden: not-now"):
        assert words in page.text
    assert "Patient/somebody-0" not in page.text
    told = msgspec.json.decode((await phil.see(f"/audit/decisions/{name}.json")).content, type=dict[str, Any])
    assert told["id"] == name
    paper = await phil.see(f"/audit/decisions/{name}.pdf")
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")
    await settled(house)
    looks = [json.loads(entry.body) for entry in await entries(house, "view")]
    seen = [(each["what"], each["by"]) for each in looks if each.get("decision") == name]
    assert seen == [("decision", "phil"), ("decision as JSON", "phil"), ("decision as PDF", "phil")]
    assert (await checked(house)).faults == []


async def test_a_pseudonym_is_found_by_what_the_list_shows_of_it(house: House, phil: Browser) -> None:
    patient = json.loads((await entries(house, "decision"))[0].body)["patient"]
    page = await phil.see(f"/audit/decisions?patient={patient}")
    shown = re.search(r">([0-9a-f]{12})</a>", page.text)
    assert shown is not None
    for typed in (shown.group(1), patient[:6], f"+{patient[:8].upper()}+"):
        assert "1 decisions" in (await phil.see(f"/audit/decisions?patient={typed}")).text
    assert "0 decisions" in (await phil.see(f"/audit/decisions?patient={'0' * 12}")).text
    for typed in (patient[:5], "%25%25%25%25%25%25", "______", f"{patient[:11]}%25", f"{patient}0", "zzzzzz"):
        told = await phil.see(f"/audit/decisions?patient={typed}")
        assert (told.status_code, "at least 6 of its first characters" in told.text) == (400, True), typed


async def test_a_share_is_several_numbers_in_files(phil: Browser) -> None:
    rows = list(csv.reader(StringIO((await phil.see("/audit/overrides/rates.csv")).content.decode("utf-8-sig"))))
    assert rows[0][4:8] == [
        "accepted", "accepted: %", "accepted: 95 % interval from, %", "accepted: 95 % interval to, %",
    ]  # fmt: skip
    answered = next(row for row in rows if row[0] == "antiresorptive")
    assert answered[4:] == ["1", "33.3", "6.1", "79.2", "2", "66.7", "20.8", "93.9"]
    unanswered = next(row for row in rows[1:] if row[3] == "0")
    assert unanswered[4:] == ["0", "", "", "", "0", "", "", ""]
    funnel = list(csv.reader(StringIO((await phil.see("/audit/overrides/funnel.csv")).content.decode("utf-8-sig"))))
    assert all(len(row) == len(funnel[0]) == 9 for row in funnel)
    book = openpyxl.load_workbook(BytesIO((await phil.see("/audit/overrides/all.xlsx")).content))
    cells = {cell.data_type for row in book["Answers by rule"].iter_rows(min_row=2, min_col=3) for cell in row}
    assert cells == {"n"}


async def test_a_decision_that_is_not_there_is_a_404(phil: Browser) -> None:
    assert (await phil.see("/audit/decisions/nobody")).status_code == 404


async def test_burden_is_counted(phil: Browser) -> None:
    page = await phil.see("/audit/burden")
    assert "4 decisions" in page.text
    assert page.text.count("data:image/svg+xml") == 3
    rows = list(csv.reader(StringIO((await phil.see("/audit/burden/cards.csv")).content.decode("utf-8-sig"))))
    high = next(row for row in rows if row[:2] == ["antiresorptive", "high"])
    assert high[3:] == ["3", "75.0"]
    gaps = (await phil.see("/audit/burden/gaps.csv")).text
    assert '"labs","not-asked","1","25.0"' in gaps
    assert "No decision" not in page.text
    none = await phil.see("/audit/burden?first=2001-01-01&last=2001-01-02")
    assert "No decision was made in this period" in none.text


async def test_overrides_are_counted_with_intervals_and_comments(house: House, phil: Browser) -> None:
    page = await phil.see("/audit/overrides")
    assert "2: 67 % (21–94 %)" in page.text
    assert "1: 33 % (6–79 %)" in page.text
    assert "1 answers were to cards that this journal does not know" in page.text
    assert "=cmd|" in page.text
    comments = (await phil.see("/audit/overrides/comments.csv")).content.decode("utf-8-sig")
    assert "'=cmd|" in comments
    book = openpyxl.load_workbook(BytesIO((await phil.see("/audit/overrides/all.xlsx")).content))
    assert book.sheetnames == ["Answers by rule", "From card to order", "Reasons", "Comments"]
    assert book["Comments"]["E2"].data_type == "s"
    assert (await phil.see("/audit/overrides/nothing.csv")).status_code == 404
    async with browsing(house, "vera") as vera:
        seen = await vera.see("/audit/overrides")
        assert "67 %" in seen.text
        assert "=cmd|" not in seen.text
        assert (await vera.see("/audit/overrides/comments.csv")).status_code == 404


async def test_the_funnel_ends_at_the_order_that_is_seen_later(tmp_path: Path) -> None:
    from tests.web.test_overrides import of_patient

    house = await audited(tmp_path / "other")
    response = await sign(house, of_patient(()))
    card = next(each for each in response["cards"] if each["source"]["topic"]["code"] == "baseline-assessment")
    dxa = next(each for each in card["suggestions"] if each["label"] == "DXA only")
    await house.journal.take("s", [Feedback(card=card["uuid"], outcome="accepted", accepted=(dxa["uuid"],))])
    await settled(house)
    async with browsing(house, "vera") as vera:
        assert "0: 0 % (0–79 %)" in (await vera.see("/audit/overrides")).text
        later = of_patient(())
        order = {**dxa["actions"][0]["resource"], "id": "sr-1", "status": "active", "authoredOn": "2026-11-20"}
        found = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": order}]}
        later["prefetch"]["serviceRequests"] = found
        assert decision_of(await sign(house, later))
        await settled(house)
        assert "1: 100 % (21–100 %)" in (await vera.see("/audit/overrides")).text
    await house.close()


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (Share(0, 0), "–"),
        (Share(0, 10), "0 % (0–28 %)"),
        (Share(5, 10), "50 % (24–76 %)"),
        (Share(10, 10), "100 % (72–100 %)"),
        (Share(81, 263), "31 % (26–37 %)"),
    ],
)
def test_wilson_s_interval(share: Share, words: str) -> None:
    assert share.words == words
