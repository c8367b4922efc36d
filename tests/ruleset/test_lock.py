"""The lock: content cannot change under a version that has gone out."""

import json
from pathlib import Path

import pytest

from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.folder import read_folder
from cds.ruleset.lock import lock_rules, unlocked
from tests.ruleset.small_book import FILES, Edit, write_book

RULE = "bone-drug/rule.yaml"
BUMP = (RULE, "version: 1", "version: 2")


def findings(folder: Path) -> list[RuleFault]:
    """What does not fit the lock."""
    return list(unlocked(read_folder(folder, [])))


def locked(folder: Path, *edits: Edit) -> Path:
    """The directory, locked as it was, then with the edits made."""
    write_book(folder)
    lock_rules(folder)
    return write_book(folder, *edits)


def test_the_first_lock_is_free_and_then_fits(tmp_path: Path) -> None:
    write_book(tmp_path)
    (found,) = findings(tmp_path)
    assert (found.file, found.line, found.fix) == (RULE, 2, "run `bone-cds rules lock`")
    assert lock_rules(tmp_path) == ("bone-drug",)
    assert findings(tmp_path) == []
    assert lock_rules(tmp_path) == ()
    entry = json.loads((tmp_path / "lock.json").read_text(encoding="utf-8"))["bone-drug"]
    assert entry["version"] == 1
    assert len(entry["sha256"]) == 64


CONTENT = [
    (RULE, "High risk before", "Risk before"),
    (RULE, "offer: [drug-a]", "offer: []"),
    (RULE, "status: active", "status: trial"),
    ("parameters.yaml", "value: -2.5", "value: -2.0"),
    ("options/drug-a.yaml", "title: Drug A", "title: Drug B"),
    ("options/gates.yaml", "is: yes", "is: no"),
    ("parameters.yaml", "value: 8.5", "value: 8.6"),
]


@pytest.mark.parametrize("edit", CONTENT, ids=str)
def test_changed_content_needs_a_new_version(edit: Edit, tmp_path: Path) -> None:
    (found,) = findings(locked(tmp_path, edit))
    assert "changed, its version (1) did not" in found.what
    assert found.fix == "write version: 2, then run `bone-cds rules lock`"
    before = (tmp_path / "lock.json").read_bytes()
    with pytest.raises(RuleFaults, match="its version"):
        lock_rules(tmp_path)
    assert (tmp_path / "lock.json").read_bytes() == before


@pytest.mark.parametrize("edit", CONTENT, ids=str)
def test_with_a_new_version_it_can_be_locked(edit: Edit, tmp_path: Path) -> None:
    (found,) = findings(locked(tmp_path, edit, BUMP))
    assert found.what == "version 2 is not locked (the lock says 1)"
    assert lock_rules(tmp_path) == ("bone-drug",)
    assert findings(tmp_path) == []


def test_a_version_is_never_lowered(tmp_path: Path) -> None:
    write_book(tmp_path, (RULE, "version: 1", "version: 3"))
    lock_rules(tmp_path)
    (found,) = findings(write_book(tmp_path))
    assert found.what == "version 1 is lower than the locked version 3"
    assert "version: 4" in found.fix
    with pytest.raises(RuleFaults):
        lock_rules(tmp_path)


@pytest.mark.parametrize(
    "edit",
    [
        (RULE, "reviewed_on: 2026-11-20", "reviewed_on: 2026-11-25"),
        (RULE, "version: 1\n", "version: 1  # a remark\n"),
        (RULE, "hooks: [order-sign]", "hooks:\n  - order-sign"),
        ("parameters.yaml", "words: T-score of osteoporosis", "words: T-score called osteoporosis"),
    ],
    ids=str,
)
def test_a_fresh_review_or_layout_is_no_new_version(edit: Edit, tmp_path: Path) -> None:
    assert findings(locked(tmp_path, edit)) == []


def test_a_rule_that_went_out_is_retired_and_not_deleted(tmp_path: Path) -> None:
    locked(tmp_path)
    text = (tmp_path / RULE).read_text(encoding="utf-8")
    (tmp_path / RULE).unlink()
    (found,) = findings(tmp_path)
    assert (found.file, found.what) == ("lock.json", "rule bone-drug is locked and no longer there")
    attic = tmp_path / "_retired" / "bone-drug"
    attic.mkdir(parents=True)
    (attic / "rule.yaml").write_text(text.replace("status: active", "status: retired"), encoding="utf-8")
    assert findings(tmp_path) == []
    before = json.loads((tmp_path / "lock.json").read_text(encoding="utf-8"))
    assert lock_rules(tmp_path) == ()
    assert json.loads((tmp_path / "lock.json").read_text(encoding="utf-8")) == before


def test_rules_that_cannot_be_read_are_not_locked(tmp_path: Path) -> None:
    write_book(tmp_path, (RULE, "version: 1", "version: one"))
    with pytest.raises(RuleFaults, match="version"):
        lock_rules(tmp_path)
    assert not (tmp_path / "lock.json").exists()
    assert set(FILES) <= {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}


@pytest.mark.parametrize("text", ["", "[]", '{"bone-drug": {"version": "x", "sha256": ""}}', "{"])
def test_a_lock_that_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    write_book(tmp_path)
    (tmp_path / "lock.json").write_text(text, encoding="utf-8")
    assert "the lock cannot be read" in [fault.what for fault in findings(tmp_path)]
    with pytest.raises(RuleFaults, match="version control"):
        lock_rules(tmp_path)
