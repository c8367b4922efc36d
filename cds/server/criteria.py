"""What a search value means, as a condition on the rows of one index table. Nothing here reads a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, or_

from cds.hooks.refusal import Refusal
from cds.server.ask import BAD_REQUEST
from cds.server.definitions import resource_types
from cds.server.entries import ANY_SYSTEM, folded
from cds.server.moments import Stretch, stretch
from cds.server.references import target_of
from cds.server.tables import LINK, MOMENT, NUMBER, TEXT, TOKEN

Clause = ColumnElement[bool]
_PREFIXED: Final = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_AROUND: Final = 10
"""``ap`` reaches a tenth of the value further on both sides; for dates, of the time between the date and now."""

_LAST: Final = "\U0010ffff"
TABLES: Final[Mapping[str, Table]] = {
    "token": TOKEN, "string": TEXT, "uri": TEXT, "date": MOMENT, "number": NUMBER, "quantity": NUMBER,
    "reference": LINK,
}  # fmt: skip
"""The table in which each type of parameter is looked up."""

MODIFIERS: Final[Mapping[str, frozenset[str]]] = {
    "token": frozenset({"", "not", "missing"}),
    "string": frozenset({"", "exact", "contains", "missing"}),
    "uri": frozenset({"", "below", "missing"}),
    "date": frozenset({"", "missing"}),
    "number": frozenset({"", "missing"}),
    "quantity": frozenset({"", "missing"}),
    "reference": frozenset({"", "missing", "identifier"}),
}
"""The modifiers that each type of parameter takes; a reference also takes a resource type."""


def unsound(param: str, words: str) -> Refusal:
    """The refusal of a value that says nothing."""
    return Refusal(BAD_REQUEST, "value", words, param)


def split(text: str, at: str) -> list[str]:
    r"""The parts of the value; ``\,`` ``\|`` ``\$`` and ``\\`` stand for the character itself."""
    parts = re.findall(rf"((?:[^\\{re.escape(at)}]|\\.?)*)(?:{re.escape(at)}|$)", text, re.DOTALL)
    return parts[:-1] if text and len(parts) > 1 and not parts[-1] and not text.endswith(at) else parts


def plain(text: str) -> str:
    """The part without its backslashes."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def tokens(param: str, alternatives: Iterable[str]) -> Clause:
    """Any of ``code``, ``system|code``, ``|code`` and ``system|``; those of one system are looked up together."""
    codes: dict[str | None, list[str]] = {}
    whole: list[str] = []
    for value in alternatives:
        parts = [plain(each) for each in split(value, "|")]
        system, code = (None, parts[0]) if len(parts) == 1 else (parts[0], "|".join(parts[1:]))
        if code:
            codes.setdefault(system, []).append(code)
        elif system:
            whole.append(system)
        else:
            raise unsound(param, "a token needs a system, a code or both")
    clauses = [_codes(system, some) for system, some in codes.items()]
    return or_(*clauses, *((TOKEN.c.system.in_(whole),) if whole else ()))


def _codes(system: str | None, codes: list[str]) -> Clause:
    """Any of these codes of the system; of any system if it is None."""
    among = TOKEN.c.code.in_(codes)
    return among if system is None else and_(TOKEN.c.system.in_([system, ANY_SYSTEM]), among)


def text(_: str, value: str, modifier: str = "") -> Clause:
    """The beginning of the text, whatever its case and accents; exactly it, or anywhere in it, if so asked."""
    wanted = plain(value)
    if modifier == "exact":
        return TEXT.c.raw == wanted
    if modifier == "contains":
        return TEXT.c.folded.contains(folded(wanted), autoescape=True)
    begin = folded(wanted)
    return and_(TEXT.c.folded >= begin, TEXT.c.folded < begin + _LAST)


def uri(_: str, value: str, modifier: str = "") -> Clause:
    """The address itself; with ``below`` also what lies below it."""
    wanted = plain(value)
    if modifier != "below":
        return TEXT.c.raw == wanted
    under = wanted.rstrip("/") + "/"
    return or_(TEXT.c.raw == wanted, and_(TEXT.c.raw >= under, TEXT.c.raw < under + _LAST))


