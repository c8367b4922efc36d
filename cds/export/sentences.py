"""The rule book's texts on a printed page: numbers filled in, a patient's values named, Markdown as HTML.

No text of the rule book can become markup of another kind, and no link leads anywhere but to the web.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markupsafe import Markup

from cds.cards.escape import ENTITIES, MARKUP
from cds.engine.spell import measure
from cds.ruleset.model import Parameter, Source
from cds.ruleset.texts import CARD_WORDS, PLACEHOLDER
from cds.ruleset.words import BookWords

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])


def filled(text: str, parameters: Mapping[str, Parameter], words: BookWords) -> str:
    """The text with every number in its place; what differs from patient to patient is named in ‹brackets›."""

    def told(found: re.Match[str]) -> str:
        parameter = parameters.get(found[1])
        if parameter is not None:
            return measure(parameter.value, parameter.unit)
        named = CARD_WORDS.get(found[1]) or words.fact(found[1])
        return f"‹{named.translate(MARKUP).translate(ENTITIES)}›"

    return PLACEHOLDER.sub(told, text)


def paragraphs(text: str) -> Markup:
    """Markdown as HTML; markup of any other kind is shown as text."""
    return Markup(_MARKDOWN.render(text))


def line(text: str) -> Markup:
    """One line of Markdown as HTML, without a paragraph around it."""
    return Markup(_MARKDOWN.renderInline(text))


def links(source: Source) -> tuple[tuple[str, str], ...]:
    """Label and address of each way to the source: DOI, PubMed, and its own page when that is a web address."""
    found = []
    if source.doi:
        found.append((f"doi:{source.doi}", f"https://doi.org/{quote(source.doi, safe='/().;:-_')}"))
    if source.pmid:
        found.append((f"PMID {source.pmid}", f"https://pubmed.ncbi.nlm.nih.gov/{quote(source.pmid, safe='')}/"))
    if on_the_web(source.url):
        found.append((source.url.partition("://")[2].rstrip("/"), source.url))
    return tuple(found)


def on_the_web(url: str) -> bool:
    """Whether the address is one of the web, with a host."""
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
