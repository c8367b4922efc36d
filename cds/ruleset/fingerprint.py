"""One hash over everything that can change a decision: the same on every machine, for the same rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from cds.ruleset.book import Site
from cds.ruleset.folder import Folder

CODES = "codes"


def canonical(data: object) -> str:
    """The data as text that does not depend on the order of keys, on layout or on comments."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def sha256(text: str) -> str:
    """The hash of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(folder: Folder, site: Site) -> str:
    """The hash over rules, options, gates, numbers, sources, codes and what the site decided."""
    parts = {page.file: sha256(canonical(page.data)) for page in folder.pages()}
    parts |= {name: sha256(text) for name, text in code_files(folder.root)}
    parts["site"] = sha256(canonical(site.model_dump(mode="json")))
    return sha256(canonical(parts))


def code_files(root: Path) -> Iterable[tuple[str, str]]:
    """The files of value sets with their texts, sorted by name, line ends made equal."""
    for path in sorted((root / CODES).glob("*")):
        if path.suffix in {".csv", ".yaml"}:
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8-sig")


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a rule")
