"""What is on trial and what is in force. Each change is one file replaced as a whole: the old one, or the new one."""

from __future__ import annotations

from cds.releases.desk import Desk
from cds.releases.event import Step
from cds.releases.fault import ReleaseFault
from cds.releases.people import person
from cds.releases.release import Release
from cds.releases.shelf import ACTIVE, TRIAL
from cds.ruleset.load import load

SHIPPED = "shipped"
"""How the rules of the settings are called: those that were in force before any release was."""


def begin_trial(desk: Desk, name: str, by: str, note: str = "") -> Release:
    """It is judged beside the rules in force, and shown to nobody. Raises ReleaseFault, RuleFaults."""
    who = person(by)
    with desk.shelf.writing():
        release = desk.shelf.release(name)
        release.insist()
        insist_on_trial(desk, release)
        load(release.rules, desk.site)
        return desk.step(release, Step.TRIAL_BEGAN, who, note, {"to": release.id}, TRIAL)


def insist_on_trial(desk: Desk, release: Release) -> None:
    """Raises ReleaseFault if the release cannot be put on trial now; the trial of another is never ended by that."""
    if release.signature is None:
        why = f"it is {release.state}, and it would be run beside real orders"
        fix = f"bone-cds release sign {release.id}"
        raise ReleaseFault(f"{release.id} cannot be on trial", why, fix, "a checker signs it first")
    trial = desk.shelf.trial()
    if release.id in (desk.shelf.active(), trial):
        raise ReleaseFault(f"{release.id} is in force or on trial already", "there is nothing to begin")
    if trial:
        why = f"{trial} is, and one release is at a time"
        fix = f"bone-cds release shadow {trial} --end, by somebody who answers for it"
        raise ReleaseFault(f"{release.id} cannot be on trial", why, fix, f"end the trial of {trial} on its page first")


def end_trial(desk: Desk, by: str, note: str = "", name: str = "") -> Release:
    """Nothing is on trial any more; with ``name``, only if it is that release. Raises ReleaseFault."""
    who = person(by)
    with desk.shelf.writing():
        trial = desk.shelf.trial()
        if not trial:
            raise ReleaseFault("nothing is on trial", "there is nothing to end")
        if name:
            insist_on_end(desk, desk.shelf.release(name))
        return desk.step(desk.shelf.release(trial), Step.TRIAL_ENDED, who, note, {"to": ""}, TRIAL)


def insist_on_end(desk: Desk, release: Release) -> None:
    """Raises ReleaseFault if it is not this release that is on trial."""
    trial = desk.shelf.trial()
    if release.id != trial:
        raise ReleaseFault(f"{release.id} is not on trial", f"{trial} is" if trial else "nothing is")


def activate(desk: Desk, name: str, by: str, note: str = "") -> Release:
    """It is in force from now on: the service takes it up within seconds. Raises ReleaseFault, RuleFaults."""
    who = person(by)
    with desk.shelf.writing():
        release, before = desk.shelf.release(name), desk.shelf.active()
        insist_on_activation(desk, release)
        load(desk.rules_of(release.id), desk.site)
        return desk.step(release, Step.ACTIVATED, who, note, {"to": release.id, "from": before}, ACTIVE)


def insist_on_activation(desk: Desk, release: Release) -> None:
    """Raises ReleaseFault if the release cannot be put in force now."""
    if release.id == desk.shelf.active():
        raise ReleaseFault(f"{release.id} is in force already", "there is nothing to do")
    release.insist(approved=True)
    desk.insist_on_base(release)


def roll_back(desk: Desk, to: str, by: str, note: str, leaving: str = "") -> Release:
    """An earlier release is in force again, or the rules of the settings; what was left tells it.

    With ``leaving``, only if it is that release that is in force. Raises ReleaseFault, RuleFaults.
    """
    who = person(by)
    with desk.shelf.writing():
        name = desk.shelf.active()
        if not name:
            raise ReleaseFault("there is nothing to roll back", "no release is in force", "bone-cds release list")
        if leaving:
            insist_on_leaving(desk, desk.shelf.release(leaving))
        if not note.strip():
            why, on_page = "whoever reads the journal will ask", "write it into the note for the record"
            raise ReleaseFault("a roll-back needs a reason", why, 'give --note "…"', on_page)
        target = earlier(desk, name, to)
        load(desk.rules_of(target), desk.site)
        return desk.step(desk.shelf.release(name), Step.ROLLED_BACK, who, note, {"to": target, "from": name}, ACTIVE)


def insist_on_leaving(desk: Desk, release: Release) -> None:
    """Raises ReleaseFault if it is not this release that is in force."""
    name = desk.shelf.active()
    if release.id != name:
        why = f"{name or 'no release'} is"
        raise ReleaseFault(f"{release.id} is not in force", why, "there is nothing to roll back from it")


def earlier(desk: Desk, active: str, to: str = "") -> str:
    """The release that is meant: by name, or the one that went before; '' for the rules of the settings."""
    if to == SHIPPED:
        return ""
    if not to:
        step = desk.shelf.release(active).last(Step.ACTIVATED)
        return str(step.details["from"]) if step else ""
    release = desk.shelf.release(to)
    if release.id == active or release.last(Step.ACTIVATED) is None:
        why = "it is in force" if release.id == active else "it was never in force; then it is activated"
        raise ReleaseFault(f"nothing can be rolled back to {release.id}", why, "bone-cds release list")
    return release.id
