"""The tables: each resource as it is now, its earlier versions, and one index for each kind of search value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text

METADATA: Final = MetaData()
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared character by character in every database, so that pages are cut alike."""


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, _TEXT, nullable=False, primary_key=key)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


RESOURCE: Final = Table(
    "resource",
    METADATA,
    Column("key", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _text("type"),
    _text("id"),
    Column("version", Integer, nullable=False),
    _number("updated"),
    Column("deleted", Boolean, nullable=False),
    _text("body"),
    Index("resource_name", "type", "id", unique=True),
)

EARLIER: Final = Table(
    "earlier",
    METADATA,
    _text("type", key=True),
    _text("id", key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _number("updated"),
    Column("deleted", Boolean, nullable=False),
    _text("body"),
)


def _index(name: str, columns: Sequence[Column[Any]], *found_by: str) -> Table:
    """An index table: rows of a resource's key, a parameter and a value."""
    return Table(
        name,
        METADATA,
        _number("key"),
        _text("param"),
        *columns,
        Index(f"{name}_of", "key", "param"),
        Index(f"{name}_by", "param", *found_by, "key"),
    )


TOKEN: Final = _index("token", [_text("system"), _text("code")], "code", "system")
TEXT: Final = _index("text", [_text("raw"), _text("folded")], "folded")
MOMENT: Final = _index("moment", [_number("low"), _number("high")], "low")
NUMBER: Final = _index(
    "number",
    [*(Column(end, Float(53), nullable=False) for end in ("low", "high")), *map(_text, ("system", "code", "unit"))],
    "low",
)
LINK: Final = _index("link", [_text("type"), _text("id"), _text("url")], "id", "type")
INDEXES: Final = {table.name: table for table in (TOKEN, TEXT, MOMENT, NUMBER, LINK)}
"""The index tables by name."""
