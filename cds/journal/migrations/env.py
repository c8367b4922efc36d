"""Runs the steps on the connection that was handed over."""

from __future__ import annotations

from alembic import context

from cds.journal.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
