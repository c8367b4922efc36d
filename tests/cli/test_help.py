"""The documentation says what the commands say, and the README names every command."""

from __future__ import annotations

from pathlib import Path

from tests.cli.help_page import page, sections

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_commands_say() -> None:
    renew = "python -m tests.cli.help_page > docs/cli.md"
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == page(), f"renew it: {renew}"


def test_every_command_explains_itself() -> None:
    told = list(sections())
    assert len(told) >= 9
    assert all("Usage: " in each and "--help" in each for each in told)
