"""The journal: entries in a chain, its head, the tables made from entries, and kept inputs.

Entries may not be deleted, and of an entry nothing may change but that its body goes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SAID = "the journal is append-only"
_SAME = " AND ".join(
    f"NEW.{name} = OLD.{name}" for name in ("seq", "kind", "id", "at", "writer", "body_hash", "previous", "hash")
)
_STAYS_SQLITE = f"CREATE TRIGGER entries_stay BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
_KEEPS_SQLITE = (
    f"CREATE TRIGGER entries_keep BEFORE UPDATE ON entries WHEN NOT (NEW.body IS NULL AND {_SAME}) "
    f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
)
_SAYS_POSTGRESQL = (
    f"CREATE FUNCTION entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$"
)
_STAYS_POSTGRESQL = "CREATE TRIGGER entries_stay BEFORE DELETE OR TRUNCATE ON entries EXECUTE FUNCTION entries_stay()"
_KEEPS_POSTGRESQL = (
    "CREATE TRIGGER entries_keep BEFORE UPDATE ON entries FOR EACH ROW "
    f"WHEN (NOT (NEW.body IS NULL AND {_SAME})) EXECUTE FUNCTION entries_stay()"
)
_SQLITE = (_STAYS_SQLITE, _KEEPS_SQLITE)
_POSTGRESQL = (_SAYS_POSTGRESQL, _STAYS_POSTGRESQL, _KEEPS_POSTGRESQL)


def upgrade() -> None:
    """The tables are there, and entries can only be added."""
    _chain()
    _questions()
    _answers()
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def _text(name: str, length: int | None = None, *, key: bool = False, index: bool = False) -> sa.Column[str]:
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(name, kind, primary_key=key, nullable=False, index=index)


def _number(name: str, *, key: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=key, autoincrement=False, nullable=False, index=index)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _chain() -> None:
    op.create_table(
        "entries",
        _number("seq", key=True),
        _text("kind", 16),
        sa.Column("id", sa.String(80), nullable=False, unique=True),
        _number("at"),
        _text("writer", 40),
        _bytes("body", nullable=True),
        _bytes("body_hash"),
        _bytes("previous"),
        _bytes("hash"),
        sa.Index("entries_by_kind", "kind", "at"),
    )
    one = sa.Column("one", sa.Integer, primary_key=True, autoincrement=False)
    op.create_table("head", one, _number("seq"), _bytes("hash"), _bytes("seal"), _bytes("mark"))
    kept = (_text("decision", 80, key=True), _number("seq", index=True), _number("at", index=True))
    op.create_table("inputs", *kept, _text("key", 80), _bytes("sealed"))


def _questions() -> None:
    op.create_table(
        "decisions",
        _text("id", 80, key=True),
        _number("seq", index=True),
        _number("at", index=True),
        _text("day", 10),
        _text("service", 80),
        _text("hook", 40),
        _text("patient", 32, index=True),
        _text("user", 32),
        _text("ruleset", 64),
        _text("book", 40),
        sa.Column("ms", sa.Float, nullable=False),
        sa.Column("cards", sa.Integer, nullable=False),
        _text("scope", 8),
        sa.Column("kept", sa.Boolean, nullable=False),
    )
    gap = (_text("decision", 80, key=True), _text("source", 80, key=True), _number("seq", index=True))
    op.create_table("gaps", *gap, _text("state", 16), _text("why"))
    ordered = (_text("decision", 80, key=True), _text("option", 80, key=True), _number("seq", index=True))
    op.create_table("orders", *ordered, _text("patient", 32, index=True))


def _answers() -> None:
    op.create_table(
        "cards",
        _text("uuid", 80, key=True),
        _number("seq", index=True),
        _text("decision", 80, index=True),
        _number("at", index=True),
        _text("day", 10),
        _text("service", 80),
        _text("patient", 32, index=True),
        _text("topic", 80),
        _text("rule", 80),
        sa.Column("version", sa.Integer, nullable=False),
        _text("stratum", 80),
        _text("indicator", 16),
        _text("suggestions"),
    )
    op.create_table(
        "feedback",
        _text("id", 80, key=True),
        _number("seq", index=True),
        _number("at", index=True),
        _text("day", 10),
        _text("service", 80),
        _text("card", 200, index=True),
        _text("outcome", 16),
        _text("accepted"),
        _text("reason_code", 200),
        _text("reason_system", 200),
        _text("reason"),
        _text("comment"),
        _text("told_at", 64),
    )


def downgrade() -> None:
    """Never: a journal is not taken apart."""
    raise NotImplementedError("the journal is not taken apart; restore a copy of the database instead")
