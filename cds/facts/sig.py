"""Plain prescription English (``take 2 tablets (10 mg total) by mouth every morning``) as amounts and frequencies.

Every word has to be understood: a sentence with anything left over is not read at all, so nothing is guessed.
Doses that follow each other (``then``, or a comma between doses that each last some days) are clauses; doses at
different moments of one day (``20 mg in the morning and 10 mg in the evening``) are one clause, added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cds.facts.instruction import LONGEST, NUMBER, number, tidied
from cds.facts.strength import MILLIGRAMS, MOST

AS_NEEDED = "as needed: counted at its maximum"
_TO = r"\s*+(?:-|to|or)\s*+"
_PIECE = r"tab(?:let)?s?\b(?:\(s\))?|cap(?:sule)?s?\b(?:\(s\))?|pills?\b|each\b"
_MASS = r"mg|milligrams?|mcg|micrograms?|g|grams?"

_DOSE = re.compile(
    rf"(?P<most>up to )?(?<![\w./-])(?P<low>{NUMBER})(?:{_TO}(?P<high>{NUMBER}))?\s*+(?:(?:of )?an? )?"
    rf"(?:(?P<mass>{_MASS})\b|(?P<ml>ml)\b|(?:x?\s*+(?P<each>\d++(?:\.\d++)?+)\s*+mg\s*+)?(?P<piece>{_PIECE}))"
    rf"(?:\s*+\((?:=\s*+)?(?P<total>\d++(?:\.\d++)?+)\s*+mg(?: total| dose| total dose)?\))?",
)
_LASTS = re.compile(rf"\b(?:for|x)\s*+(?P<n>{NUMBER})\s*+(?:more\s*+)?(?P<unit>day|week|month)s?\b")
_PRN = re.compile(r"\b(?:as needed|if needed|when needed|prn)\b")
_DAYS = {"hour": 1 / 24, "hr": 1 / 24, "h": 1 / 24, "day": 1.0, "d": 1.0, "week": 7.0, "wk": 7.0, "month": 30.0}

_EVERY = re.compile(
    rf"\b(?:(?:every|each)\s*+|q\s*+)(?P<n>{NUMBER})?(?:{_TO}(?:{NUMBER}))?"
    r"\s*+(?P<unit>hours?|hrs?|h|days?|d|weeks?|wk|months?)\b"
)
_TIMES = re.compile(
    rf"\b(?P<n>{NUMBER})\s*+(?:times?|x)\s*+(?:a|per|each|every|/)?\s*+(?P<unit>day|daily|week|weekly|month)\b"
)
_FIXED: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern), per_day)
    for pattern, per_day in (
        (r"\b(?:every other (?:day|morning)|every second day|(?:on )?alternate days|qod|q\.o\.d\.?)(?!\w)", 0.5),
        (r"\b(?:twice|two times)(?: daily| (?:a|per|each|every) day)\b|\b(?:bid|b\.i\.d\.?)(?!\w)", 2),
        (r"\b(?:every |each |in the )?morning and (?:every |each |in the |at )?(?:evening|night|bedtime)\b", 2),
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
    r"\b(?:with|after|before) (?:food|breakfast|lunch|dinner|supper|milk|a meal|water)\b|"
    r"\bin the (?:morning|evening)\b|\bat (?:bedtime|night)\b|"
    rf"\b(?:for|to treat) (?!.{{0,{LONGEST}}}\b(?:days?|weeks?|months?|doses?|times?|hours?)\b)"
    rf"[a-z][a-z' -]{{0,{LONGEST}}}$"
)
_THEN = re.compile(r"(?:\band )?\bthen\b|\bfollowed by\b")
_NEXT = re.compile(rf"(?P<by>,(?: and)? |; | and | & | plus )(?=(?:take |give )?{_DOSE.pattern})")
_MOMENT = re.compile(
    r"\b(?:(?:every|each|in(?: the)?|at(?: \d\d?(?::\d\d)?)?|with|after|before|q) ?)?"
    r"(?P<moment>morning|am|breakfast|noon|midday|lunch|afternoon|evening|pm|dinner|supper|night|nightly|bedtime|hs)\b"
)
_SAME_MOMENT = {
    "am": "morning", "breakfast": "morning", "midday": "noon", "lunch": "noon", "pm": "evening", "dinner": "evening",
    "supper": "evening", "nightly": "night", "bedtime": "night", "hs": "night",
}  # fmt: skip
_ENDS = re.compile(r"^(?:stop|discontinue|off)\W*$")


@dataclass(frozen=True, slots=True)
class Said:
    """One clause: an amount of milligrams, millilitres or pieces; how many times a day; for how many days.

    ``moments``: at how many moments of the day, if the amount is the sum of different doses; else 0.
    """

    amount: float
    unit: str
    per_day: float | None
    days: int | None
    total_mg: float | None = None
    notes: tuple[str, ...] = ()
    moments: int = 0


def said(text: str, drug_names: Iterable[str] = ()) -> tuple[Said, ...]:
    """The clauses of the text, one after the other; none unless every one of them is understood completely."""
    if len(text) > LONGEST:
        return ()
    words = {word for name in drug_names for word in re.findall(r"[a-z]{5,}", name.lower())}
    phrases = [each.lstrip(" ,;:").rstrip(" ,.;:") for each in _THEN.split(tidied(text))]
    if len(phrases) > 1 and _ENDS.match(phrases[-1]):
        phrases.pop()
    read: list[Said] = []
    for phrase in phrases:
        found = _phrase(phrase, words, None if not read or read[-1].moments else read[-1].per_day)
        if not found:
            return ()
        read += found
    return tuple(read) if all(each.days for each in read[:-1]) else ()


def times_a_day(text: str) -> float | None:
    """How often a day a text such as ``twice daily`` or ``every 12 hours`` says, if that is all it says."""
    if len(text) > LONGEST:
        return None
    rest, per_day, _ = _frequency(tidied(text))
    return per_day if not _words(_EMPTY.sub(" ", rest)) else None


def once_only(text: str) -> bool:
    """Whether the text says one single time, and nothing else."""
    return len(text) <= LONGEST and _ONCE.fullmatch(tidied(text)) is not None


def _phrase(text: str, drug_words: set[str], carried: float | None) -> tuple[Said, ...]:
    """What stands between two ``then``: one clause, or doses one after the other, or at moments of one day."""
    breaks = list(_NEXT.finditer(text))
    if not breaks:
        found = _clause(text, drug_words, carried)
        return (found,) if found else ()
    starts, stops = (0, *(each.end() for each in breaks)), (*(each.start() for each in breaks), len(text))
    parts = [text[start:stop] for start, stop in zip(starts, stops, strict=True)]
    moments = [frozenset(_SAME_MOMENT.get(word, word) for word in _MOMENT.findall(part)) for part in parts]
    if len(set(moments)) == len(parts) and all(len(each) == 1 for each in moments):
        return _day(parts, drug_words)
    in_turn = len(set(moments)) == 1 and all(each["by"][0] in ",;" for each in breaks)
    return _course(parts, drug_words, carried) if in_turn else ()


def _day(parts: list[str], drug_words: set[str]) -> tuple[Said, ...]:
    """Doses that are each taken once a day, at a moment of their own, as their sum; none if any of it is unclear."""
    read = [said for part in parts if (said := _clause(_MOMENT.sub(" ", part), drug_words, 1.0))]
    units, lengths = {each.unit for each in read}, {each.days for each in read[:-1]}
    if len(read) < len(parts) or len(units) > 1 or any(each.per_day != 1 for each in read):
        return ()
    if lengths not in ({None}, {read[-1].days}):
        return ()
    totals = [each.total_mg for each in read if each.total_mg is not None]
    return (
        replace(
            read[-1],
            amount=sum(each.amount for each in read),
            total_mg=sum(totals) if len(totals) == len(read) else None,
            notes=tuple(dict.fromkeys(note for each in read for note in each.notes)),
            moments=len(read),
        ),
    )


def _course(parts: list[str], drug_words: set[str], carried: float | None) -> tuple[Said, ...]:
    """Doses one after the other; none if one of them is not understood, or only taken as needed."""
    read: list[Said] = []
    for part in parts:
        found = _clause(part, drug_words, read[-1].per_day if read else carried)
        if found is None or AS_NEEDED in found.notes:
            return ()
        read.append(found)
    return tuple(read)


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
    amount = max(number(dose["low"]), number(dose["high"] or dose["low"]))
    total = float(dose["total"]) if dose["total"] else None
    if dose["mass"]:
        return Said(amount * MILLIGRAMS[dose["mass"]], "mg", per_day, days, total, notes)
    if dose["each"]:
        return Said(amount * float(dose["each"]), "mg", per_day, days, total, notes)
    return Said(amount, "ml" if dose["ml"] else "piece", per_day, days, total, notes)


def _notes(maximum: bool, ranged: bool) -> Iterable[str]:
    if maximum:
        yield AS_NEEDED
    if ranged:
        yield "a range: counted at its highest"


def _duration(text: str) -> tuple[str, int | None]:
    match = _LASTS.search(text)
    if match is None:
        return text, None
    return _cut(match, text), round(min(number(match["n"]), MOST) * _DAYS[match["unit"]])


def _frequency(text: str) -> tuple[str, float | None, bool]:
    if match := _TIMES.search(text):
        unit = match["unit"].replace("daily", "day").replace("weekly", "week")
        return _cut(match, text), number(match["n"]) / _DAYS[unit], False
    for pattern, per_day in _FIXED[:-1]:
        if match := pattern.search(text):
            return _cut(match, text), per_day, False
    if match := _EVERY.search(text):
        unit = match["unit"].rstrip("s")
        ranged = re.search(r"\d" + _TO + r"\d", match.group()) is not None
        return _cut(match, text), 1 / ((number(match["n"] or "1") or 1) * _DAYS[unit]), ranged
    pattern, per_day = _FIXED[-1]
    match = pattern.search(text)
    return (_cut(match, text), per_day, False) if match else (text, None, False)


def _without(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    match = pattern.search(text)
    return (_cut(match, text), True) if match else (text, False)


def _cut(match: re.Match[str], text: str) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}".strip()


def _words(text: str) -> list[str]:
    return re.findall(r"[\w./]+", text.strip(" ,.;:()"))
