"""Alembic's room: one step a change of the journal's tables. A step that was released is never edited."""
