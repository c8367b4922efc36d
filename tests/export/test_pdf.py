"""The PDF: A4 with page numbers and repeated table heads where this machine can make one, a clear refusal where not.

In CI a skip here fails the run: .ci/run installs what the PDF needs.
"""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cds.cli.whole import app
from cds.export.book import rule_book
from cds.export.pdf import NoPdf, pdf_of
from cds.resources import rules_directory
from cds.ruleset.load import load
from tests.ruleset.small_book import FACTS, write_book

DAY = date(2026, 11, 24)


def cannot() -> str:
    """Why this machine can neither make nor read a PDF; '' if it can."""
    if not shutil.which("pdftotext"):
        return "pdftotext (poppler-utils) is not installed"
    try:
        importlib.import_module("weasyprint")
    except (ImportError, OSError) as missing:
        return str(missing).splitlines()[0]
    return ""


needs_pdf = pytest.mark.skipif(bool(cannot()), reason=cannot())


def pages_of(pdf: bytes) -> list[str]:
    """The text of every page, as laid out."""
    command = ["pdftotext", "-layout", "-", "-"]
    text = subprocess.run(command, input=pdf, check=True, capture_output=True).stdout.decode()
    return text.split("\f")[:-1]


def told_of(pdf: bytes, folder: Path) -> str:
    """What the file says of itself."""
    file = folder / "told.pdf"
    file.write_bytes(pdf)
    return subprocess.run(["pdfinfo", str(file)], check=True, capture_output=True, text=True).stdout


def ran(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", "book", *words])


@needs_pdf
def test_a_small_book_is_a4_dated_and_numbered(tmp_path: Path) -> None:
    directory = write_book(tmp_path / "rules")
    pdf = pdf_of(rule_book(load(directory, catalogue=FACTS), directory, DAY))
    told = told_of(pdf, tmp_path)
    assert "A4" in told
    assert re.search(r"CreationDate: .*Nov 24 .*2026", told)
    assert re.search(r"Title: +A small rule book", told)
    pages = pages_of(pdf)
    assert "A small rule book" in pages[0]
    assert "page 1 of" not in pages[0]
    for number, page in enumerate(pages[1:], start=2):
        assert f"page {number} of {len(pages)}" in page


@needs_pdf
@pytest.mark.slow
def test_the_whole_book_is_made_and_its_tables_keep_their_heads(tmp_path: Path) -> None:
    done = ran("--out", str(tmp_path), "--as-of", "2026-11-24")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "rule-book.html").exists()
    pages = pages_of((tmp_path / "rule-book.pdf").read_bytes())
    for rule in load(rules_directory()).rules:
        assert any(" ".join(page.split()).count(rule.written.title) for page in pages[2:])
    numbers = [page for page in pages if page.strip().startswith("Numbers ")]
    assert len(numbers) > 2
    assert all("What was" in page for page in numbers)
    assert any("Pharmacist" in page and "signs" in page for page in pages[-60:])


@needs_pdf
def test_nothing_is_fetched() -> None:
    with_picture = '<p>text</p><img src="http://127.0.0.1:9/x.png"><link rel=stylesheet href="file:///etc/hostname">'
    assert "text" in pages_of(pdf_of(with_picture))[0]


def test_a_machine_without_weasyprint_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(NoPdf):
        pdf_of("<p>text</p>")
    done = ran("--out", str(tmp_path / "new" / "folder"), "--as-of", "2026-11-24")
    assert done.exit_code == 1
    assert "libpango-1.0-0" in done.output
    assert "--html-only" in done.output
    assert (tmp_path / "new" / "folder" / "rule-book.html").exists()
    assert not (tmp_path / "new" / "folder" / "rule-book.pdf").exists()


def test_html_alone_needs_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    done = ran("--out", str(tmp_path), "--html-only")
    assert done.exit_code == 0
    assert done.output.split() == [str(tmp_path / "rule-book.html")]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = ran("--out", str(tmp_path / "file"), "--html-only")
    assert done.exit_code == 3
    assert "could not be written" in done.output
