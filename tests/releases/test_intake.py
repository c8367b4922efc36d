"""What is handed in is not trusted: paths that lead out, links, bombs and devices are refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from cds.releases.fault import UnreadableBook
from cds.releases.intake import files_of, files_of_folder, files_of_zip
from cds.resources import rules_directory

BOOK = ("ruleset.yaml", b"title: x\n")


def packed(*members: tuple[str | ZipInfo, bytes], method: int = ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    made = BytesIO()
    with ZipFile(made, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


def link(name: str) -> ZipInfo:
    """A member that is a symbolic link."""
    info = ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_a_folder_and_its_zip_are_the_same(tmp_path: Path) -> None:
    rules = rules_directory()
    found = files_of_folder(rules)
    assert {"ruleset.yaml", "lock.json", "antiresorptive/cases.md"} <= found.keys()
    for prefix in ("", "rules/"):
        file = tmp_path / f"{len(prefix)}.zip"
        file.write_bytes(packed(*((f"{prefix}{name}", data) for name, data in found.items())))
        assert files_of(file) == found


def test_what_is_no_part_of_a_rule_book_is_left_out(tmp_path: Path) -> None:
    lying_about = [
        ("__MACOSX/x.yaml", b""),
        (".git/config.yaml", b""),
        ("a/.DS_Store", b""),
        ("run.py", b""),
        ("site.json", b""),
    ]
    assert files_of_zip(packed(BOOK, *lying_about)) == {"ruleset.yaml": b"title: x\n"}
    (tmp_path / ".git").mkdir()
    for name in ("ruleset.yaml", ".git/config.yaml", "notes.txt"):
        (tmp_path / name).write_text("x")
    assert [*files_of_folder(tmp_path)] == ["ruleset.yaml"]


@pytest.mark.parametrize(
    "name",
    [
        "../out.yaml",
        "a/../../out.yaml",
        "/etc/out.yaml",
        "a\\..\\out.yaml",
        "C:out.yaml",
        "a/./b.yaml",
        "a\nb.yaml",
        "x" * 201 + ".yaml",
    ],
)
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(UnreadableBook, match="path"):
        files_of_zip(packed(BOOK, (name, b"x")))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (packed(BOOK, (link("a/rule.yaml"), b"/etc/passwd")), "no plain file"),
        (packed(BOOK, (link("a.txt"), b"/etc/passwd")), "no plain file"),
        (packed(BOOK, ("A/rule.yaml", b"1"), ("a/rule.yaml", b"2")), "two files are called"),
        (packed(BOOK, ("a.yaml", b"\0" * (17 * 1024 * 1024))), "too large"),
        (packed(BOOK, *((f"a/{n}.yaml", b"\0" * (15 * 1024 * 1024)) for n in range(5))), "too large"),
        (packed(BOOK, *((f"a/{n}.yaml", b"") for n in range(4001))), "more than a rule book can"),
        (packed(BOOK, method=ZIP_BZIP2), "unusual way"),
        (packed(("a/b/ruleset.yaml", b"")), "no ruleset.yaml"),
        (packed(("a/ruleset.yaml", b""), ("b/ruleset.yaml", b"")), "several ruleset.yaml"),
        (packed(), "no ruleset.yaml"),
        (b"PK nothing", "cannot be unpacked"),
        (b"", "cannot be unpacked"),
        (packed(BOOK)[:-30], "cannot be unpacked"),
    ],
)  # fmt: skip
def test_what_is_no_sound_zip_of_a_rule_book_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableBook, match=why):
        files_of_zip(data)


def test_a_member_that_lies_about_its_size_is_refused() -> None:
    data = packed(BOOK, ("a.yaml", b"\0" * 100_000))
    small = (10).to_bytes(4, "little")
    lying = data.replace((100_000).to_bytes(4, "little"), small)
    assert lying != data
    with pytest.raises(UnreadableBook, match="cannot be unpacked"):
        files_of_zip(lying)


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(packed(BOOK))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    with pytest.raises(UnreadableBook, match="encrypted"):
        files_of_zip(bytes(data))


def linked_file(root: Path) -> None:
    (root / "a.yaml").symlink_to("/etc/passwd")


def linked_folder(root: Path) -> None:
    (root / "more").symlink_to(root.parent)


def pipe(root: Path) -> None:
    os.mkfifo(root / "a.yaml")


def large(root: Path) -> None:
    with (root / "a.yaml").open("wb") as made:
        made.truncate(17 * 1024 * 1024)


@pytest.mark.parametrize("spoil", [linked_file, linked_folder, pipe, large])
def test_a_folder_with_anything_but_plain_files_is_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    (tmp_path / "ruleset.yaml").write_text("x")
    spoil(tmp_path)
    with pytest.raises(UnreadableBook, match=r"no plain file|too large"):
        files_of(tmp_path)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableBook, match="cannot be read"):
        files_of(tmp_path / "nothing")
