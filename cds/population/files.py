"""The files of an export: which there are, what each should hold, and which need not be read at all."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from cds.facts.sources import SOURCES

NEEDED: Final = frozenset({*(source.resource_type for source in SOURCES.values()), "Medication"})
"""The resource types that a decision is made from."""

MANIFEST: Final = "manifest.json"
"""The Bulk Data manifest, if somebody kept it beside the files."""

_NAMES: Final = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
_KIND: Final = re.compile(r"(?:^|[._-])([A-Z][A-Za-z]+)(?=[._-]|\d|$)")
_TYPE: Final = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_TYPES_ASKED: Final = re.compile(r"[?&]_type=([^&]*)")
_HEAD: Final = 65536


class UnusableExport(Exception):
    """There is nothing to audit. ``why`` and ``fix`` say more."""

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(what)
        self.why, self.fix = why, fix


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file: where it is, what it is called in reports, and the type that its name promises ('' if none)."""

    path: Path
    name: str
    kind: str
    size: int

    @property
    def packed(self) -> bool:
        """Whether it is compressed."""
        return self.name.endswith(".gz")

    @property
    def may_hold_drugs(self) -> bool:
        """Whether its name promises drugs, or nothing that we know."""
        return self.kind.startswith("Medication") or self.kind not in NEEDED


@dataclass(frozen=True, slots=True)
class Export:
    """The files to read, those that hold nothing we need, and the types that were asked for (None: nobody says)."""

    root: Path
    files: tuple[ExportFile, ...]
    passed_over: tuple[ExportFile, ...]
    asked: frozenset[str] | None = None

    @property
    def size(self) -> int:
        """Bytes to read, compressed files reckoned at what they hold."""
        return sum(each.size * (8 if each.packed else 1) for each in self.files)


def find_export(root: Path, asked: Iterable[str] = (), without: Path | None = None) -> Export:
    """What lies in the folder; raises UnusableExport if that is no export.

    ``asked`` are types that are known to have been asked for, whether a file of them came or not (``*``: all).
    ``without`` is a folder that does not belong to it, if it lies inside; the export may lie inside that one.
    """
    if not root.is_dir():
        raise UnusableExport(f"{root} is not a folder", "an export is a folder of NDJSON files", "give its path")
    apart = without.resolve() if without is not None else None
    apart = apart if apart is not None and root.resolve() in apart.parents else None
    found = [_file(root, path) for path in sorted(root.rglob("*")) if _belongs(path, apart)]
    if not found:
        why = f"no file in it is called {', '.join(f'*{name}' for name in _NAMES)}"
        raise UnusableExport(f"{root} holds no export", why, "give the folder with the files of a Bulk Data export")
    files = [each for each in found if not _is_of_no_use(each)]
    return Export(root, tuple(files), tuple(each for each in found if each not in files), _asked(root, asked))


def _belongs(path: Path, without: Path | None) -> bool:
    inside = without is not None and without in path.resolve().parents
    return path.name.endswith(_NAMES) and path.is_file() and not inside


def _file(root: Path, path: Path) -> ExportFile:
    name = path.relative_to(root).as_posix()
    return ExportFile(path, name, kind_in(path.name), path.stat().st_size)


def kind_in(name: str) -> str:
    """The resource type that a file's name promises, as ``Observation.0001.ndjson.gz`` does; '' if none."""
    found = _KIND.findall(name)
    return next((kind for kind in found if kind in NEEDED), found[0] if found else "")


def _is_of_no_use(file: ExportFile) -> bool:
    """Whether its name and its first resource agree on a type that no decision is made from."""
    if not file.kind or file.kind in NEEDED:
        return False
    told = _TYPE.search(_head(file))
    return told is not None and told.group(1).decode() == file.kind


def _head(file: ExportFile) -> bytes:
    try:
        with gzip.open(file.path) if file.packed else file.path.open("rb") as opened:
            return bytes(opened.read(_HEAD))
    except (OSError, EOFError, zlib.error):
        return b""


def _asked(root: Path, asked: Iterable[str]) -> frozenset[str] | None:
    """The types that were asked for: as told, and as the manifest's request says; None if neither tells."""
    told = frozenset(asked)
    if "*" in told:
        return NEEDED
    request = _request(root / MANIFEST)
    if request is None:
        return told or None
    listed = _TYPES_ASKED.search(request)
    return told | (frozenset(re.split(r",|%2[cC]", listed.group(1))) if listed else NEEDED)


def _request(manifest: Path) -> str | None:
    """The address that the manifest says was called; None without a manifest that says so."""
    try:
        plain: Any = msgspec.json.decode(manifest.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    request = plain.get("request") if isinstance(plain, dict) else None
    return request if isinstance(request, str) else None
