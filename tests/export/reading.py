"""A page of HTML as a reader and a browser see it: its text, its ids, its links and its elements."""

from __future__ import annotations

from html.parser import HTMLParser

HIDDEN = frozenset({"style", "title"})


class Page(HTMLParser):
    """Has read the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self._around: list[str] = []
        self._said: list[str] = []
        self.feed(html)
        self.text = " ".join("".join(self._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the element, its id and where it leads."""
        self.elements.add(tag)
        self._around.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.hrefs.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        """Leaves the element, and those in it that have no end of their own."""
        while self._around and self._around.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keeps what a reader sees."""
        if not HIDDEN.intersection(self._around):
            self._said.append(data)
