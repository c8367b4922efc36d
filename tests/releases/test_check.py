"""The real checks over real rules: what is sound passes with its cases counted, a wrong number does not pass."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from cds.releases.check import case_counts, checked
from cds.resources import rules_directory
from cds.ruleset.book import Site
from tests.releases.office import changed

DAY = date(2026, 11, 24)


@pytest.mark.slow
def test_a_sound_book_passes(tmp_path: Path) -> None:
    far: list[tuple[str, int, int]] = []
    found = checked(changed(tmp_path / "rules"), DAY, Site(), "2026.11", progress=lambda *told: far.append(told))
    assert found["errors"] == 0
    assert (far[0], far[-1]) == (("cases", 0, found["cases"]), ("cases", found["cases"], found["cases"]))
    assert [*far] == sorted(far)
    assert found["cases"] == sum(case_counts(rules_directory()).values()) > 500
    assert found["mutation"] is None
    assert found["as_of"] == "2026-11-24"


@pytest.mark.slow
def test_the_same_version_as_the_one_in_force_is_a_fault() -> None:
    found = checked(rules_directory(), DAY, Site(), "2026.11")
    assert found["errors"] == 1
    assert "the version is still 2026.11" in found["findings"][0]


@pytest.mark.slow
def test_a_number_that_cases_contradict_is_a_fault(tmp_path: Path) -> None:
    rules = changed(tmp_path / "rules")
    numbers = rules / "parameters.yaml"
    numbers.write_bytes(
        numbers.read_bytes().replace(b"t_score.very_high: {value: -3.0", b"t_score.very_high: {value: -2.0")
    )
    found = checked(rules, DAY, Site(), "2026.11")
    assert found["errors"] > 1
    assert any("comes out otherwise" in each for each in found["findings"])
    assert any("its version" in each for each in found["findings"])


def test_what_cannot_be_read_is_told_and_never_raised(tmp_path: Path) -> None:
    shutil.copytree(rules_directory(), tmp_path / "rules")
    (tmp_path / "rules" / "scope" / "cases.md").write_bytes(b"\xff\xfe")
    found = checked(tmp_path / "rules", DAY, Site(), "")
    assert found["errors"] == 1
    assert "the file is no text" in found["findings"][0]
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "ruleset.yaml").write_text("- [")
    assert checked(tmp_path / "small", DAY, Site(), "")["errors"] > 0
