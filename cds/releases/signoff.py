"""Checks, and the signatures of two people beside the author: three distinct people, one content for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from cds.releases.check import checked
from cds.releases.desk import Desk
from cds.releases.durable import write_whole
from cds.releases.event import Event, Step, moment_words
from cds.releases.fault import ReleaseFault
from cds.releases.manifest import Signer, insist_on_manifest, manifest_of, sha
from cds.releases.people import person, same_person
from cds.releases.progress import Progress, unwatched
from cds.releases.release import MANIFEST, SIGNATURE, Release
from cds.ruleset.load import load


def check(desk: Desk, name: str, by: str, as_of: date, *, mutate: bool = False) -> Release:
    """What lint and cases find is on record. Raises ReleaseFault."""
    who = person(by)
    return record(desk, name, who, Step.CHECKED, findings(desk, name, as_of, mutate=mutate))


def findings(
    desk: Desk, name: str, as_of: date, *, mutate: bool = False, progress: Progress = unwatched
) -> Mapping[str, Any]:
    """What lint and cases find, not on record yet. Raises ReleaseFault."""
    release = desk.unfinished(name)
    base = release.said["base"]["version"]
    return checked(release.rules, as_of, desk.site, base, mutate=mutate, progress=progress)


def record(desk: Desk, name: str, by: str, step: Step, found: Mapping[str, Any]) -> Release:
    """What was found about the release is on record. Raises ReleaseFault."""
    with desk.shelf.writing():
        return desk.step(desk.unfinished(name), step, person(by), details=found)


def sign(desk: Desk, name: str, by: str, note: str = "") -> Release:
    """A checker, who is not the author, has signed it. Raises ReleaseFault."""
    who = person(by)
    with desk.shelf.writing():
        release = desk.unfinished(name)
        if not release.passed:
            found = release.last(Step.CHECKED)
            why = f"the last check found {found.details['errors']} errors" if found else "nobody has checked it"
            fix = f"bone-cds release check {release.id}; what has faults is put right and proposed again"
            raise ReleaseFault(f"{release.id} cannot be signed", why, fix)
        signed = release.last(Step.SIGNED)
        if signed is not None:
            fix = f"a third person approves it: bone-cds release approve {release.id}"
            raise ReleaseFault(f"{release.id} is signed already", f"by {signed.by}, {signed.moment}", fix)
        _insist_on_other(who, release.proposal, "proposed it", "sign it")
        return desk.step(release, Step.SIGNED, who, note)


def approve(desk: Desk, name: str, by: str, note: str = "") -> Release:
    """A third person has approved it; its manifest is signed. Raises ReleaseFault, RuleFaults."""
    who = person(by)
    with desk.shelf.writing():
        release = desk.unfinished(name)
        signed = release.last(Step.SIGNED)
        if signed is None or not release.passed:
            why = f"it is {release.state}; a checker signs it first"
            raise ReleaseFault(f"{release.id} cannot be approved", why, f"bone-cds release sign {release.id}")
        _insist_on_other(who, release.proposal, "proposed it", "approve it")
        _insist_on_other(who, signed, "signed it as checker", "approve it")
        desk.insist_on_base(release)
        load(release.rules, desk.site)
        return _approved(desk, release, who, note)


def _approved(desk: Desk, release: Release, who: str, note: str) -> Release:
    """The manifest is there before the step that names it: a release without that step is not approved."""
    keys = desk.shelf.keys
    manifest = manifest_of(release, Signer(who, moment_words(desk.now()), " ".join(note.split())), keys)
    write_whole(release.folder / SIGNATURE, keys.sign(manifest))
    write_whole(release.folder / MANIFEST, manifest)
    release = desk.step(release, Step.APPROVED, who, note, {"manifest": sha(manifest)})
    insist_on_manifest(release, keys)
    return release


def _insist_on_other(who: str, event: Event, did: str, may_not: str) -> None:
    """Raises ReleaseFault if it is the same person."""
    if same_person(who, event.by):
        why = f"{event.by} {did}, and author, checker and approver are three people"
        raise ReleaseFault(f"{who} may not {may_not}", why, "ask somebody else")
