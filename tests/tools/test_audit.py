"""The audit fails for what is known, and never takes silence for a clean bill."""

from typing import Any

import pytest

from tools.supply.audit import Answers, pinned, verdict

PINS = "aiohttp==3.14.5 \\\n    --hash=sha256:0\nfastapi==0.165.0 ; python_version > '3' \\\n    --hash=sha256:1\n"


def answers(*dependencies: dict[str, Any]) -> Answers:
    """What a database said."""
    found = Answers()
    found.take({"dependencies": list(dependencies)})
    return found


def clean(name: str) -> dict[str, Any]:
    """A package without a known vulnerability."""
    return {"name": name, "version": "1", "vulns": []}


SKIPPED = {"name": "aiohttp", "skip_reason": "Dependency not found on PyPI and could not be audited"}
WOUNDED = {"name": "aiohttp", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}


def test_the_pins_are_read_from_the_constraints() -> None:
    assert pinned(PINS) == {"aiohttp", "fastapi"}


@pytest.mark.parametrize(
    ("said", "strict", "code", "words"),
    [
        (answers(clean("aiohttp"), clean("FastAPI")), True, 0, "2 packages, no known vulnerability"),
        (answers(WOUNDED, clean("fastapi")), False, 1, "aiohttp 1: PYSEC-1, fixed in 2"),
        (answers(WOUNDED), False, 1, "PYSEC-1"),
        (answers(clean("aiohttp")), False, 0, "NOT DONE for 1 of 2 packages"),
        (answers(SKIPPED, clean("fastapi")), True, 1, "NOT DONE for 1 of 2 packages"),
        (answers(), False, 0, "NOT DONE for 2 of 2 packages"),
        (answers(), True, 1, "NOT DONE for 2 of 2 packages"),
    ],
)
def test_what_is_said_and_how_it_is_left(said: Answers, strict: bool, code: int, words: str) -> None:
    left, lines = verdict(pinned(PINS), said, strict=strict)
    assert left == code
    assert words in "\n".join(lines)
