"""Names of drugs and problems found in text as whole words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_UNSPACED: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\u3040-\u30ff]")
_PIECE: Final = re.compile(r"\s+|\S{1,400}")
_MOST_TEXTS: Final = 4096
_LONGEST_TEXT: Final = 400
NONE: Final[frozenset[str]] = frozenset()


class Names:
    """An index of names: finds, in any text, those that stand in it as whole words, whatever their case.

    Names in scripts that put no spaces between words are found anywhere in the text.
    """

    def __init__(self, names: Iterable[tuple[str, frozenset[str]]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
        self._unspaced: list[tuple[str, frozenset[str]]] = []
        self._seen: dict[str, frozenset[str]] = {}
        for name, concepts in names:
            self._add(_plain(name), concepts)

    def _add(self, name: str, concepts: frozenset[str]) -> None:
        """The name can be found."""
        words = tuple(_WORD.findall(name))
        if _UNSPACED.search(name):
            self._unspaced.append((name.strip(), concepts))
        elif words:
            self._by_first.setdefault(words[0], []).append((words, concepts))

    def found_in(self, text: str) -> frozenset[str]:
        """The concepts of every name in the text."""
        if len(text) > _LONGEST_TEXT:
            return self._search(text)
        found = self._seen.get(text)
        if found is None:
            if len(self._seen) >= _MOST_TEXTS:
                self._seen.clear()
            found = self._seen[text] = self._search(text)
        return found

    def _search(self, text: str) -> frozenset[str]:
        """The concepts of every name in the text, looked up word by word."""
        plain = _plain(text)
        words = _WORD.findall(plain)
        found = [concepts for name, concepts in self._unspaced if name in plain]
        for at, word in enumerate(words):
            for name, concepts in self._by_first.get(word, ()):
                if tuple(words[at : at + len(name)]) == name:
                    found.append(concepts)
        return NONE.union(*found)


def _plain(text: str) -> str:
    """The text without case, and with compatible characters made equal.

    Marks are sorted within a word alone, and within 400 characters of what is no word: thousands of them in a row
    would take the square of their number.
    """
    pieces = _PIECE.findall(text) if len(text) > _LONGEST_TEXT else (text,)
    return "".join(unicodedata.normalize("NFKC", piece) for piece in pieces).casefold()
