"""Card texts as HTML: GitHub-flavoured Markdown, in which markup of any other kind is shown as text."""

from __future__ import annotations

from typing import Final

from markdown_it import MarkdownIt
from markupsafe import Markup

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def html(text: str) -> Markup:
    """The text as HTML that holds nothing but Markdown's own elements."""
    return Markup(_MARKDOWN.render(text))


def inline(text: str) -> Markup:
    """One line of text as HTML, without a paragraph around it."""
    return Markup(_MARKDOWN.renderInline(text))
