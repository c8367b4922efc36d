"""``lock.json``: which content went out under which version. The same rule@version always meant the same thing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.fingerprint import canonical, sha256
from cds.ruleset.folder import Folder, Placed, read_folder
from cds.ruleset.model import WrittenRule
from cds.ruleset.page import Page
from cds.ruleset.ruleset import suggests
from cds.ruleset.texts import placeholders_of, values_under

LOCK = "lock.json"
NOT_CONTENT = frozenset({"version", "review"})
COMPARED_WITH = frozenset({"at_least", "at_most", "above", "below", "within_days", "open_days"})
WHY = "a card names rule and version, and that must always have meant the same"


@dataclass(frozen=True, slots=True)
class Locked:
    """The content that a version stands for."""

    version: int
    sha256: str


def content_hash(rule: Placed[WrittenRule], folder: Folder) -> str:
    """The hash over all that the rule can say or do: its text, the options that it can suggest, and every number used.

    Version and review are left out: a fresh review of the same words is no new version.
    """
    data = rule.spot.page.data
    own = {key: value for key, value in data.items() if key not in NOT_CONTENT} if isinstance(data, dict) else {}
    pages = _pages(rule, folder)
    names = {name for page in [rule.spot.page, *pages.values()] for name in numbers_named(page)}
    numbers = {name: folder.parameters[name].it for name in sorted(names) if name in folder.parameters}
    return sha256(
        canonical(
            {
                "rule": own,
                "options": {name: page.data for name, page in pages.items()},
                "numbers": {name: [each.value, each.unit] for name, each in numbers.items()},
            }
        )
    )


def numbers_named(page: Page) -> frozenset[str]:
    """Every parameter that the page may use: limits of comparisons and placeholders."""
    return placeholders_of(page) | {text for key in COMPARED_WITH for text in values_under(page, key)}


def _pages(rule: Placed[WrittenRule], folder: Folder) -> Mapping[str, Page]:
    options = [option for name in suggests(rule.it) if (option := folder.option(name))]
    pages = {option.spot.page.file: option.spot.page for option in options}
    shared = [folder.gates[name] for option in options for name in option.it.gates if name in folder.gates]
    pages |= {gates.spot.page.file: gates.spot.page for gates in shared}
    return dict(sorted(pages.items()))


def read_lock(root: Path, faults: list[RuleFault]) -> dict[str, Locked]:
    """The locked versions by rule; nothing when there is no lock yet, or when it cannot be read (told)."""
    path = root / LOCK
    if not path.exists():
        return {}
    try:
        return TypeAdapter(dict[str, Locked]).validate_json(path.read_bytes())
    except ValidationError:
        fix = "bring it back from version control; never write it by hand"
        faults.append(RuleFault(LOCK, 0, "the lock cannot be read", WHY, fix))
        return {}


class State(Enum):
    """How a rule stands to its lock."""

    FITS = "fits"
    NEW = "new"
    RAISED = "raised"
    LOWERED = "lowered"
    CHANGED = "changed"
    GONE = "gone"
    UNREADABLE = "unreadable"


REFUSED = frozenset({State.LOWERED, State.CHANGED, State.GONE, State.UNREADABLE})


def unlocked(folder: Folder) -> Iterator[RuleFault]:
    """Rules that do not stand as they are locked."""
    return (fault for state, fault in _states(folder) if state is not State.FITS)


def lock_rules(directory: Path) -> tuple[str, ...]:
    """``lock.json`` of the directory fits its rules; the ids whose entry changed. RuleFaults when it cannot."""
    faults: list[RuleFault] = []
    folder = read_folder(directory, faults)
    if faults:
        raise RuleFaults(faults)
    return lock(folder)


def lock(folder: Folder) -> tuple[str, ...]:
    """``lock.json`` fits the rules; the ids whose entry changed. RuleFaults when a version would have to lie."""
    if refused := [fault for state, fault in _states(folder) if state in REFUSED]:
        raise RuleFaults(refused)
    before = read_lock(folder.root, [])
    after = {rule.it.id: Locked(rule.it.version, content_hash(rule, folder)) for rule in folder.rules}
    after |= {rule.it.id: before[rule.it.id] for rule in folder.retired if rule.it.id in before}
    text = json.dumps({name: asdict(after[name]) for name in sorted(after)}, indent=2) + "\n"
    (folder.root / LOCK).write_text(text, encoding="utf-8", newline="\n")
    return tuple(name for name in sorted(after) if after[name] != before.get(name))


def _states(folder: Folder) -> Iterator[tuple[State, RuleFault]]:
    faults: list[RuleFault] = []
    locked = read_lock(folder.root, faults)
    yield from ((State.UNREADABLE, fault) for fault in faults)
    for rule in folder.rules:
        before = locked.get(rule.it.id)
        state = _state(rule, before, folder)
        what, fix = _told(state, rule.it, before.version if before else 0)
        yield state, rule.spot.at("version").fault(what, WHY, fix)
    for name in sorted(locked.keys() - {rule.it.id for rule in (*folder.rules, *folder.retired)}):
        fix = f"put it into _retired/{name} with status: retired"
        yield State.GONE, RuleFault(LOCK, 0, f"rule {name} is locked and no longer there", WHY, fix)


def _state(rule: Placed[WrittenRule], before: Locked | None, folder: Folder) -> State:
    if before is None:
        return State.NEW
    if rule.it.version != before.version:
        return State.RAISED if rule.it.version > before.version else State.LOWERED
    return State.FITS if content_hash(rule, folder) == before.sha256 else State.CHANGED


def _told(state: State, rule: WrittenRule, before: int) -> tuple[str, str]:
    bump = f"write version: {before + 1}, then run `bone-cds rules lock`"
    return {
        State.CHANGED: (f"the content of {rule.id} changed, its version ({before}) did not", bump),
        State.LOWERED: (f"version {rule.version} is lower than the locked version {before}", bump),
        State.NEW: (f"{rule.id} is not locked", "run `bone-cds rules lock`"),
    }.get(state, (f"version {rule.version} is not locked (the lock says {before})", "run `bone-cds rules lock`"))
