"""What every step of a release needs: the shelf, the rules in force, the clock, and how a step is put on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds.releases.difference import known_as
from cds.releases.event import Event, Step, link_of
from cds.releases.fault import ReleaseFault
from cds.releases.manifest import insist_on_manifest
from cds.releases.release import Release
from cds.releases.shelf import Pointer, Shelf
from cds.ruleset.book import Site


@dataclass(frozen=True, slots=True)
class Desk:
    """The shelf, the rules that are in force without a release, the site's decisions, the clock, and by which door."""

    shelf: Shelf
    own_rules: Path
    site: Site
    now: Callable[[], int]
    via: str

    def in_force(self) -> Path:
        """The rules directory that is in force. Raises NoRelease if it was touched."""
        return self.rules_of(self.shelf.active())

    def rules_of(self, name: str) -> Path:
        """The rules of that approved release, those of the settings for ''. Raises NoRelease if they were touched."""
        return approved_rules(self.shelf, name) if name else self.own_rules

    def unfinished(self, name: str) -> Release:
        """The release, untouched and not yet approved. Raises ReleaseFault."""
        release = self.shelf.release(name)
        release.insist()
        insist_on_unfinished(release)
        return release

    def step(
        self, release: Release, step: Step, by: str, note: str = "", details: Mapping[str, Any] | None = None,
        point: Pointer | None = None,
    ) -> Release:  # fmt: skip
        """The step is on record; with ``point`` it decides from now on what is in force or on trial."""
        number, link, said = len(release.events) + 1, link_of(release.stored[-1]), " ".join(note.split())
        told = dict(details or {})
        if point is not None:
            told["turn"] = self.shelf.turn(point) + 1
        event = Event(release.id, number, step, by, self.now(), release.content, link, self.via, said, told)
        return self.shelf.add(release, event, point)

    def insist_on_base(self, release: Release) -> None:
        """Raises ReleaseFault if the release was compared with another rule book than the one in force."""
        base, now = release.said["base"], known_as(self.in_force())
        if base["fingerprint"] != now[1]:
            why = f"it was compared with {_book(base['version'], base['fingerprint'])}; {_book(*now)} is in force now"
            fix = "make the change in the rules that are in force, and propose it again: else it would undo another"
            raise ReleaseFault(f"{release.id} does not build on the rules in force", why, fix)


def insist_on_unfinished(release: Release) -> None:
    """Raises ReleaseFault if the release is approved."""
    approved = release.last(Step.APPROVED)
    if approved is not None:
        why = f"{approved.by} approved it on {approved.moment}, and what was approved stays as it is"
        raise ReleaseFault(f"{release.id} is approved already", why, "propose the next change")


def approved_rules(shelf: Shelf, name: str) -> Path:
    """The rules of an approved release, untouched since. Raises ReleaseFault."""
    release = shelf.release(name)
    release.insist(approved=True)
    insist_on_manifest(release, shelf.keys)
    return release.rules


def _book(version: str, fingerprint: str) -> str:
    return f"version {version} ({fingerprint[:12]})"
