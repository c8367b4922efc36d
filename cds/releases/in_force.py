"""Which rules the service lives by: those of the release in force, untouched since three people answered for it."""

from __future__ import annotations

from pathlib import Path

from cds.clock import now_ms
from cds.releases.desk import Desk, approved_rules
from cds.releases.shelf import ACTIVE, TRIAL, shelf_of
from cds.resources import rules_directory
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.site import read_site
from cds.settings import Settings


def rules_in_force(settings: Settings) -> Path:
    """The rules directory of the release in force, else that of the settings. Raises ReleaseFault if it was touched."""
    own = settings.rules_dir or rules_directory()
    if settings.releases is None or not (settings.releases / ACTIVE).exists():
        return own
    shelf = shelf_of(settings)
    name = shelf.active()
    return approved_rules(shelf, name) if name else own


def rules_on_trial(settings: Settings) -> tuple[str, Path] | None:
    """The release that is on trial, and its rules directory; None without one. Raises ReleaseFault if touched."""
    if settings.releases is None or not (settings.releases / TRIAL).exists():
        return None
    shelf = shelf_of(settings)
    name = shelf.trial()
    if not name:
        return None
    release = shelf.release(name)
    release.insist()
    return name, release.rules


def rules_for(settings: Settings) -> RuleSet:
    """The rule set in force, with what the site decided; raises RuleFaults, and ReleaseFault if it was touched."""
    return load(rules_in_force(settings), read_site(settings.site))


def desk_of(settings: Settings, via: str) -> Desk:
    """Where steps are taken, by that door. Raises ReleaseFault, RuleFaults."""
    own = settings.rules_dir or rules_directory()
    return Desk(shelf_of(settings), own, read_site(settings.site), now_ms, via)
