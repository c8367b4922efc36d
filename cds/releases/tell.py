"""A release told to people at a terminal: where it stands, who answers for it, and everything that is on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cds.releases.event import Event, Step
from cds.releases.release import CHANGES, DIFF, Release
from cds.releases.shelf import Shelf


def stand(shelf: Shelf, release: Release) -> str:
    """How far the release has come, and whether it is in force or on trial."""
    if release.id == shelf.active():
        return "in force"
    if release.id == shelf.trial():
        return f"on trial ({release.state})"
    return "was in force" if release.last(Step.ACTIVATED) else release.state


def one_line(shelf: Shelf, release: Release) -> str:
    """The release in a list."""
    said, author = release.said, release.proposal
    version = said["version"] or "unreadable"
    return (
        f"{release.id}  {stand(shelf, release):18}  {version:10}  {release.title}  ({author.by}, {author.moment[:10]})"
    )


def told(shelf: Shelf, release: Release) -> Iterator[str]:
    """The release with its steps, its check, its impact and its changes in sentences."""
    said = release.said
    base = said["base"]
    yield f"{release.id}: {release.title}"
    yield f"  stands: {stand(shelf, release)}"
    yield f"  rule book: version {said['version'] or '?'}, fingerprint {said['fingerprint'][:12] or 'cannot be told'}"
    yield f"  compared with: {base['release'] or 'the rules of the settings'}, version {base['version']}"
    yield ""
    for event in release.events:
        yield f"  {event.moment}  {event.step}: {event.by}, {event.via}" + _note(event)
    check = release.last(Step.CHECKED)
    if check is not None:
        yield ""
        yield from check_told(check.details)
    for event in release.every(Step.IMPACT):
        yield ""
        yield from impact_told(event.details)
    yield ""
    yield (release.folder / CHANGES).read_text("utf-8").rstrip()


def _note(event: Event) -> str:
    return f" – {event.note}" if event.note and event.step is not Step.PROPOSED else ""


def check_told(found: Mapping[str, Any]) -> Iterator[str]:
    """What a check found; every error with what to do about it."""
    counts = ", ".join(f"{found[name]} {name}" for name in ("errors", "warnings", "notes"))
    yield f"checked: {found['cases']} cases, {counts}"
    mutation = found["mutation"]
    if mutation is not None:
        yield f"  {mutation['count']} slips would be noticed by no case"
        yield from (f"  {line}" for each in mutation["unnoticed"] for line in each.splitlines())
    yield from (f"  {line}" for each in found["findings"] for line in each.splitlines())


def impact_told(found: Mapping[str, Any]) -> Iterator[str]:
    """Who would gain, lose or see another card, and from which stratum to which."""
    yield f"impact over {found['of']} ({found['over']}), counted in {found['counted']}"
    yield from (f"  {line}" for line in incomplete_told(found))
    for each in found["tables"]:
        cells = [cell for cell in each["cells"] if cell["count"] != 0]
        shown = ", ".join(f"{_count(cell['count'])} {cell['label']}" for cell in cells)
        yield f"  {each['title']}: {shown or 'nobody'}"
    for name, words in _WANTING.items():
        if found.get(name):
            yield f"  {words}: {found[name] if isinstance(found[name], int) else ', '.join(found[name])}"


def incomplete_told(found: Mapping[str, Any]) -> Iterator[str]:
    """That an impact is incomplete, because files or lines of the export could not be read, and which."""
    if found.get("unreadable"):
        parts = ", ".join(f"{file} ({count:,})" for file, count in found.get("unread", {}).items())
        yield f"incomplete: {found['unreadable']:,} files or lines of the export could not be read" + (
            f", in {parts}; the numbers may be too small" if parts else "; the numbers may be too small"
        )


_WANTING = {
    "not_exported": "not exported, so not known",
    "not_replayed": "decisions that could not be made once more",
    "decisions": "decisions that change",
}


def _count(count: int | None) -> str:
    return "hidden" if count is None else f"{count:,}"


def text_diff(release: Release) -> str:
    """The changes line by line."""
    return (release.folder / DIFF).read_text("utf-8")
