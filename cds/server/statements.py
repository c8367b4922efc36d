"""A search as SQL: filters become conditions on keys, the order becomes columns, a page begins after a place."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, func, or_, select

from cds.hooks.refusal import Refusal
from cds.server import criteria
from cds.server.ask import BAD_REQUEST
from cds.server.asked import Asked, Filter
from cds.server.criteria import Clause, split
from cds.server.definitions import parameters_of
from cds.server.entries import IDENTIFIER
from cds.server.moments import FOREVER
from cds.server.shelf import Desk
from cds.server.tables import LINK, RESOURCE, TOKEN

_MOST_ALTERNATIVES: Final = {"token": 5000, "reference": 5000}
_FEWER: Final = 200
"""So many alternatives are taken at most: a database compares a list of them at once, but not of dates or texts."""

_KINDS: Final[Mapping[type, tuple[type, ...]]] = {int: (int,), float: (int, float)}
"""What JSON may hold for a column of that type; a text for any other."""

_LAST_TEXT: Final = "\U0010ffff"
_CHEAP_FIRST: Final = ("reference", "token", "string", "uri", "quantity", "number", "date")
"""What narrows a search most comes first: it alone is looked up, the rest is tested on what it finds."""

Rows = FromClause
"""The resource table, or an alias of it."""


def matching(asked: Asked, desk: Desk) -> list[Clause]:
    """The conditions on the resource table."""
    return _of_type(asked.kind, asked.filters, RESOURCE, desk)


def _of_type(kind: str, filters: Sequence[Filter], rows: Rows, desk: Desk) -> list[Clause]:
    """The conditions on those rows: their type, that they are there, and every filter."""
    ranked = sorted(filters, key=lambda each: _rank(kind, each))
    clauses = [_condition(kind, each, rows, desk, leads=index == 0) for index, each in enumerate(ranked)]
    return [rows.c.type == kind, rows.c.deleted == false(), *clauses]


def _rank(kind: str, asked: Filter) -> int:
    """The place of the filter among the others; what asks for absence never leads."""
    if asked.code == "_id" and not asked.modifier:
        return -1
    if asked.modifier in ("not", "missing") or asked.code not in parameters_of(kind) or asked.within:
        return len(_CHEAP_FIRST)
    return _CHEAP_FIRST.index(parameters_of(kind)[asked.code].type)


def _condition(kind: str, asked: Filter, rows: Rows, desk: Desk, *, leads: bool) -> Clause:
    """The condition that the filter sets."""
    if asked.reverse is not None:
        return _referred_to(kind, asked, rows, desk)
    if asked.code == "_id" and asked.modifier in ("", "not"):
        among = rows.c.id.in_([criteria.plain(each) for each in split(asked.value, ",")])
        return ~among if asked.modifier else among
    if asked.code == "_lastUpdated" and not asked.modifier:
        columns = (rows.c.updated, rows.c.updated + 1)
        return or_(*(criteria.moment(asked.code, each, desk.moment, columns) for each in split(asked.value, ",")))
    param = f"{kind}.{asked.code}"
    table = criteria.TABLES[parameters_of(kind)[asked.code].type]
    if asked.modifier == "missing":
        has = exists().where(table.c.key == rows.c.key, table.c.param == param)
        return ~has if _flag(asked) else has
    if asked.modifier == "identifier":
        table, param = TOKEN, param + IDENTIFIER
    meaning = and_(table.c.param == param, _meaning(kind, asked, desk))
    if leads and asked.modifier != "not":
        return rows.c.key.in_(select(table.c.key).where(meaning))
    found = exists().where(table.c.key == rows.c.key, meaning)
    return ~found if asked.modifier == "not" else found


def _meaning(kind: str, asked: Filter, desk: Desk) -> Clause:
    """Any of the alternatives."""
    if asked.within:
        return or_(*(_leads_to(other, inner, desk) for other, inner in asked.within))
    alternatives = [each for each in split(asked.value, ",") if each]
    if not alternatives:
        raise criteria.unsound(asked.code, "there is no value")
    type_ = "token" if asked.modifier == "identifier" else parameters_of(kind)[asked.code].type
    most = _MOST_ALTERNATIVES.get(type_, _FEWER)
    if len(alternatives) > most:
        raise Refusal(BAD_REQUEST, "too-costly", f"more than {most} alternatives", asked.code)
    if type_ == "date":
        return or_(*(criteria.moment(asked.code, each, desk.moment) for each in alternatives))
    if type_ == "reference":
        return criteria.links(asked.code, alternatives, desk.base, asked.modifier)
    if type_ == "token":
        return criteria.tokens(asked.code, alternatives)
    return or_(*(criteria.SIMPLE[type_](asked.code, each, asked.modifier) for each in alternatives))


def _leads_to(kind: str, inner: Filter, desk: Desk) -> Clause:
    """The link leads to a resource of that type that the inner filter lets through."""
    other = RESOURCE.alias()
    return and_(LINK.c.type == kind, LINK.c.id.in_(select(other.c.id).where(*_of_type(kind, [inner], other, desk))))


def _referred_to(kind: str, asked: Filter, rows: Rows, desk: Desk) -> Clause:
    """Some resource refers to this one, and the inner filter lets it through."""
    assert asked.reverse is not None
    (source, inner), code = asked.within[0], asked.reverse[1]
    other = RESOURCE.alias()
    keys = select(other.c.key).where(*_of_type(source, [inner], other, desk))
    links = select(LINK.c.id).where(LINK.c.param == f"{source}.{code}", LINK.c.type == kind, LINK.c.key.in_(keys))
    return rows.c.id.in_(links)


def _flag(asked: Filter) -> bool:
    """The value of ``:missing``."""
    if asked.value not in ("true", "false"):
        raise criteria.unsound(asked.code, ":missing takes true or false")
    return asked.value == "true"


def counted(asked: Asked, desk: Desk) -> Select[int]:
    """How many match."""
    return select(func.count()).select_from(RESOURCE).where(*matching(asked, desk))


def paged(asked: Asked, desk: Desk, more: int = 1) -> Select[Any]:
    """One page and ``more`` rows: every column of the resource, then what it is ordered by."""
    columns = [_sorted_by(asked.kind, code, down=down).label(f"by_{n}") for n, (code, down) in enumerate(asked.order)]
    found = select(RESOURCE.c.key.label("at"), *columns).where(*matching(asked, desk)).subquery()
    order = [(found.c[f"by_{n}"], down) for n, (_, down) in enumerate(asked.order)] + [(found.c.at, False)]
    statement = select(RESOURCE, *(column for column, _ in order)).join(found, found.c.at == RESOURCE.c.key)
    if asked.page:
        statement = statement.where(_after(order, _place(asked.page, [column for column, _ in order])))
    return statement.order_by(*(column.desc() if down else column for column, down in order)).limit(asked.count + more)


def _sorted_by(kind: str, code: str, *, down: bool) -> ColumnElement[Any]:
    """The value that the resource is ordered by; a resource without one comes last."""
    if code == "_id":
        return RESOURCE.c.id.expression
    if code == "_lastUpdated":
        return RESOURCE.c.updated.expression
    type_ = parameters_of(kind)[code].type
    table = criteria.TABLES[type_]
    name = {"token": "code", "string": "folded", "uri": "raw", "reference": "id"}.get(type_, "high" if down else "low")
    last: Any = _LAST_TEXT if name not in ("high", "low") else FOREVER
    first: Any = "" if name not in ("high", "low") else -FOREVER
    best = func.max(table.c[name]) if down else func.min(table.c[name])
    value = select(best).where(table.c.key == RESOURCE.c.key, table.c.param == f"{kind}.{code}").scalar_subquery()
    return func.coalesce(value, first if down else last)


def _after(order: Sequence[tuple[ColumnElement[Any], bool]], place: Sequence[Any]) -> Clause:
    """Behind that place in the order."""
    ways = []
    for index, (column, down) in enumerate(order):
        same = [each == value for (each, _), value in zip(order[:index], place, strict=False)]
        ways.append(and_(*same, column < place[index] if down else column > place[index]))
    return or_(*ways)


def place_of(row: Sequence[Any], length: int) -> str:
    """The place of the row, as a page address holds it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(row[-length:]))).decode().rstrip("=")


def _place(text: str, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    """The place that a page address holds; raises Refusal (400) if it was not made for this search."""
    try:
        found: Any = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        found = None
    place = found if isinstance(found, list) else []
    kinds = [_KINDS.get(column.type.python_type, (str,)) for column in columns]
    if len(place) != len(kinds) or not all(map(isinstance, place, kinds)):
        raise Refusal(BAD_REQUEST, "value", "this page belongs to no such search; begin again", "_page")
    return place
