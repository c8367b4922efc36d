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
        insist_on_signing(release, who)
        return desk.step(release, Step.SIGNED, who, note)


def insist_on_signing(release: Release, who: str) -> None:
    """Raises ReleaseFault if this person cannot sign the unfinished release now."""
    if not release.passed:
        found = release.last(Step.CHECKED)
        why = f"the last check found {found.details['errors']} errors" if found else "nobody has checked it"
        fix = f"bone-cds release check {release.id}; what has faults is put right and proposed again"
        on_page = "check it first; what has faults is put right and proposed again"
        raise ReleaseFault(f"{release.id} cannot be signed", why, fix, on_page)
    if release.signature is not None:
        fix = f"a third person approves it: bone-cds release approve {release.id}"
        why = f"by {release.signature.by}, {release.signature.moment}"
        raise ReleaseFault(f"{release.id} is signed already", why, fix, "a third person approves it")
    _insist_on_other(who, release.proposal, "proposed it", "sign it")


def withdraw(desk: Desk, name: str, by: str, note: str = "") -> Release:
    """Whoever signed it as checker has taken the signature back, on record. Raises ReleaseFault."""
    who = person(by)
    with desk.shelf.writing():
        release = desk.unfinished(name)
        insist_on_withdrawal(desk, release, who)
        return desk.step(release, Step.WITHDRAWN, who, note)


def insist_on_withdrawal(desk: Desk, release: Release, who: str) -> None:
    """Raises ReleaseFault if this person has no signature on the unfinished release that can be taken back now."""
    if release.signature is None:
        raise ReleaseFault(f"{release.id} is not signed", f"it is {release.state}", "there is nothing to withdraw")
    if not same_person(who, release.signature.by):
        why = f"it is that of {release.signature.by}, and nobody takes back what another has signed"
        raise ReleaseFault(f"{who} may not withdraw the signature", why, f"ask {release.signature.by}")
    if release.id == desk.shelf.trial():
        why = "it is on trial, and what is run beside real orders is signed by a checker"
        fix = f"bone-cds release shadow {release.id} --end, then withdraw it"
        raise ReleaseFault(f"the signature of {release.id} cannot be withdrawn now", why, fix, "end the trial first")


def approve(desk: Desk, name: str, by: str, note: str = "") -> Release:
    """A third person has approved it; its manifest is signed. Raises ReleaseFault, RuleFaults."""
    who = person(by)
    with desk.shelf.writing():
        release = desk.unfinished(name)
        insist_on_approval(desk, release, who)
        load(release.rules, desk.site)
        return _approved(desk, release, who, note)


def insist_on_approval(desk: Desk, release: Release, who: str) -> None:
    """Raises ReleaseFault if this person cannot approve the unfinished release now."""
    if release.signature is None or not release.passed:
        why = f"it is {release.state}; a checker signs it first"
        fix = f"bone-cds release sign {release.id}"
        raise ReleaseFault(f"{release.id} cannot be approved", why, fix)
    _insist_on_other(who, release.proposal, "proposed it", "approve it")
    fix = "ask somebody else; or withdraw the signature, and another checker signs"
    _insist_on_other(who, release.signature, "signed it as checker", "approve it", fix)
    desk.insist_on_base(release)


def _approved(desk: Desk, release: Release, who: str, note: str) -> Release:
    """The manifest is there before the step that names it: a release without that step is not approved."""
    keys = desk.shelf.keys
    manifest = manifest_of(release, Signer(who, moment_words(desk.now()), " ".join(note.split())), keys)
    write_whole(release.folder / SIGNATURE, keys.sign(manifest))
    write_whole(release.folder / MANIFEST, manifest)
    release = desk.step(release, Step.APPROVED, who, note, {"manifest": sha(manifest)})
    insist_on_manifest(release, keys)
    return release


def _insist_on_other(who: str, event: Event, did: str, may_not: str, fix: str = "ask somebody else") -> None:
    """Raises ReleaseFault if it is the same person."""
    if same_person(who, event.by):
        why = f"{event.by} {did}, and author, checker and approver are three people"
        raise ReleaseFault(f"{who} may not {may_not}", why, fix)
