"""One cell of a case as a fact: ``-2.5``, ``<4``, ``yes``, ``200 days ago``, ``a+b``, ``? too-old``, ``n/a``."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from cds.engine.fact import Cause, Fact, Known, Range, Span, Unknown, Value
from cds.facts.catalogue import Type
from cds.ruleset.fault import correction

NUMBER_TEXT = r"-?\d+(?:\.\d+)?"
_COMPARED = re.compile(rf"^(<=|>=|≤|≥|<|>)\s*({NUMBER_TEXT})$")
_BETWEEN = re.compile(rf"^({NUMBER_TEXT})\s*\.\.\s*({NUMBER_TEXT})$")
_AGO = re.compile(r"^(?:(\d+)\s*\.\.\s*)?(\d+) days? (ago|ahead)$")
_ISO = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")
_CAUSES = {cause.value: cause for cause in Cause}


class Unclear(ValueError):
    """The cell cannot be understood; the message says what would fit."""


def fact_from(cell: str, kind: Type, as_of: date) -> Fact:
    """The fact that the cell stands for; Unclear when it stands for none."""
    if cell.startswith("?"):
        return _unknown(cell[1:].strip() or Cause.NEVER_MEASURED.value)
    if cell == "n/a":
        return Known(None)
    return Known(_READERS[kind](cell.replace("−", "-"), as_of))


def _unknown(reason: str) -> Fact:
    if reason not in _CAUSES:
        raise Unclear(f"unknown for a reason that does not exist; {correction(reason, _CAUSES, ', '.join(_CAUSES))}")
    return Unknown(reason.replace("-", " "), _CAUSES[reason])


def _yes_no(cell: str, _as_of: date) -> Value:
    if cell not in {"yes", "no"}:
        raise Unclear("yes, no, ? or n/a fits here")
    return cell == "yes"


def _code(cell: str, _as_of: date) -> Value:
    return cell


def _set(cell: str, _as_of: date) -> Value:
    return frozenset() if cell == "nothing" else frozenset(each.strip() for each in cell.split("+"))


def _number(cell: str, _as_of: date) -> Value:
    if compared := _COMPARED.match(cell):
        sign, bound = compared.group(1), float(compared.group(2))
        is_open = sign in {"<", ">"}
        if sign in {"<", "<=", "≤"}:
            return Range(high=bound, high_open=is_open)
        return Range(low=bound, low_open=is_open)
    if between := _BETWEEN.match(cell):
        return Range(float(between.group(1)), float(between.group(2)))
    if not re.fullmatch(NUMBER_TEXT, cell):
        raise Unclear("a number fits here: 7.5, <4, >=4, 20..30, ? or n/a")
    return float(cell)


def _date(cell: str, as_of: date) -> Value:
    if ago := _AGO.match(cell):
        sign = -1 if ago.group(3) == "ago" else 1
        days = sorted(as_of + timedelta(days=sign * int(each)) for each in ago.groups()[:2] if each)
        return days[0] if len(days) == 1 else Span(days[0], days[-1])
    if iso := _ISO.match(cell):
        year, month, day = (int(part or 0) for part in iso.groups())
        return date(year, month, day) if day else _part_of(year, month)
    raise Unclear("a date fits here: 200 days ago, 100..200 days ago, 2026-01-31, 2026-01, ? or n/a")


def _part_of(year: int, month: int) -> Span:
    """The year, or the month of it when one is given."""
    last = month or 12
    return Span(date(year, month or 1, 1), date(year, last, calendar.monthrange(year, last)[1]))


_READERS: dict[Type, Callable[[str, date], Value]] = {
    Type.BOOL: _yes_no,
    Type.CODE: _code,
    Type.NUMBER: _number,
    Type.DATE: _date,
    Type.SET: _set,
}