def moment(param: str, value: str, now: int, columns: tuple[Any, Any] = (MOMENT.c.low, MOMENT.c.high)) -> Clause:
    """The date with its prefix, as R4 compares stretches of time."""
    prefix, written = _prefixed(value)
    asked = stretch(written)
    if asked is None:
        raise unsound(param, "a date is written as YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz")
    if prefix == "ap":
        reach = abs(now - asked.low) // _AROUND
        asked = Stretch(asked.low - reach, asked.high + reach)
    low, high = columns
    inside = and_(low >= asked.low, high <= asked.high)
    meanings: Mapping[str, Clause] = {
        "eq": inside,
        "ne": ~inside,
        "gt": high > asked.high,
        "lt": low < asked.low,
        "ge": or_(high > asked.high, inside),
        "le": or_(low < asked.low, inside),
        "sa": low >= asked.high,
        "eb": high <= asked.low,
        "ap": and_(low < asked.high, high > asked.low),
    }
    return meanings[prefix]


def number(param: str, value: str, _: str = "") -> Clause:
    """The number with its prefix; ``5.4`` means 5.35 up to 5.45."""
    prefix, written = _prefixed(value)
    try:
        asked = Decimal(written) if _NUMBER.fullmatch(written) else None
    except InvalidOperation:
        asked = None
    if asked is None or not asked.is_finite() or abs(asked.adjusted()) > 300:
        raise unsound(param, "a number is written as 5.4, perhaps after one of eq ne gt lt ge le sa eb ap")
    exponent = asked.as_tuple().exponent
    half = Decimal((0, (5,), int(exponent) - 1)) if prefix != "ap" else abs(asked) / _AROUND
    least, most, point = float(asked - half), float(asked + half), float(asked)
    low, high = NUMBER.c.low, NUMBER.c.high
    inside = and_(low >= least, high < most)
    return {
        "eq": inside,
        "ne": ~inside,
        "gt": high > point,
        "lt": low < point,
        "ge": high >= point,
        "le": low <= point,
        "sa": low > point,
        "eb": high < point,
        "ap": and_(low <= most, high >= least),
    }[prefix]


def quantity(param: str, value: str, _: str = "") -> Clause:
    """``number``, ``number|system|code`` and ``number||code or unit``."""
    parts = [plain(each) for each in split(value, "|")]
    clause = number(param, parts[0])
    if len(parts) == 1:
        return clause
    if len(parts) != 3:
        raise unsound(param, "a quantity is written as number, number|system|code or number||code")
    system, code = parts[1:]
    if system:
        return and_(clause, NUMBER.c.system == system, *((NUMBER.c.code == code,) if code else ()))
    return and_(clause, or_(NUMBER.c.code == code, NUMBER.c.unit == code)) if code else clause


def links(param: str, alternatives: Iterable[str], base: str, kind: str = "") -> Clause:
    """Any of ``id``, ``Type/id`` and addresses; a resource of this server by any of them."""
    names: dict[str, list[str]] = {}
    urls: list[str] = []
    for value in alternatives:
        wanted = plain(value)
        target = target_of(wanted, base)
        if target is None:
            raise unsound(param, "a reference is written as id, Type/id or an address")
        if target.id and kind not in ("", target.type):
            raise unsound(param, f"the value names a {target.type}, the parameter a {kind}")
        if target.id:
            names.setdefault(target.type, []).append(target.id)
        elif _ID.fullmatch(wanted):
            names.setdefault(kind, []).append(wanted)
        else:
            urls.append(target.url)
    clauses = [_named(type_, ids) for type_, ids in names.items()]
    return or_(*clauses, *((LINK.c.url.in_(urls),) if urls else ()))


def _named(kind: str, ids: list[str]) -> Clause:
    """Any of these ids of the type; of any type if it is ''."""
    among = LINK.c.id.in_(ids)
    return and_(among, LINK.c.type == kind) if kind else among


def modifier_fits(kind: str, modifier: str) -> bool:
    """Whether a parameter of that type takes the modifier."""
    return modifier in MODIFIERS[kind] or (kind == "reference" and modifier in resource_types())


def _prefixed(value: str) -> tuple[str, str]:
    """Prefix and value; ``eq`` without one."""
    found = _PREFIXED.fullmatch(plain(value))
    assert found is not None
    return found[1] or "eq", found[2]


SIMPLE: Final[Mapping[str, Callable[[str, str, str], Clause]]] = {
    "string": text, "uri": uri, "number": number, "quantity": quantity,
}  # fmt: skip
"""The meaning of a value for the types that need to know nothing else: parameter, value, modifier."""
