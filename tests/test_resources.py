"""Rules and fixtures are found where they lie."""

from pathlib import Path

import pytest

from cds import resources


def test_the_rules_of_the_checkout_are_found() -> None:
    assert (resources.rules_directory() / "ruleset.yaml").is_file()


def test_the_wheel_comes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cds" / "_data" / "rules").mkdir(parents=True)
    (tmp_path / "rules").mkdir()
    (tmp_path / "fixtures").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "cds")
    assert resources.rules_directory() == tmp_path / "cds" / "_data" / "rules"
    assert resources.fixtures_directory() == tmp_path / "fixtures"


def test_what_is_nowhere_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "cds")
    with pytest.raises(FileNotFoundError, match="rules/ is neither in"):
        resources.rules_directory()
