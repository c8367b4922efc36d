"""The printed rule book holds everything that decides, and nothing of it can become markup or lead astray."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cds.engine.spell import measure
from cds.export.book import is_unchecked, rule_book
from cds.export.sentences import line
from cds.resources import rules_directory
from cds.ruleset.book import Site
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet
from tests.export.reading import Page
from tests.ruleset.small_book import FACTS, write_book

DAY = date(2026, 11, 24)
ELEMENTS = frozenset(
    {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "section",
        "nav",
        "article",
        "div",
        "p",
        "span",
        "h1",
        "h2",
        "h3",
    }
    | {"table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li", "dl", "dt", "dd", "a", "code", "em"}
    | {"strong", "br"}
)


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return load(rules_directory())


@pytest.fixture(scope="module")
def html(ruleset: RuleSet) -> str:
    return rule_book(ruleset, rules_directory(), DAY)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def shown(text: str) -> str:
    """The text as the page shows it: Markdown rendered, up to its first placeholder."""
    return Page(str(line(text.partition("{")[0]))).text


def printed(folder: Path, *edits: tuple[str, str, str], site: Site | None = None) -> Page:
    """The small book with the edits made, as a page."""
    directory = write_book(folder, *edits)
    return Page(rule_book(load(directory, site, catalogue=FACTS), directory, DAY))


def test_every_rule_with_its_answers_parts_and_limits(ruleset: RuleSet, page: Page) -> None:
    for rule in ruleset.rules:
        assert f"rule-{rule.id}" in page.ids
        written = rule.written
        wanted = [written.title, written.review.authored_by, written.review.checked_by, *written.known_limits]
        for stratum in written.strata:
            assert f"{rule.id}-{stratum.id}" in page.ids
            wanted += [stratum.title, *(each.supports for each in stratum.evidence)]
            wanted += [shown(stratum.card.summary), shown(stratum.card.detail)] if stratum.card else []
        for part in written.parts:
            assert f"{rule.id}-part-{part.id}" in page.ids
            wanted.append(shown(part.text))
        missing = [text for text in wanted if " ".join(text.split()) not in page.text and shown(text) not in page.text]
        assert missing == []


def test_every_number_with_its_value_and_place(ruleset: RuleSet, page: Page) -> None:
    for name, each in ruleset.parameters.items():
        assert f"number-{name}" in page.ids
        assert " ".join(each.words.split()) + name in page.text
        assert measure(each.value, each.unit) in page.text
        assert each.locator in page.text


def test_every_option_with_its_gates(ruleset: RuleSet, page: Page) -> None:
    for name, option in ruleset.options.items():
        assert f"option-{name}" in page.ids
        assert option.written.title in page.text
        assert all(shown(gate.why) in page.text for gate in option.withheld_if + option.deferred_if)
        assert all(shown(first.why) in page.text for first in option.know_first)
        assert all(code.code in page.text for code in option.written.codes)
        if option.written.dose:
            assert option.written.dose.text in page.text


def test_every_source_and_what_was_read_of_it(ruleset: RuleSet, page: Page) -> None:
    for name, source in ruleset.sources.items():
        assert f"source-{name}" in page.ids
        assert " ".join(source.citation.split()) in page.text
        assert source.read_on.isoformat() in page.text
        if source.doi:
            assert f"https://doi.org/{source.doi}" in page.hrefs
        if source.pmid:
            assert f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/" in page.hrefs


def test_every_inconsistency_stands_where_it_touches_a_rule(ruleset: RuleSet, page: Page) -> None:
    assert ruleset.book.inconsistencies
    topics = [rule.written.topic for rule in ruleset.rules]
    for each in ruleset.book.inconsistencies:
        touched = sum(topic in each.touches for topic in topics)
        assert page.text.count(each.about) == 1 + touched


def test_every_concept_and_every_code(ruleset: RuleSet, page: Page) -> None:
    for name in ruleset.codes.concepts:
        assert f"concept-{name}" in page.ids
        missing = [row.code for row in ruleset.codes.rows_of(name) if row.code not in page.text]
        assert missing == []


def test_the_owners_of_code_systems_are_named(page: Page) -> None:
    for notice in (
        "Regenstrief Institute",
        "SNOMED International",
        "National Library of Medicine",
        "WHO Collaborating",
    ):
        assert notice in page.text
        assert notice in " ".join((rules_directory() / "codes" / "README.md").read_text(encoding="utf-8").split())
    assert "Copyright American Medical Association. Codes only, no descriptors." in page.text


def test_who_has_not_checked_is_said_on_the_title_page(ruleset: RuleSet, page: Page) -> None:
    count = sum(map(is_unchecked, ruleset.rules))
    told = f"{count} of {len(ruleset.rules)} rules have not been checked" if count else "Every rule has been checked"
    assert told in page.text
    assert ruleset.short_fingerprint in page.text
    assert ruleset.book.version in page.text


def test_links_lead_somewhere(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    for href in page.hrefs:
        if href.startswith("#"):
            assert href[1:] in page.ids
        else:
            parts = urlsplit(href)
            assert parts.scheme in {"http", "https"}
            assert parts.hostname
            assert not set(' <>"') & set(href)


def test_the_page_stands_on_its_own(page: Page) -> None:
    assert page.elements <= ELEMENTS
    assert page.attributes <= {"lang", "charset", "name", "content", "class", "id", "href", "colspan"}


def test_the_change_log_is_in_it(page: Page) -> None:
    assert "Clinical change log" in page.text
    assert (rules_directory() / "CHANGELOG.md").exists()


def test_the_same_rules_make_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        words = ["rules", "book", "--out", str(tmp_path / seed), "--html-only", "--as-of", "2026-11-24"]
        command = [sys.executable, "-c", "from cds.cli import main; main()", *words]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True)
        made.append((tmp_path / seed / "rule-book.html").read_bytes())
    assert made[0] == made[1]


WICKED = "<script>alert(1)</script><img src=x onerror=alert(2)> &amp; [x](javascript:alert(3)) ![y](http://a.b/c)"


@pytest.mark.parametrize(
    ("file", "old"),
    [
        ("ruleset.yaml", "A small rule book"),
        ("ruleset.yaml", "Observational data only."),
        ("parameters.yaml", "T-score of osteoporosis"),
        ("parameters.yaml", "rec 3.4"),
        ("sources.yaml", "Shapiro CL, 2019"),
        ("sources.yaml", "ASCO 2019"),
        ("bone-drug/rule.yaml", "Start a drug?"),
        ("bone-drug/rule.yaml", "One drug for one reason."),
        ("options/drug-a.yaml", "Drug A"),
        ("options/gates.yaml", "dialysis}"),
        ("codes/concepts.yaml", "Any calcium"),
        ("codes/labs.csv", "17861-6,Calcium"),
    ],
)
def test_no_text_becomes_markup(file: str, old: str, tmp_path: Path) -> None:
    text = {"17861-6,Calcium": f'17861-6,"{WICKED}"', "dialysis}": f'"{WICKED}"}}'}.get(old)
    new = text or (WICKED if file.endswith("csv") else f"'{WICKED}'")
    page = printed(tmp_path, (file, old, new))
    assert page.elements <= ELEMENTS
    assert page.attributes <= {"lang", "charset", "name", "content", "class", "id", "href", "colspan"}
    assert not any(href.startswith("javascript") for href in page.hrefs)
    assert "alert(1)" in page.text


def test_an_address_that_is_not_of_the_web_is_no_link(tmp_path: Path) -> None:
    edit = ("sources.yaml", "  kind: guideline", '  kind: guideline\n  url: "javascript:alert(1)"\n  doi: 10.1/a b"<c')
    page = printed(tmp_path, edit)
    assert "https://doi.org/10.1/a%20b%22%3Cc" in page.hrefs
    assert not any("javascript" in href for href in page.hrefs)


def test_what_the_site_decided_is_told_first_and_beside_the_number(tmp_path: Path) -> None:
    signed = {"value": -2.0, "reason": "our scanner reads low", "by": "A. Pharmacist", "on": date(2026, 11, 1)}
    site = Site.model_validate({"parameters": {"t_score.low": signed}, "max_cards": 2})
    text = printed(tmp_path, site=site).text
    assert "max cards: 2" in text
    assert text.count("our scanner reads low") == 2
    assert "A. Pharmacist, 2026-11-01" in text
    assert "at most -2 [site value, not -2.5]" in text


def test_without_decisions_the_rules_are_as_issued(page: Page) -> None:
    assert "No decisions of its own" in page.text


def test_a_descriptor_of_cpt_is_never_printed(tmp_path: Path) -> None:
    code = {"system": "http://www.ama-assn.org/go/cpt", "code": "77080", "display": "a descriptor"}
    text = printed(tmp_path, site=Site.model_validate({"local_codes": {"calcium-total": [code]}})).text
    assert "77080" in text
    assert "a descriptor" not in text
