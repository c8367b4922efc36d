"""Writes the value sets of ``rules/codes`` from the table of collected codes. Run once for each new collection.

    python tools/make_codes.py COLLECTED_CSV [--check-icd]

The collected table has the columns concept_group, system, code, display, source, verified, note; it is not shipped.
``code_groups.yaml`` beside this script says which group becomes which concept in which file; ``code_additions.csv``
holds rows from other sources. Only verified rows are written, sorted, with LF line ends: the same input gives the same
bytes.
``--check-icd`` compares every ICD-10-CM row with the PyPI package simple-icd-10-cm, which must be installed for it.
``names.csv`` and ``concepts.yaml`` are written by hand.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HERE = Path(__file__).resolve().parent
CODES = HERE.parent / "rules" / "codes"
CHECKED_ON = "2026-11-20"
COLUMNS = ["concept", "system", "code", "display", "source", "checked_on", "note"]
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CPT = "http://www.ama-assn.org/go/cpt"
_SEARCH_MARK = re.compile(r"\s*\((?:\w+ )?ids? [^)]*\)")
_CHATTER = re.compile(
    r"ingredient level: no route/strength.*|category: match prefix|leaf|descriptor not included|CPT \(c\) AMA.*|"
    r"many are OTC.*"
)


class Row(NamedTuple):
    """One row of a value set and the file that it belongs to."""

    file: str
    concept: str
    system: str
    code: str
    display: str
    source: str
    note: str


def rows_of(collected: Iterable[Mapping[str, str]], groups: Mapping[str, Any]) -> Iterator[Row]:
    """The verified rows, one for each concept of each."""
    for told in collected:
        group = groups[told["concept_group"]]
        if told["verified"] != "yes" or "leave_out" in group:
            continue
        for concept in concepts_of(told, group):
            display = "" if told["system"] == CPT else told["display"]
            source, note = clean_source(told["source"]), clean_note(told["note"])
            yield Row(group["file"], concept, told["system"], told["code"], display, source, note)


def concepts_of(told: Mapping[str, str], group: Mapping[str, Any]) -> list[str]:
    """The concepts of a row: its own, else those of a word in its display, else its group's."""
    if told["code"] in group.get("rows", {}):
        return list(group["rows"][told["code"]])
    words = set(re.findall(r"[a-z]+", told["display"].lower()))
    named = [concept for word, concept in group.get("by_word", {}).items() if word.lower() in words]
    found = named or group.get("concept", [])
    if not found:
        sys.exit(
            f"{told['concept_group']}: no concept for {told['code']} {told['display']}; add it to code_groups.yaml"
        )
    return [found] if isinstance(found, str) else list(found)


def clean_source(source: str) -> str:
    """The source by name and version, without marks of how it was searched."""
    return re.sub(r"\s+", " ", _SEARCH_MARK.sub("", source).replace(" web/data", "")).strip()


def clean_note(note: str) -> str:
    """The note without what the file or the system says already."""
    parts = (_CHATTER.sub("", part).strip() for part in note.split(" ; "))
    return "; ".join(part for part in parts if part)


def without_repeats(rows: Iterable[Row]) -> list[Row]:
    """Each code once for a concept, without ICD-10-CM codes that a shorter one of the same concept covers."""
    first: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        first.setdefault((row.concept, row.system, row.code), row)
    kept = list(first.values())
    short = {(row.concept, row.code.replace(".", "")) for row in kept if row.system == ICD}
    return [row for row in kept if row.system != ICD or not _covered(row, short)]


def _covered(row: Row, short: set[tuple[str, str]]) -> bool:
    code = row.code.replace(".", "")
    return any((row.concept, code[:length]) in short for length in range(1, len(code)))


def write(rows: Iterable[Row]) -> None:
    """One file a subject, sorted by concept, system and code."""
    files: dict[str, list[Row]] = {}
    for row in rows:
        files.setdefault(row.file, []).append(row)
    for name, its in sorted(files.items()):
        with (CODES / f"{name}.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in sorted(its, key=lambda each: (each.concept, each.system, each.code)):
                writer.writerow([*row[1:6], CHECKED_ON, row.note])
        sys.stdout.write(f"{name}.csv {len(its)}\n")


def icd_faults(rows: Iterable[Row]) -> Iterator[str]:
    """ICD-10-CM rows that the tabular list does not have, or has under another title."""
    import simple_icd_10_cm as tabular  # noqa: PLC0415

    for row in rows:
        if row.system != ICD or len(row.code) == 1:
            continue
        if not tabular.is_valid_item(row.code):
            yield f"{row.code}: not in the tabular list"
        elif (title := tabular.get_description(row.code)) != row.display:
            yield f"{row.code}: {row.display!r} is {title!r} in the tabular list"


def read(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def main(arguments: list[str]) -> None:
    """Writes the files; with --check-icd, ends with the list of what is not as in the tabular list."""
    files = [each for each in arguments if not each.startswith("--")]
    if len(files) != 1:
        sys.exit(__doc__)
    groups = yaml.safe_load((HERE / "code_groups.yaml").read_text(encoding="utf-8"))
    additions = [Row(**row) for row in read(HERE / "code_additions.csv")]
    rows = without_repeats([*rows_of(read(Path(files[0])), groups), *additions])
    write(rows)
    if "--check-icd" in arguments and (faults := list(icd_faults(rows))):
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main(sys.argv[1:])
