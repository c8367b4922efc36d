"""A dosage instruction as it was typed, made plain: one spelling of spaces, dashes, halves and fractions.

Of a text that could not be read it tells whether it does state something; it never guesses what.
"""

from __future__ import annotations

import re

NUMBER = r"\d++(?:\.\d++)?+|half|one|two|three|four|five|six|seven|eight|nine|ten"
WORDS = dict(zip(NUMBER.split("|")[1:], (0.5, *range(1, 11)), strict=True))
LONGEST = 600
"""An instruction of more characters than this is not plain."""

_SIGNS = str.maketrans({"–": "-", "½": " 1/2", "¼": " 1/4", "¾": " 3/4"})
_SPACES = re.compile(r"\s++")
_REPEATED = re.compile(rf"(?<=\d )\((?:{NUMBER})\)")
_AND_A_HALF = re.compile(rf"\b(?P<whole>{NUMBER}) and (?:one|a)[ -]half\b")
_HALF = re.compile(r"\b(?:one|a)[ -]half\b")
_FRACTION = re.compile(r"(?<![\w./-])(?:(?P<whole>\d++) (?:and )?)?(?P<top>[1-3])/(?P<bottom>[234])(?![\w./])")
_AMOUNT = re.compile(rf"\d|\b(?:{NUMBER}|twice|thrice)\b")
_TIMES = re.compile(
    r"\b(?:daily|hourly|weekly|monthly|nightly|hours?|days?|weeks?|months?|mornings?|noon|afternoons?|evenings?|nights?|"
    r"bedtime|breakfast|lunch|dinner|supper|times?|once|twice|thrice|[bt]id|qid|q\w{0,3}|every|each)\b|\d\s*+(?:x|h|d)\b"
)
_CHANGES = ("taper", " then ", "followed by", "decrease", "reduce", "wean")
_LENGTH = re.compile(rf"\b(?:for|x)\s*+(?:{NUMBER})\s*+(?:days?|weeks?|months?)\b")
_SEVERAL = 2


def tidied(text: str) -> str:
    """The text in lower case, with single spaces and decimals."""
    plain = _SPACES.sub(" ", text.lower().translate(_SIGNS))
    if "half" in plain:
        plain = _HALF.sub("half", _AND_A_HALF.sub(_and_a_half, plain))
    if "/" in plain:
        plain = _FRACTION.sub(_decimal, plain)
    return _SPACES.sub(" ", _REPEATED.sub("", plain)).lstrip(" ,;").rstrip(" .,;")


def number(word: str) -> float:
    """The number that a figure or a word means."""
    return WORDS[word] if word in WORDS else float(word)


def states_an_amount(text: str | None) -> bool:
    """Whether it holds a number, in figures or in words."""
    return text is not None and _AMOUNT.search(text.lower().translate(_SIGNS)) is not None


def states_times(text: str | None) -> bool:
    """Whether it speaks of days, hours, or how often."""
    return text is not None and _TIMES.search(text.lower()) is not None


def tells_of_changes(text: str | None) -> bool:
    """Whether it tells of doses that follow each other, by a word or by several lengths of time."""
    if not text:
        return False
    plain = text.lower()
    return any(word in plain for word in _CHANGES) or len(_LENGTH.findall(plain)) >= _SEVERAL


def _and_a_half(match: re.Match[str]) -> str:
    return f"{number(match['whole']) + WORDS['half']:g}"


def _decimal(match: re.Match[str]) -> str:
    top, bottom = int(match["top"]), int(match["bottom"])
    return f"{int(match['whole'] or 0) + top / bottom:.4g}" if top < bottom else match.group()
