"""The steps that a release's page offers: for whom, how they are called there, and when they can be taken.

What is not possible now for this person is not offered; whoever sends it all the same is refused by the step itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from cds.access.roles import Auditor, Role
from cds.releases.desk import Desk, insist_on_unfinished
from cds.releases.fault import ReleaseFault
from cds.releases.force import (
    activate,
    begin_trial,
    earlier,
    end_trial,
    insist_on_activation,
    insist_on_end,
    insist_on_leaving,
    insist_on_trial,
    roll_back,
)
from cds.releases.release import Release
from cds.releases.signoff import approve, insist_on_approval, insist_on_signing, insist_on_withdrawal, sign, withdraw

IMPACT_EXPORT: Final = "impact-export"
Insist = Callable[[Desk, Release, str], None]
Take = Callable[[Desk, str, str, str], Release]


@dataclass(frozen=True, slots=True)
class PageStep:
    """One of them. ``insist`` raises ReleaseFault if this person cannot take it now; one that takes long is started
    elsewhere and has no ``take``."""

    role: Role
    words: Callable[[Desk, Release], str]
    insist: Insist
    take: Take | None = None


def offered(desk: Desk, release: Release, who: Auditor, *, has_export: bool) -> dict[str, str]:
    """What this person can do with the release now, and the words for it; nothing if its files were touched."""
    found: dict[str, str] = {}
    with suppress(ReleaseFault):
        release.insist()
        for name, step in STEPS.items():
            if who.may(step.role) and (has_export or name != IMPACT_EXPORT):
                with suppress(ReleaseFault):
                    step.insist(desk, release, who.name)
                    found[name] = step.words(desk, release)
    return found


def _unfinished(insist: Insist) -> Insist:
    """What is possible only until the release is approved."""

    def insist_on_both(desk: Desk, release: Release, who: str) -> None:
        insist_on_unfinished(release)
        insist(desk, release, who)

    return insist_on_both


def _called(words: str) -> Callable[[Desk, Release], str]:
    """The words, with the release's name where they have a place for it."""
    return lambda _, release: words.format(release.id)


def _back(desk: Desk, release: Release) -> str:
    return f"Roll back to {earlier(desk, release.id) or 'the rules of the settings'}"


_ANYBODY: Final = _unfinished(lambda *_: None)
STEPS: Final[Mapping[str, PageStep]] = {
    "check": PageStep("pharmacist", _called("Check: lint and every case"), _ANYBODY),
    "impact": PageStep("pharmacist", _called("Count the impact over the journal"), _ANYBODY),
    IMPACT_EXPORT: PageStep("pharmacist", _called("Count the impact over the export"), _ANYBODY),
    "sign": PageStep(
        "pharmacist", _called("Sign as checker"), _unfinished(lambda _, it, who: insist_on_signing(it, who)), sign
    ),
    "withdraw": PageStep("pharmacist", _called("Withdraw my signature"), _unfinished(insist_on_withdrawal), withdraw),
    "approve": PageStep("approver", _called("Approve"), _unfinished(insist_on_approval), approve),
    "trial": PageStep("approver", _called("Put on trial"), lambda desk, it, _: insist_on_trial(desk, it), begin_trial),
    "end-trial": PageStep(
        "approver",
        _called("End the trial of {}"),
        lambda desk, it, _: insist_on_end(desk, it),
        lambda desk, name, by, note: end_trial(desk, by, note, name),
    ),
    "activate": PageStep(
        "approver", _called("Put in force"), lambda desk, it, _: insist_on_activation(desk, it), activate
    ),
    "roll-back": PageStep(
        "approver",
        _back,
        lambda desk, it, _: insist_on_leaving(desk, it),
        lambda desk, name, by, note: roll_back(desk, "", by, note, name),
    ),
}
"""In the order of the page."""
