"""A file read line by line, where DuckDB cannot: every line that is not a resource of somebody is named.

Memory is bounded however long a line is, and a compressed file that breaks off is read up to there.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from cds.population.faults import ANY_KIND, Fault
from cds.population.files import NEEDED, ExportFile

LONGEST: Final = 16 * 1024 * 1024
"""Bytes of the longest line that is read."""

_CHUNK: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"
_TYPE: Final = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]+)"')
_PATIENT: Final = re.compile(rb'"(?:[^"\s]*/)?Patient/([A-Za-z0-9.\-_]{1,64})(?:/_history/[^"]{0,64})?"')
_OWN_ID: Final = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9.\-_]{1,64})"')
_BROKEN: Final = (OSError, EOFError, zlib.error)
_UNSOUND: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
REPAIR: Final = "repair or delete the line, or export again"


class Line(NamedTuple):
    """One line without its end; of a line that is too long only the beginning. ``length`` is its whole length."""

    number: int
    text: bytes
    length: int


class BrokenOff(Exception):
    """The file cannot be read further; the argument says why."""


def lines_of(file: ExportFile) -> Iterator[Line]:
    """Every line that is not empty; raises BrokenOff where the file cannot be read further."""
    try:
        with _opened(file) as opened:
            yield from _split(opened)
    except _BROKEN as wrong:
        raise BrokenOff(f"{type(wrong).__name__}: {wrong}") from None


def _opened(file: ExportFile) -> BinaryIO | gzip.GzipFile:
    return gzip.open(file.path) if file.packed else file.path.open("rb")


def _split(opened: BinaryIO | gzip.GzipFile) -> Iterator[Line]:
    number = 1
    while True:
        text = opened.readline(LONGEST + 1)
        if not text:
            return
        length, ended = len(text), text.endswith(b"\n")
        if not ended and length > LONGEST:
            text, length = text[:_CHUNK], length + _skipped(opened)
        whole = text.removeprefix(_BOM) if number == 1 else text
        if stripped := whole.strip():
            yield Line(number, stripped, length)
        number += 1


def _skipped(opened: BinaryIO | gzip.GzipFile) -> int:
    """The rest of the line is read and forgotten; its length."""
    length = 0
    while piece := opened.readline(_CHUNK):
        length += len(piece)
        if piece.endswith(b"\n"):
            break
    return length


def faults_in(file: ExportFile, mended: Path | None = None) -> Iterator[Fault]:
    """Every fault of the file; its sound lines are written to ``mended``, if that is given."""
    number = 0
    copy = mended.open("wb") if mended else None
    try:
        for line in lines_of(file):
            number = line.number
            fault = _fault(file, line)
            if fault is not None:
                yield fault
            if copy and (fault is None or not fault.what.startswith(("not JSON", "the line is"))):
                copy.write(line.text + b"\n")
    except BrokenOff as wrong:
        what = f"the file breaks off after line {number}" if number else "the file cannot be read"
        yield Fault(
            file.name, 0, what, str(wrong), "export it again: what stood behind is missing", file.kind or ANY_KIND
        )
    finally:
        if copy:
            copy.close()


def _fault(file: ExportFile, line: Line) -> Fault | None:
    """What is wrong with the line; None if it is a resource that says whose it is, or one that we do not need."""
    kind, patient = _about(file, line.text)
    if line.length > LONGEST:
        what = f"the line is {line.length:,} bytes long"
        return Fault(file.name, line.number, what, f"at most {LONGEST:,} are read", REPAIR, kind, patient)
    try:
        plain: Any = msgspec.json.decode(line.text)
    except _UNSOUND as wrong:
        return Fault(file.name, line.number, "not JSON", str(wrong), REPAIR, kind, patient)
    told = plain.get("resourceType") if isinstance(plain, dict) else None
    if not isinstance(told, str):
        why = "every line is one resource and says its resourceType"
        return Fault(file.name, line.number, "not a FHIR resource", why, REPAIR, kind, patient)
    if told == "OperationOutcome":
        return _outcome(file, line.number, plain)
    return _ownerless(file, line.number, plain, told) if told in NEEDED else None


def _outcome(file: ExportFile, number: int, plain: dict[str, Any]) -> Fault | None:
    """What the server could not export; None if its word is no more than a remark."""
    issues = plain.get("issue")
    for issue in issues if isinstance(issues, list) else ():
        if isinstance(issue, dict) and issue.get("severity") in ("fatal", "error"):
            told = issue.get("diagnostics") or issue.get("code") or "an error"
            why = f"the server said: {str(told)[:200]}"
            return Fault(file.name, number, "not everything was exported", why, "export again, or ask its operator")
    return None


def _ownerless(file: ExportFile, number: int, plain: dict[str, Any], kind: str) -> Fault | None:
    """The fault that nothing tells whose resource it is; None if something does."""
    if kind == "Medication":
        return None
    if kind == "Patient":
        return None if isinstance(plain.get("id"), str) else _unowned(file, number, kind, "a Patient without an id")
    subject = plain.get("subject") or plain.get("patient")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    if isinstance(reference, str) and is_told(reference):
        return None
    return _unowned(file, number, kind, "it does not say whose it is")


def _unowned(file: ExportFile, number: int, kind: str, what: str) -> Fault:
    return Fault(file.name, number, what, "it may belong to anybody", REPAIR, kind)


def is_told(reference: str) -> bool:
    """Whether the reference names a patient, or plainly something else that has a type of its own."""
    bare = reference.partition("/_history/")[0]
    return bool(bare) and not bare.startswith("#") and "?" not in bare


def _about(file: ExportFile, text: bytes) -> tuple[str, str]:
    """The type and the patient, as far as they can be made out in a line that cannot be read."""
    told = _TYPE.search(text)
    kind = told.group(1).decode() if told else file.kind or ANY_KIND
    owner = (_OWN_ID if kind == "Patient" else _PATIENT).search(text)
    return kind, owner.group(1).decode() if owner else ""
