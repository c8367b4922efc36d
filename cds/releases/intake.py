"""What somebody hands in, as files of a rule book: from a folder or a zip file, within limits. It is not trusted."""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from cds.releases.fault import UnreadableBook
from cds.ruleset.archive import MOST_BYTES, MOST_FILES, SITE, SUFFIXES

Files = Mapping[str, bytes]
"""Contents by path in the rules directory."""

MOST_FILE_BYTES: Final = 16 * 1024 * 1024
BOOK: Final = "ruleset.yaml"
_FIT: Final = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|]{1,200}")
_ENCRYPTED: Final = 0x1


def files_of(source: Path) -> Files:
    """The files of the rules directory, or of the zip file, at that path. Raises UnreadableBook."""
    try:
        if source.is_dir():
            return files_of_folder(source)
        if source.stat().st_size > MOST_BYTES:
            raise _too_much()
        return files_of_zip(source.read_bytes())
    except OSError as wrong:
        why = wrong.strerror or str(wrong)
        raise UnreadableBook(f"{source} cannot be read", why, "give a rules directory, or a zip file of one") from None


def files_of_folder(root: Path) -> Files:
    """The files of the directory. Raises UnreadableBook and OSError."""
    found: dict[str, bytes] = {}
    room = MOST_BYTES
    for path in _walk(root):
        name = path.relative_to(root).as_posix()
        _insist_on_name(name)
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise _refused(f"{name} is no plain file", "a link or device leads to something that nobody checked")
        if _belongs(name):
            found[name] = _within(path.read_bytes() if path.stat().st_size <= MOST_FILE_BYTES else None, name, room)
            room -= len(found[name])
        if len(found) > MOST_FILES:
            raise _too_much()
    return _from_its_root(found)


def files_of_zip(packed: bytes) -> Files:
    """The files in the zip file. Nothing is written, and no more is unpacked than is allowed. Raises UnreadableBook."""
    if len(packed) > MOST_BYTES:
        raise _too_much()
    try:
        with ZipFile(BytesIO(packed)) as archive:
            return _from_its_root(_unpacked(archive))
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error) as wrong:
        if isinstance(wrong, UnreadableBook):
            raise
        raise _refused("it cannot be unpacked", str(wrong) or type(wrong).__name__) from None


def _unpacked(archive: ZipFile) -> dict[str, bytes]:
    members = archive.infolist()
    if len(members) > 2 * MOST_FILES:
        raise _too_much()
    found: dict[str, bytes] = {}
    seen: set[str] = set()
    room = MOST_BYTES
    for each in members:
        _insist_on_member(each)
        if each.is_dir() or not _belongs(each.filename):
            continue
        if each.filename.casefold() in seen:
            raise _refused(f"two files are called {each.filename}", "it could not be told which of them was meant")
        seen.add(each.filename.casefold())
        with archive.open(each) as opened:
            data = opened.read(MOST_FILE_BYTES + 1)
        found[each.filename] = _within(data, each.filename, room)
        room -= len(data)
    return found


def _walk(root: Path) -> Iterator[Path]:
    """Every file below the root, links told and never followed."""
    for at, folders, files in os.walk(root, onerror=_raise):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        links = [each for each in folders if Path(at, each).is_symlink()]
        yield from (Path(at, each) for each in sorted([*files, *links]) if not each.startswith("."))


def _raise(wrong: OSError) -> None:
    raise wrong


def _insist_on_member(member: ZipInfo) -> None:
    _insist_on_name(member.filename.removesuffix("/"))
    mode = member.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(f"{member.filename} is no plain file", "a link leads to something that nobody checked")
    if member.flag_bits & _ENCRYPTED:
        raise _refused(f"{member.filename} is encrypted", "what cannot be read cannot be checked")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _refused(f"{member.filename} is packed in an unusual way", "zip files are stored or deflated here")


def _insist_on_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or {"..", "."} & set(name.split("/")) or not _FIT.fullmatch(name):
        raise _refused(f"it holds the path {name!r}", "a rule book's files stay inside of it, under plain names")


def _belongs(name: str) -> bool:
    """Whether such a file is part of a rule book; what else lies about, hidden files too, is left out."""
    parts = PurePosixPath(name).parts
    hidden = any(each.startswith(".") or each == "__MACOSX" for each in parts)
    return not hidden and PurePosixPath(name).suffix in SUFFIXES and parts[-1] != SITE


def _within(data: bytes | None, name: str, room: int) -> bytes:
    if data is None or len(data) > min(MOST_FILE_BYTES, room):
        raise _refused(f"{name} is too large", "a rule book is a few hundred small texts; nothing of it was kept")
    return data


def _from_its_root(found: Files) -> Files:
    """The files as seen from where ``ruleset.yaml`` lies: at the top, or in the one folder that was packed."""
    roots = [name.removesuffix(BOOK) for name in found if name == BOOK or name.endswith(f"/{BOOK}")]
    roots = [each for each in roots if each.count("/") <= 1]
    if len(roots) != 1:
        what = f"there is no {BOOK} in it" if not roots else f"there are several {BOOK} in it"
        raise _refused(what, "that file says what belongs to the rule book")
    return {name.removeprefix(roots[0]): data for name, data in sorted(found.items()) if name.startswith(roots[0])}


def _too_much() -> UnreadableBook:
    return _refused(
        "it holds more than a rule book can", f"at most {MOST_FILES} files of {MOST_BYTES >> 20} MB together"
    )


def _refused(what: str, why: str) -> UnreadableBook:
    return UnreadableBook(
        f"this is no rule book: {what}", why, "hand in the rules directory as it is, or packed as zip"
    )
