"""The journal's tables. ``entries`` is the journal; the tables for questions are made from it, and verified against it.

An entry is never changed. Of one that is past its retention the body goes, and its hash stays.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA: Final = MetaData()

ENTRIES: Final = Table(
    "entries",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("id", String(80), nullable=False, unique=True),
    Column("at", BigInteger, nullable=False, comment="UTC, milliseconds since 1970"),
    Column("writer", String(40), nullable=False),
    Column("body", LargeBinary, comment="null: purged"),
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Index("entries_by_kind", "kind", "at"),
)
HEAD: Final = Table(
    "head",
    METADATA,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
    Column("mark", LargeBinary(32), nullable=False),
)
DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("id", String(80), primary_key=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("day", String(10), nullable=False),
    Column("service", String(80), nullable=False),
    Column("hook", String(40), nullable=False),
    Column("patient", String(32), nullable=False, index=True),
    Column("user", String(32), nullable=False),
    Column("ruleset", String(64), nullable=False),
    Column("book", String(40), nullable=False),
    Column("ms", Float, nullable=False),
    Column("cards", Integer, nullable=False),
    Column("scope", String(8), nullable=False),
    Column("kept", Boolean, nullable=False),
)
CARDS: Final = Table(
    "cards",
    METADATA,
    Column("uuid", String(80), primary_key=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("decision", String(80), nullable=False, index=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("day", String(10), nullable=False),
    Column("service", String(80), nullable=False),
    Column("patient", String(32), nullable=False, index=True),
    Column("topic", String(80), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("stratum", String(80), nullable=False),
    Column("indicator", String(16), nullable=False),
    Column("suggestions", Text, nullable=False),
    Column("caller", String(32), nullable=False, server_default="", comment="a pseudonym; empty: not kept then"),
)
FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("id", String(80), primary_key=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("day", String(10), nullable=False),
    Column("service", String(80), nullable=False),
    Column("card", String(200), nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("accepted", Text, nullable=False),
    Column("reason_code", String(200), nullable=False),
    Column("reason_system", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("told_at", String(64), nullable=False),
    Column("caller", String(32), nullable=False, server_default="", comment="a pseudonym; empty: not kept then"),
)
GAPS: Final = Table(
    "gaps",
    METADATA,
    Column("decision", String(80), primary_key=True),
    Column("source", String(80), primary_key=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("why", Text, nullable=False),
)
ORDERS: Final = Table(
    "orders",
    METADATA,
    Column("decision", String(80), primary_key=True),
    Column("option", String(80), primary_key=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("patient", String(32), nullable=False, index=True),
    comment="options that were accepted before and that this decision's chart or draft holds",
)
INPUTS: Final = Table(
    "inputs",
    METADATA,
    Column("decision", String(80), primary_key=True),
    Column("seq", BigInteger, nullable=False, index=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("key", String(80), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("roles", String(80), nullable=False),
    Column("password", String(200), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
)
SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("account", String(200), nullable=False, index=True),
    Column("roles", String(80), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
)
ANSWERS: Final = (FEEDBACK.c.card == CARDS.c.uuid) & (
    (FEEDBACK.c.caller == CARDS.c.caller) | (FEEDBACK.c.caller == "") | (CARDS.c.caller == "")
)
"""The feedback is about the card and from whoever was shown it; what does not say who it was fits everybody."""

MADE_FROM_ENTRIES: Final = (DECISIONS, CARDS, FEEDBACK, GAPS, ORDERS)
"""The tables that verification makes anew and compares."""


def column_bytes(value: Any) -> Any:
    """The bytes of a column, None if it is empty; SQLite keeps whatever somebody puts there, and is read as bytes."""
    if isinstance(value, bytes | None):
        return value
    return bytes(value) if isinstance(value, bytearray | memoryview) else str(value).encode(errors="surrogatepass")
