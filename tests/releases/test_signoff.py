"""Three people answer for one content; nobody twice, nothing unchecked, nothing that was touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.releases.desk import Desk
from cds.releases.event import Step
from cds.releases.fault import NoRelease, ReleaseFault
from cds.releases.force import activate, begin_trial, end_trial
from cds.releases.manifest import read_manifest
from cds.releases.proposal import propose
from cds.releases.release import Release
from cds.releases.signoff import approve, record, sign, withdraw
from cds.releases.verify import proven
from cds.ruleset.load import load
from tests.releases.office import ADA, ANN, CARL, SOUND, approved, changed, desk_at, draft, keys, passed

DRAFT = "r0001"
AS_ADA = ["Ada Lovelace", "ada lovelace", " ADA   LOVELACE", "Ada\u200bLovelace", "Ada-Lovelace"]
AS_CARL = ["Carl Linné", "CARL LINNÉ", "carl\u00a0linne\u0301"]


def test_a_draft_tells_what_it_changes(drafted: Desk) -> None:
    release = drafted.shelf.release(DRAFT)
    assert release.state == "draft"
    assert release.proposal.by == ADA
    assert release.said["version"] == "2026.12"
    assert release.said["base"]["version"] == "2026.11"
    assert (release.folder / "changes.txt").read_text("utf-8") == "rule book\n  version: 2026.11 → 2026.12\n"
    lines = (release.folder / "diff.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith(("-", "+"))] == [
        "--- ruleset.yaml", "+++ ruleset.yaml", '-version: "2026.11"', '+version: "2026.12"',
    ]  # fmt: skip


def test_the_way_from_draft_to_approval(drafted: Desk) -> None:
    assert passed(drafted, drafted.shelf.release(DRAFT)).state == "checked"
    assert sign(drafted, DRAFT, CARL, "read every line").state == "signed"
    release = approve(drafted, DRAFT, ANN, "committee of 24 November")
    assert release.state == "approved"
    manifest = read_manifest(release.folder, drafted.shelf.keys)
    assert [each.name for each in (manifest.author, manifest.checker, manifest.approver)] == [ADA, CARL, ANN]
    assert manifest.checker.note == "read every line"
    assert manifest.fingerprint == release.said["fingerprint"]
    assert manifest.files == release.said["files"]
    assert manifest.rules["antiresorptive"] == load(drafted.own_rules).rule("antiresorptive").written.version
    assert manifest.checks["cases"] == 1
    assert any("author: Ada Lovelace" in line for line in proven(release, drafted.shelf.keys))


@pytest.mark.parametrize("name", AS_ADA)
def test_the_author_signs_nothing_under_any_spelling(drafted: Desk, name: str) -> None:
    release = passed(drafted, drafted.shelf.release(DRAFT))
    with pytest.raises(ReleaseFault, match="may not sign it; Ada Lovelace proposed it"):
        sign(drafted, DRAFT, name)
    sign(drafted, DRAFT, CARL)
    with pytest.raises(ReleaseFault, match="may not approve it; Ada Lovelace proposed it"):
        approve(drafted, DRAFT, name)
    assert drafted.shelf.release(DRAFT).events[: len(release.events)] == release.events


@pytest.mark.parametrize("name", AS_CARL)
def test_the_checker_does_not_approve(drafted: Desk, name: str) -> None:
    passed(drafted, drafted.shelf.release(DRAFT))
    sign(drafted, DRAFT, CARL)
    with pytest.raises(ReleaseFault, match="signed it as checker"):
        approve(drafted, DRAFT, name)
    assert drafted.shelf.release(DRAFT).state == "signed"


def test_nothing_is_signed_unchecked_or_with_a_fault(drafted: Desk) -> None:
    with pytest.raises(ReleaseFault, match="nobody has checked it"):
        sign(drafted, DRAFT, CARL)
    record(drafted, DRAFT, ADA, Step.CHECKED, {**SOUND, "errors": 2})
    assert drafted.shelf.release(DRAFT).state == "draft with faults"
    with pytest.raises(ReleaseFault, match="found 2 errors"):
        sign(drafted, DRAFT, CARL)


def test_a_fault_that_is_found_later_stops_the_approval(drafted: Desk) -> None:
    passed(drafted, drafted.shelf.release(DRAFT))
    sign(drafted, DRAFT, CARL)
    record(drafted, DRAFT, CARL, Step.CHECKED, {**SOUND, "errors": 1})
    with pytest.raises(ReleaseFault, match="cannot be approved"):
        approve(drafted, DRAFT, ANN)


def test_steps_come_in_their_order_and_once(drafted: Desk) -> None:
    passed(drafted, drafted.shelf.release(DRAFT))
    with pytest.raises(ReleaseFault, match="a checker signs it first"):
        approve(drafted, DRAFT, ANN)
    for step in (activate, begin_trial):
        with pytest.raises(ReleaseFault, match=r"not approved|cannot be on trial"):
            step(drafted, DRAFT, ANN)
    sign(drafted, DRAFT, CARL)
    with pytest.raises(ReleaseFault, match="signed already"):
        sign(drafted, DRAFT, ANN)
    approve(drafted, DRAFT, ANN)
    for again in (sign, approve):
        with pytest.raises(ReleaseFault, match="approved already"):
            again(drafted, DRAFT, "Eve")
    with pytest.raises(ReleaseFault, match="approved already"):
        passed(drafted, drafted.shelf.release(DRAFT))


def test_a_signature_is_withdrawn_on_record_by_whoever_gave_it(drafted: Desk) -> None:
    passed(drafted, drafted.shelf.release(DRAFT))
    with pytest.raises(ReleaseFault, match="is not signed"):
        withdraw(drafted, DRAFT, CARL)
    sign(drafted, DRAFT, ANN, "by mistake")
    with pytest.raises(ReleaseFault, match="it is that of Ann Curtis"):
        withdraw(drafted, DRAFT, CARL)
    with pytest.raises(ReleaseFault, match="or withdraw the signature"):
        approve(drafted, DRAFT, ANN)
    release = withdraw(drafted, DRAFT, "ann curtis", "I am to approve it")
    assert (release.state, release.signature) == ("checked", None)
    for refused in (approve, begin_trial, withdraw):
        with pytest.raises(ReleaseFault, match=r"cannot be|is not signed"):
            refused(drafted, DRAFT, ANN)
    sign(drafted, DRAFT, CARL)
    release = approve(drafted, DRAFT, ANN)
    assert [each.step for each in release.events[2:]] == [Step.SIGNED, Step.WITHDRAWN, Step.SIGNED, Step.APPROVED]
    assert read_manifest(release.folder, drafted.shelf.keys).checker.name == CARL
    assert any("checker: Carl Linné" in line for line in proven(release, drafted.shelf.keys))
    with pytest.raises(ReleaseFault, match="approved already"):
        withdraw(drafted, DRAFT, CARL)


def test_what_is_on_trial_stays_signed(drafted: Desk) -> None:
    passed(drafted, drafted.shelf.release(DRAFT))
    sign(drafted, DRAFT, CARL)
    begin_trial(drafted, DRAFT, CARL)
    with pytest.raises(ReleaseFault, match="it is on trial"):
        withdraw(drafted, DRAFT, CARL)
    end_trial(drafted, CARL)
    assert withdraw(drafted, DRAFT, CARL).state == "checked"


def test_files_that_were_touched_are_signed_by_nobody(drafted: Desk) -> None:
    release = passed(drafted, drafted.shelf.release(DRAFT))
    number = release.rules / "parameters.yaml"
    number.write_bytes(number.read_bytes().replace(b"value: -3.0", b"value: -2.0"))
    with pytest.raises(NoRelease, match="files of r0001 were touched"):
        sign(drafted, DRAFT, CARL)


@pytest.mark.parametrize("name", ["diff.txt", "changes.txt"])
def test_differences_that_were_touched_are_signed_by_nobody(drafted: Desk, name: str) -> None:
    release = passed(drafted, drafted.shelf.release(DRAFT))
    (release.folder / name).write_text("nothing changed\n")
    with pytest.raises(NoRelease, match=f"{name} of r0001 was touched"):
        sign(drafted, DRAFT, CARL)


def test_what_changes_nothing_or_has_no_title_is_no_proposal(drafted: Desk, tmp_path: Path) -> None:
    from cds.releases.intake import files_of_folder

    same = files_of_folder(drafted.own_rules)
    with pytest.raises(ReleaseFault, match="nothing differs"):
        propose(drafted, same, ADA, "nothing")
    other = files_of_folder(changed(tmp_path / "other"))
    with pytest.raises(ReleaseFault, match="no title"):
        propose(drafted, other, ADA, "  ")
    with pytest.raises(ReleaseFault, match="no name"):
        propose(drafted, other, " ", "title")
    assert drafted.shelf.ids() == [DRAFT]


def test_a_book_that_cannot_be_read_is_kept_as_a_draft_and_never_signed(drafted: Desk) -> None:
    release = propose(drafted, {"ruleset.yaml": b"title: [\n"}, ADA, "half a thought")
    assert release.id == "r0002"
    assert release.said["fingerprint"] == ""
    assert "cannot be read" in (release.folder / "changes.txt").read_text("utf-8")
    with pytest.raises(ReleaseFault, match="cannot be signed"):
        sign(drafted, release.id, CARL)


def test_a_book_of_another_base_is_not_approved(signed_off: Desk, tmp_path: Path) -> None:
    second = passed(signed_off, draft(signed_off, tmp_path, "2027.01"))
    sign(signed_off, second.id, CARL)
    activate(signed_off, DRAFT, ANN)
    with pytest.raises(ReleaseFault, match="does not build on the rules in force"):
        approve(signed_off, second.id, ANN)


def test_who_does_not_have_the_key_cannot_add_a_signature(drafted: Desk) -> None:
    passed(drafted, drafted.shelf.release(DRAFT))
    stranger = desk_at(drafted.shelf.root, keys("x"))
    with pytest.raises(NoRelease, match=r"signature of r0001/events/0001\.json does not hold"):
        sign(stranger, DRAFT, CARL)


def test_there_are_no_releases_of_other_names(drafted: Desk) -> None:
    for name in ("r0002", "../r0001", "", "r1", "r0001/rules", "."):
        with pytest.raises(NoRelease, match="there is no release"):
            drafted.shelf.release(name)
    assert drafted.shelf.release(" R0001 ").id == DRAFT


def test_numbers_go_on(signed_off: Desk, tmp_path: Path) -> None:
    second: Release = approved(signed_off, tmp_path, "2027.01")
    assert (second.id, second.state) == ("r0002", "approved")
