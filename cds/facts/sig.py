"""Plain prescription English (``take 2 tablets (10 mg total) by mouth every morning``) as amounts and frequencies.

Every word has to be understood: a sentence with anything left over is not read at all, so nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cds.facts.strength import MILLIGRAMS, MOST

LONGEST = 600
"""An instruction of more characters than this is not plain."""

_NUMBER = r"\d++(?:\.\d++)?+|half|one|two|three|four|five|six|seven|eight|nine|ten"
_WORDS = dict(zip(_NUMBER.split("|")[1:], (0.5, *range(1, 11)), strict=True))
_TO = r"\s*+(?:-|to|or)\s*+"
_PIECE = r"tab(?:let)?s?\b(?:\(s\))?|cap(?:sule)?s?\b(?:\(s\))?|pills?\b|each\b"
_MASS = r"mg|milligrams?|mcg|micrograms?|g|grams?"

_DOSE = re.compile(
    rf"(?P<most>up to )?(?<![\w./-])(?P<low>{_NUMBER})(?:{_TO}(?P<high>{_NUMBER}))?\s*+"
    rf"(?:(?P<mass>{_MASS})\b|(?P<ml>ml)\b|(?:x?\s*+(?P<each>\d++(?:\.\d++)?+)\s*+mg\s*+)?(?P<piece>{_PIECE}))"
    rf"(?:\s*+\((?:=\s*+)?(?P<total>\d++(?:\.\d++)?+)\s*+mg(?: total| dose| total dose)?\))?",
)
_LASTS = re.compile(rf"\b(?:for|x)\s*+(?P<n>{_NUMBER})\s*+(?:more\s*+)?(?P<unit>day|week|month)s?\b")
_PRN = re.compile(r"\b(?:as needed|if needed|when needed|prn)\b")
_DAYS = {"hour": 1 / 24, "hr": 1 / 24, "h": 1 / 24, "day": 1.0, "d": 1.0, "week": 7.0, "wk": 7.0, "month": 30.0}

_EVERY = re.compile(
    rf"\b(?:(?:every|each)\s*+|q\s*+)(?P<n>{_NUMBER})?(?:{_TO}(?:{_NUMBER}))?"
    r"\s*+(?P<unit>hours?|hrs?|h|days?|d|weeks?|wk|months?)\b"
)
_TIMES = re.compile(
    rf"\b(?P<n>{_NUMBER})\s*+(?:times?|x)\s*+(?:a|per|each|every|/)?\s*+(?P<unit>day|daily|week|weekly|month)\b"
)
_FIXED: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern), per_day)
    for pattern, per_day in (
        (r"\b(?:every other (?:day|morning)|every second day|(?:on )?alternate days|qod|q\.o\.d\.?)(?!\w)", 0.5),
        (r"\b(?:twice|two times)(?: daily| (?:a|per|each|every) day)\b|\b(?:bid|b\.i\.d\.?)(?!\w)", 2),
        (r"\b(?:tid|t\.i\.d\.?)(?!\w)|\bthrice daily\b", 3),
        (r"\b(?:qid|q\.i\.d\.?)(?!\w)", 4),
        (r"\b(?:once weekly|once (?:a|per|each|every) week|weekly)\b", 1 / 7),
        (r"\b(?:once monthly|once (?:a|per|each|every) month|monthly)\b", 1 / 30),
        (r"\b(?:(?:once )?(?:daily|(?:a|per|each|every) day)|qd|q\.d\.?|od)(?!\w)", 1),
        (r"\b(?:every|each) (?:morning|evening|night|am|pm)\b|\b(?:nightly|qam|qpm|qhs|q(?:am|pm))\b", 1),
        (r"\b(?:in the (?:morning|evening)|at (?:bedtime|night)|before bed)\b", 1),
    )
)
_ONCE = re.compile(r"\b(?:once|one time|one[- ]time(?: only)?|x\s*+1(?: dose)?|(?:a |as a )?single dose)\b")
_EMPTY = re.compile(
    r"^(?:please )?(?:take|give|inject|infuse|administer|swallow)\b|\b(?:by mouth|orally|oral|p\.?o\.?|"
    r"intravenous(?:ly)?|iv|im|intramuscular(?:ly)?|subcutaneous(?:ly)?|sc|subq|via oral route)(?!\w)|"
    r"\b(?:with|after) (?:food|breakfast|milk|a meal|water)\b|\bin the (?:morning|evening)\b|\bat (?:bedtime|night)\b|"
    rf"\b(?:for|to treat) (?!.{{0,{LONGEST}}}\b(?:days?|weeks?|months?|doses?|times?|hours?)\b)"
    rf"[a-z][a-z' -]{{0,{LONGEST}}}$"
)
_ENDS = re.compile(r"^(?:stop|discontinue|off)\W*$")


@dataclass(frozen=True, slots=True)
class Said:
    """One clause: an amount of milligrams, millilitres or pieces; how many times a day; for how many days."""

    amount: float
    unit: str
    per_day: float | None
    days: int | None
    total_mg: float | None = None
    notes: tuple[str, ...] = ()


def said(text: str, drug_names: Iterable[str] = ()) -> tuple[Said, ...]:
    """The clauses of the text, one after the other; none unless every one of them is understood completely."""
    if len(text) > LONGEST:
        return ()
    words = {word for name in drug_names for word in re.findall(r"[a-z]{5,}", name.lower())}
    clauses = [each.lstrip(" ,;:").rstrip(" ,.;:") for each in re.split(r"\bthen\b", _tidy(text))]
    if len(clauses) > 1 and _ENDS.match(clauses[-1]):
        clauses.pop()
    read: list[Said] = []
    for clause in clauses:
        found = _clause(clause, words, read[-1].per_day if read else None)
        if found is None:
            return ()
        read.append(found)
    return tuple(read) if all(each.days for each in read[:-1]) else ()


def times_a_day(text: str) -> float | None:
    """How often a day a text such as ``twice daily`` or ``every 12 hours`` says, if that is all it says."""
    if len(text) > LONGEST:
        return None
    rest, per_day, _ = _frequency(_tidy(text))
    return per_day if not _words(_EMPTY.sub(" ", rest)) else None


def once_only(text: str) -> bool:
    """Whether the text says one single time, and nothing else."""
    return len(text) <= LONGEST and _ONCE.fullmatch(_tidy(text)) is not None


def _tidy(text: str) -> str:
    unrepeated = re.sub(rf"(?<=\d )\((?:{_NUMBER})\)", "", text.lower().replace("–", "-"))
    return re.sub(r"\s+", " ", re.sub(r"\b(?:one|a)[ -]half\b", "half", unrepeated)).lstrip(" ,;").rstrip(" .,;")


def _clause(text: str, drug_words: set[str], carried: float | None) -> Said | None:
    dose = _DOSE.search(text)
    if dose is None:
        return None
    rest = f"{text[: dose.start()]} {text[dose.end() :]}".strip()
    rest, days = _duration(rest)
    rest, as_needed = _without(_PRN, rest)
    rest, per_day, ranged = _frequency(rest)
    once = per_day is None and carried is None and _ONCE.search(rest) is not None
    rest = _EMPTY.sub(" ", _EMPTY.sub(" ", _ONCE.sub(" ", rest) if once else rest).strip())
    if set(_words(rest)) - drug_words:
        return None
    notes = tuple(_notes(as_needed or dose["most"] is not None, ranged or dose["high"] is not None))
    return _told(dose, 1.0 if once else per_day or carried, 1 if once else days, notes)


def _told(dose: re.Match[str], per_day: float | None, days: int | None, notes: tuple[str, ...]) -> Said | None:
    amount = max(_number(dose["low"]), _number(dose["high"] or dose["low"]))
    total = float(dose["total"]) if dose["total"] else None
    if dose["mass"]:
        return Said(amount * MILLIGRAMS[dose["mass"]], "mg", per_day, days, total, notes)
    if dose["each"]:
        return Said(amount * float(dose["each"]), "mg", per_day, days, total, notes)
    return Said(amount, "ml" if dose["ml"] else "piece", per_day, days, total, notes)


def _notes(maximum: bool, ranged: bool) -> Iterable[str]:
    if maximum:
        yield "as needed: counted at its maximum"
    if ranged:
        yield "a range: counted at its highest"


def _duration(text: str) -> tuple[str, int | None]:
    match = _LASTS.search(text)
    if match is None:
        return text, None
    return _cut(match, text), round(min(_number(match["n"]), MOST) * _DAYS[match["unit"]])


def _frequency(text: str) -> tuple[str, float | None, bool]:
    if match := _TIMES.search(text):
        unit = match["unit"].replace("daily", "day").replace("weekly", "week")
        return _cut(match, text), _number(match["n"]) / _DAYS[unit], False
    for pattern, per_day in _FIXED[:-1]:
        if match := pattern.search(text):
            return _cut(match, text), per_day, False
    if match := _EVERY.search(text):
        unit = match["unit"].rstrip("s")
        ranged = re.search(r"\d" + _TO + r"\d", match.group()) is not None
        return _cut(match, text), 1 / ((_number(match["n"] or "1") or 1) * _DAYS[unit]), ranged
    pattern, per_day = _FIXED[-1]
    match = pattern.search(text)
    return (_cut(match, text), per_day, False) if match else (text, None, False)


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    match = pattern.search(text)
    return (_cut(match, text), True) if match else (text, False)


def _cut(match: re.Match[str], text: str) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}".strip()


def _number(word: str) -> float:
    return _WORDS[word] if word in _WORDS else float(word)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w./]+", text.strip(" ,.;:()"))
