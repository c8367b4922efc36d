"""Which panels are open stands in the address: the server renders them so, and links, forms and answers carry it on."""

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from cds.web.sandbox.panels import Panels, panels_asked
from tests.web.sandbox.bedside import HIP, SIGNED, forms, page, query_of, ward

READS: dict[str, Any] = {**SIGNED, "open": "reads.request.rule-antiresorptive.wire", "shut": "why"}
SAID = {"open": [READS["open"]], "shut": ["why"]}


def shown(text: str) -> dict[str, bool]:
    """Of every panel whether it is open."""
    found = re.findall(r'<details[^>]* id="([^"]+)" data-panel="(?:open|shut)"( open)?', text)
    return {name: bool(is_open) for name, is_open in found}


def opened(text: str) -> set[str]:
    """The panels that are open."""
    return {name for name, is_open in shown(text).items() if is_open}


def carried(address: str) -> dict[str, list[str]]:
    """What the address says of panels."""
    return {name: values for name, values in query_of(address).items() if name in ("open", "shut")}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", ""),
        ("open=why", ""),
        ("open=wire.reads.wire", "open=reads.wire"),
        ("open=wire&open=reads", "open=reads.wire"),
        ("shut=why&open=rule-gaps", "open=rule-gaps&shut=why"),
        ("shut=reads", ""),
        ("open=", ""),
    ],
)
def test_one_state_has_one_address(query: str, said: str) -> None:
    panels, wrong = panels_asked(QueryParams(query), ["gaps"])
    assert "&".join(f"{name}={value}" for name, value in panels.pairs) == said
    assert wrong == []
    for name in ("why", "reads", "rule-gaps"):
        assert panels.turned(name) != panels
        assert panels.turned(name).turned(name) == panels


def test_a_panel_that_is_not_there_is_told() -> None:
    panels, wrong = panels_asked(QueryParams("open=reads.cellar&shut=rule-attic"), [])
    assert panels == Panels().opened("reads")
    assert wrong == ["There is no panel “cellar” here.", "There is no panel “rule-attic” here."]


async def test_the_address_opens_the_panels_that_it_names(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        usual, other = await page(client, HIP, **SIGNED), await page(client, HIP, **READS)
        untidy = await client.get(f"/sandbox/patients/{HIP}", params={**SIGNED, "open": "wire.why.reads"})
        unknown = await client.get(f"/sandbox/patients/{HIP}", params={"open": "<b>.reads"})
    assert opened(usual) == {"why"}
    assert opened(other) == {"reads", "request", "rule-antiresorptive", "wire"}
    assert set(shown(usual)) >= {"expected", "what-if", "why", "tips", "reads", "wire", "request", "response", "values"}
    assert len(set(re.findall(r' id="([^"]+)"', other))) == len(re.findall(r' id="([^"]+)"', other))
    assert untidy.headers["location"].endswith("?drug=nivolumab&hook=order-sign&open=reads.wire")
    assert "There is no panel “&lt;b&gt;” here." in unknown.text
    assert opened(unknown.text) == {"why", "reads"}


async def test_links_forms_and_answers_carry_them_on(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        text = await page(client, HIP, **READS)
        asked = re.findall(r'<form[^>]* method="get"[^>]*>(.*?)</form>', text, re.DOTALL)
        action, fields = next((a, f) for a, f in forms(text) if f["outcome"] == "accepted")
        done = await client.post(action, data={**fields, "suggestion": "none"}, headers={"hx-request": "true"})
        added = await client.get(f"/sandbox/patients/{HIP}", params={**READS, "add": "keytruda"})
        (suppose,) = [each for each in asked if 'name="if.t"' in each]
        fields_of = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', suppose)
        supposed: dict[str, Any] = dict([*fields_of, ("if.t", "-3.4")])
        otherwise = await page(client, HIP, **supposed)
    assert len(asked) == 3
    for form in asked:
        assert '<input type="hidden" name="shut" value="why">' in form
    for link in re.findall(r'<a href="([^"]+)"[^>]*><span class="n">', text):
        assert carried(link) == SAID
    again = re.search(r'href="([^"]+)">(?:Sign|Ask) again', done.text)
    assert again is not None
    assert carried(again[1].replace("&amp;", "&")) == SAID
    assert carried(added.headers["location"]) == SAID
    assert opened(otherwise) == {"what-if", "reads", "request", "rule-antiresorptive", "wire"}
    back = re.search(r'<a href="([^"]+)">Back to the record as it is', otherwise)
    assert back is not None
    assert carried(back[1]) == {"open": ["reads.request.rule-antiresorptive.what-if.wire"], "shut": ["why"]}


async def test_the_form_of_a_card_is_known_by_its_rule_and_closed_with_the_answer(tmp_path: Path) -> None:
    query: dict[str, Any] = {**SIGNED, "open": "override-antiresorptive.reads"}
    async with ward(tmp_path) as client:
        text = await page(client, HIP, **query)
        again = await page(client, HIP, **query)
        kept = next((a, f) for a, f in forms(again) if f["outcome"] == "overridden" and f["card"] in _form(again))
        action, fields = kept
        fields |= {"reason": re.findall(r'<option value="([^"]+)"', _form(again))[0]}
        done = await client.post(action, data=fields, headers={"hx-request": "true"})
    assert opened(text) == opened(again) == {"why", "reads", "override-antiresorptive"}
    assert fields["card"] not in text
    assert "overridden" in done.text
    assert done.headers["hx-replace-url"].endswith("?drug=nivolumab&hook=order-sign&open=reads")


def _form(text: str) -> str:
    """The panel in which the card of the antiresorptive rule is overridden."""
    return text.partition('id="override-antiresorptive"')[2].partition("</details>")[0]


async def test_what_would_change_the_answer_is_worked_out_where_it_is_open(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        folded, unfolded = await page(client, HIP, **SIGNED), await page(client, HIP, **SIGNED, open="tips")
        (path,) = re.findall(r'hx-get="([^"]+/tips\?[^"]+)"', folded)
        part = (await client.get(path, headers={"hx-request": "true"})).text
    assert 'class="flip"' not in folded
    assert unfolded.count('class="flip"') == part.count('class="flip"') > 0
    assert "Work it out" not in unfolded


async def test_without_scripts_each_panel_has_a_link_that_turns_it(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        text = await page(client, HIP, **READS)
        pins = dict(re.findall(r'<noscript><p class="small"><a href="[^"#]+\?([^"#]*)#([^"]+)">', text))
        assert set(pins.values()) == set(shown(text))
        rules = [name.removeprefix("rule-") for name in pins.values() if name.startswith("rule-")]
        assert "override-antiresorptive" in pins.values()
        for query, name in pins.items():
            panels, wrong = panels_asked(QueryParams(query), rules)
            assert panels.unfolded == opened(text) ^ {name}
            assert not wrong
            if name in ("why", "reads", "response"):
                turned = await client.get(f"/sandbox/patients/{HIP}?{query}")
                assert turned.status_code == 200
                assert opened(turned.text) == opened(text) ^ {name}


async def test_a_recorded_request_has_such_addresses_too(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        query = {"open": "wire.request", "shut": "why"}
        text = (await client.get("/sandbox/requests/very-high-t-score", params=query)).text
    assert opened(text) == {"wire", "request"}
    assert 'href="?open=request&amp;shut=why#wire"' in text
