"""A rule book with what the site decided, as one file: the same bytes for the same content, kept with decisions."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from cds.ruleset.book import Site

SUFFIXES: Final = frozenset({".yaml", ".md", ".csv", ".json"})
"""What rule books are made of; anything else that lies about is left out."""

SITE: Final = "site.json"
MOST_FILES: Final = 2000
MOST_BYTES: Final = 64 * 1024 * 1024
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)


class NotARuleBook(Exception):
    """The bytes are no packed rule book; why, in plain words."""


def pack(root: Path, site: Site) -> bytes:
    """The rules directory and the site's decisions as a zip file."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for path in _files(root):
            archive.writestr(_named(path.relative_to(root).as_posix()), path.read_bytes())
        archive.writestr(_named(SITE), site.model_dump_json())
    return packed.getvalue()


def unpack(packed: bytes, into: Path) -> tuple[Path, Site]:
    """The rules directory, written under that folder, and the site's decisions (defaults if none are in the file).

    Raises NotARuleBook; nothing is ever written outside of the folder.
    """
    try:
        with ZipFile(BytesIO(packed)) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            _check(members)
            for each in members:
                target = into / each.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(each))
    except (BadZipFile, NotImplementedError, RuntimeError, OSError) as fault:
        raise NotARuleBook(f"the file cannot be unpacked: {fault}") from None
    root = _root(into)
    site = into / SITE
    return root, Site.model_validate_json(site.read_bytes()) if site.is_file() else Site()


def _check(members: list[ZipInfo]) -> None:
    """The members are few and small enough, and stay where they are put."""
    if len(members) > MOST_FILES or sum(each.file_size for each in members) > MOST_BYTES:
        raise NotARuleBook("the file holds more than a rule book can")
    for each in members:
        name = PurePosixPath(each.filename)
        if name.is_absolute() or ".." in name.parts or "\\" in each.filename or ":" in each.filename:
            raise NotARuleBook(f"the file holds a path that leads out of it: {each.filename}")


def _root(folder: Path) -> Path:
    """Where ``ruleset.yaml`` lies: at the top, or in the one folder that was packed."""
    found = [folder, *(each for each in sorted(folder.iterdir()) if each.is_dir())]
    for each in found:
        if (each / "ruleset.yaml").is_file():
            return each
    raise NotARuleBook("there is no ruleset.yaml in the file")


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.suffix in SUFFIXES and path.is_file())


def _named(name: str) -> ZipInfo:
    info = ZipInfo(name, _LONG_AGO)
    info.compress_type = ZIP_DEFLATED
    return info
