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
        if release.last(Step.SIGNED) is None:
            why = f"it is {release.state}, and it would be run beside real orders"
            raise ReleaseFault(f"{release.id} cannot be on trial", why, f"bone-cds release sign {release.id}")
        if release.id in (desk.shelf.active(), desk.shelf.trial()):
            raise ReleaseFault(f"{release.id} is in force or on trial already", "there is nothing to begin")
        load(release.rules, desk.site)
        return desk.step(release, Step.TRIAL_BEGAN, who, note, {"to": release.id}, TRIAL)


def end_trial(desk: Desk, by: str, note: str = "") -> Release:
    """Nothing is on trial any more. Raises ReleaseFault."""
    who = person(by)
    with desk.shelf.writing():
        name = desk.shelf.trial()
        if not name:
            raise ReleaseFault("nothing is on trial", "there is nothing to end")
        return desk.step(desk.shelf.release(name), Step.TRIAL_ENDED, who, note, {"to": ""}, TRIAL)


def activate(desk: Desk, name: str, by: str, note: str = "") -> Release:
    """It is in force from now on: the service takes it up within seconds. Raises ReleaseFault, RuleFaults."""
    who = person(by)
    with desk.shelf.writing():
        release = desk.shelf.release(name)
        before = desk.shelf.active()
        if release.id == before:
            raise ReleaseFault(f"{release.id} is in force already", "there is nothing to do")
        load(desk.rules_of(release.id), desk.site)
        desk.insist_on_base(release)
        return desk.step(release, Step.ACTIVATED, who, note, {"to": release.id, "from": before}, ACTIVE)


def roll_back(desk: Desk, to: str, by: str, note: str) -> Release:
    """An earlier release is in force again, or the rules of the settings; what was left tells it.

    Raises ReleaseFault, RuleFaults.
    """
    who = person(by)
    with desk.shelf.writing():
        name = desk.shelf.active()
        if not name:
            raise ReleaseFault("there is nothing to roll back", "no release is in force", "bone-cds release list")
        if not note.strip():
            raise ReleaseFault("a roll-back needs a reason", "whoever reads the journal will ask", 'give --note "…"')
        target = _earlier(desk, name, to)
        load(desk.rules_of(target), desk.site)
        return desk.step(desk.shelf.release(name), Step.ROLLED_BACK, who, note, {"to": target, "from": name}, ACTIVE)


def _earlier(desk: Desk, active: str, to: str) -> str:
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
