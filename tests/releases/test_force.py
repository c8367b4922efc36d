"""What is in force changes at once or not at all, goes back to anything earlier, and survives kill -9 anywhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from cds.releases import force
from cds.releases.desk import Desk
from cds.releases.event import Step
from cds.releases.fault import ReleaseFault
from cds.releases.force import activate, begin_trial, end_trial, roll_back
from cds.releases.in_force import rules_in_force, rules_on_trial
from cds.releases.tell import one_line, stand
from cds.settings import Settings
from tests.releases.office import ANN, CARL, approved, desk_at

ID = "r0001"
KEY = {"one": SecretStr("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")}
"""The key of the office, in base64."""


def settings(desk: Desk) -> Settings:
    """Settings of a service that follows that shelf."""
    return Settings(releases=desk.shelf.root, release_keys=KEY)


def test_the_service_lives_by_what_is_in_force(signed_off: Desk) -> None:
    assert rules_in_force(settings(signed_off)) == signed_off.own_rules
    activate(signed_off, ID, ANN, "as of Monday")
    assert rules_in_force(settings(signed_off)) == signed_off.shelf.root / ID / "rules"
    assert rules_in_force(Settings(releases=None)) == signed_off.own_rules
    assert stand(signed_off.shelf, signed_off.shelf.release(ID)) == "in force"
    with pytest.raises(ReleaseFault, match="in force already"):
        activate(signed_off, ID, ANN)


@pytest.mark.slow
def test_back_to_any_earlier_release(signed_off: Desk, tmp_path: Path) -> None:
    activate(signed_off, ID, ANN)
    second = approved(signed_off, tmp_path, "2027.01").id
    with pytest.raises(ReleaseFault, match="never in force"):
        roll_back(signed_off, second, ANN, "why not")
    activate(signed_off, second, ANN)
    third = approved(signed_off, tmp_path, "2027.02").id
    activate(signed_off, third, ANN)
    roll_back(signed_off, "", ANN, "too noisy")
    assert signed_off.shelf.active() == second
    roll_back(signed_off, ID, ANN, "still")
    assert signed_off.shelf.active() == ID
    roll_back(signed_off, "", ANN, "all of it")
    assert signed_off.shelf.active() == ""
    with pytest.raises(ReleaseFault, match="nothing to roll back"):
        roll_back(signed_off, "", ANN, "more")
    assert "was in force" in one_line(signed_off.shelf, signed_off.shelf.release(third))
    activate(signed_off, ID, ANN)
    assert signed_off.shelf.active() == ID


def test_a_roll_back_needs_a_reason_and_another_release(signed_off: Desk) -> None:
    activate(signed_off, ID, ANN)
    with pytest.raises(ReleaseFault, match="needs a reason"):
        roll_back(signed_off, "", ANN, "  ")
    with pytest.raises(ReleaseFault, match="it is in force"):
        roll_back(signed_off, ID, ANN, "round and round")
    assert signed_off.shelf.active() == ID


def test_what_would_undo_another_release_does_not_come_into_force(signed_off: Desk, tmp_path: Path) -> None:
    second = approved(signed_off, tmp_path, "2027.01").id
    activate(signed_off, ID, ANN)
    with pytest.raises(ReleaseFault, match="does not build on the rules in force"):
        activate(signed_off, second, ANN)
    assert signed_off.shelf.active() == ID


def test_a_trial_begins_and_ends(signed_off: Desk) -> None:
    assert rules_on_trial(settings(signed_off)) is None
    with pytest.raises(ReleaseFault, match="nothing is on trial"):
        end_trial(signed_off, CARL)
    begin_trial(signed_off, ID, CARL)
    assert rules_on_trial(settings(signed_off)) == (ID, signed_off.shelf.root / ID / "rules")
    assert rules_in_force(settings(signed_off)) == signed_off.own_rules
    with pytest.raises(ReleaseFault, match="already"):
        begin_trial(signed_off, ID, CARL)
    end_trial(signed_off, CARL, "quiet enough")
    assert rules_on_trial(settings(signed_off)) is None
    begin_trial(signed_off, ID, CARL)
    activate(signed_off, ID, ANN)
    assert rules_on_trial(settings(signed_off)) is None
    roll_back(signed_off, "", ANN, "back to where it was")
    assert rules_on_trial(settings(signed_off)) is None
    begin_trial(signed_off, ID, CARL)
    assert rules_on_trial(settings(signed_off)) is not None


def test_a_trial_is_ended_by_nobody_who_begins_another(signed_off: Desk, tmp_path: Path) -> None:
    second = approved(signed_off, tmp_path, "2027.01").id
    begin_trial(signed_off, ID, CARL)
    with pytest.raises(ReleaseFault, match=f"{second} cannot be on trial; {ID} is"):
        begin_trial(signed_off, second, CARL)
    with pytest.raises(ReleaseFault, match=f"{second} is not on trial; {ID} is"):
        end_trial(signed_off, CARL, name=second)
    assert signed_off.shelf.trial() == ID
    end_trial(signed_off, CARL, name=ID)
    begin_trial(signed_off, second, CARL)
    assert signed_off.shelf.trial() == second
    assert [each.step for each in signed_off.shelf.release(ID).events[-2:]] == [Step.TRIAL_BEGAN, Step.TRIAL_ENDED]


def test_a_roll_back_leaves_the_release_that_was_meant(signed_off: Desk, tmp_path: Path) -> None:
    second = approved(signed_off, tmp_path, "2027.01").id
    with pytest.raises(ReleaseFault, match="nothing to roll back"):
        roll_back(signed_off, "", ANN, "too loud", leaving=ID)
    activate(signed_off, ID, ANN)
    with pytest.raises(ReleaseFault, match=f"{second} is not in force; {ID} is"):
        roll_back(signed_off, "", ANN, "too loud", leaving=second)
    assert signed_off.shelf.active() == ID
    roll_back(signed_off, "", ANN, "too loud", leaving=ID)
    assert signed_off.shelf.active() == ""


def test_production_needs_a_key_of_its_own(signed_off: Desk) -> None:
    activate(signed_off, ID, ANN)
    with pytest.raises(ReleaseFault, match="BONE_CDS_RELEASE_KEYS is not set"):
        rules_in_force(Settings(env="production", releases=signed_off.shelf.root))
    with pytest.raises(ReleaseFault, match="not 32 bytes in base64"):
        rules_in_force(Settings(releases=signed_off.shelf.root, release_keys={"one": SecretStr("c2hvcnQ=")}))


def dies_at(moment: int, work: Callable[[], object]) -> bool:
    """Whether a process that is killed at the so manieth touch of the disk was killed; it did the work if not."""
    child = os.fork()
    if child == 0:
        touched = 0

        def fatal(real: Callable[..., object]) -> Callable[..., object]:
            def call(*given: object, **named: object) -> object:
                nonlocal touched
                touched += 1
                if touched == moment:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*given, **named)

            return call

        patch = pytest.MonkeyPatch()
        for owner, name in ((os, "open"), (os, "fsync"), (Path, "replace"), (Path, "rename")):
            patch.setattr(owner, name, fatal(getattr(owner, name)))
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.fixture
def _rules_are_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading is proven elsewhere, and takes a second each time."""
    monkeypatch.setattr(force, "load", lambda rules, site: None)


