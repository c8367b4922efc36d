"""The rule book for people: one page of HTML that prints well, and the same as PDF. It decides nothing."""

from __future__ import annotations
