"""Who was shown a card, and who answered: entries from before it was kept do not say, and stand for everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("cards", "feedback")


def upgrade() -> None:
    """Both tables have the column, empty in every row that is there."""
    for table in _TABLES:
        op.add_column(table, sa.Column("caller", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    """The column is gone; the entries still say it."""
    for table in _TABLES:
        op.drop_column(table, "caller")