@pytest.mark.slow
@pytest.mark.usefixtures("_rules_are_sound")
def test_killed_at_any_moment_of_an_activation(signed_off: Desk) -> None:
    """The old one is in force or the new one, and it can be gone on with."""
    seen, killed, moment = [], True, 0
    while killed:
        moment += 1
        killed = dies_at(moment, lambda: activate(signed_off, ID, ANN))
        desk = desk_at(signed_off.shelf.root)
        now = desk.shelf.active()
        seen.append(now)
        if now == ID:
            with desk.shelf.writing():
                assert desk.shelf.release(ID).events[-1].step is Step.ACTIVATED
            roll_back(desk, "", ANN, "once more")
            assert desk.shelf.active() == ""
    assert moment > 5
    assert set(seen) == {"", ID}


@pytest.mark.slow
def test_killed_at_any_moment_of_a_proposal(drafted: Desk, tmp_path: Path) -> None:
    """The draft is there whole, or not at all and leaves nothing behind."""
    from cds.releases.proposal import propose

    small = {"ruleset.yaml": b"title: small\n", "a/rule.yaml": b"id: a\n"}
    killed, moment = True, 0
    while killed:
        moment += 1
        before = drafted.shelf.ids()
        killed = dies_at(moment, lambda: propose(drafted, small, ANN, "small"))
        for each in drafted.shelf.ids()[len(before) :]:
            drafted.shelf.release(each).insist()
    assert moment > 5
    with drafted.shelf.writing():
        assert not [*drafted.shelf.root.glob(".new*")]
