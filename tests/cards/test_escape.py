"""Whatever text comes in, none of it can become markup, a link or a second line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds.cards.escape import LONGEST, markdown, plain

GFM = MarkdownIt("gfm-like", {"linkify": False, "html": True})
INERT = {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}


@pytest.mark.parametrize(
    "text",
    [
        "<b>x</b>",
        "![x](y)",
        "[x](http://y)",
        "`code`",
        "# head",
        "| a |",
        "~~x~~",
        "&lt;",
        "http://x.example",
        "a@b.example",
    ],
)
def test_known_markup_is_inert(text: str) -> None:
    tokens = GFM.parse(f"said: {markdown(text)}")
    kinds = {child.type for token in tokens for child in (token.children or [token])}
    assert kinds <= INERT
    assert "://" not in markdown(text)


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    tokens = GFM.parse(f"said: {markdown(text)}.")
    kinds = {child.type for token in tokens for child in (token.children or [token])}
    assert kinds <= INERT


@given(st.text(max_size=1000))
def test_plain_text_is_one_short_printable_line(text: str) -> None:
    line = plain(text)
    assert len(line) <= LONGEST
    assert "\n" not in line
    assert line.isprintable() or line == ""
