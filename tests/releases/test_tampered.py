"""After sign-off nothing can be changed unnoticed: no file, no step, no manifest, no signature, no pointer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cds.releases.desk import Desk, approved_rules
from cds.releases.event import Step, link_of, sealed
from cds.releases.fault import NoRelease, ReleaseFault
from cds.releases.force import activate, begin_trial, roll_back
from cds.releases.keys import Believed, ReleaseKeys, believed_in
from cds.releases.manifest import manifest_of, read_manifest
from cds.releases.shelf import Shelf, read_release
from cds.releases.verify import proven
from tests.releases.office import ANN, CARL, keys

ID = "r0001"


def rule_file(folder: Path) -> None:
    file = folder / "rules" / "antiresorptive" / "rule.yaml"
    file.write_bytes(file.read_bytes() + b"# \n")


def added_file(folder: Path) -> None:
    (folder / "rules" / "extra").mkdir()
    (folder / "rules" / "extra" / "rule.yaml").write_text("id: extra\n")


def removed_file(folder: Path) -> None:
    (folder / "rules" / "CHANGELOG.md").unlink()


def linked_folder(folder: Path) -> None:
    shutil.copytree(folder / "rules" / "scope", folder.parent / "elsewhere")
    (folder / "rules" / "elsewhere").symlink_to(folder.parent / "elsewhere")


def linked_file(folder: Path) -> None:
    file = folder / "rules" / "ruleset.yaml"
    file.rename(folder.parent / "ruleset.yaml")
    file.symlink_to(folder.parent / "ruleset.yaml")


def manifest_text(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_bytes(file.read_bytes().replace(b'"errors": 0', b'"errors": 1'))


def manifest_spaces(folder: Path) -> None:
    file = folder / "manifest.json"
    file.write_bytes(json.dumps(json.loads(file.read_bytes())).encode())


def manifest_gone(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def signature(folder: Path) -> None:
    file = folder / "manifest.sig"
    file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])


def signature_gone(folder: Path) -> None:
    (folder / "manifest.sig").unlink()


def signature_of_another_key(folder: Path) -> None:
    (folder / "manifest.sig").write_bytes(keys("x").sign((folder / "manifest.json").read_bytes()))


def step_changed(folder: Path) -> None:
    file = folder / "events" / "0003.json"
    file.write_bytes(file.read_bytes().replace("Carl Linné".encode(), b"Eve Adams"))


def step_removed(folder: Path) -> None:
    (folder / "events" / "0002.json").unlink()


def last_step_removed(folder: Path) -> None:
    (folder / "events" / "0004.json").unlink()


def steps_swapped(folder: Path) -> None:
    one, other = (folder / "events" / f"000{n}.json" for n in (2, 3))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def step_garbled(folder: Path) -> None:
    (folder / "events" / "0004.json").write_bytes(b"\xff\n\xff")


TAMPERING: list[Callable[[Path], None]] = [
    rule_file, added_file, removed_file, linked_folder, linked_file, manifest_text, manifest_spaces, manifest_gone,
    signature, signature_gone, signature_of_another_key, step_changed, step_removed, last_step_removed, steps_swapped,
    step_garbled,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERING)
def test_what_was_tampered_with_does_not_come_into_force(signed_off: Desk, tamper: Callable[[Path], None]) -> None:
    tamper(signed_off.shelf.root / ID)
    with pytest.raises(ReleaseFault):
        activate(signed_off, ID, ANN)
    assert not (signed_off.shelf.root / "active").exists()
    with pytest.raises(ReleaseFault):
        [*proven(signed_off.shelf.release(ID), signed_off.shelf.keys)]


@pytest.mark.parametrize("tamper", TAMPERING)
def test_what_is_in_force_is_not_taken_up_after_tampering(signed_off: Desk, tamper: Callable[[Path], None]) -> None:
    activate(signed_off, ID, ANN)
    tamper(signed_off.shelf.root / ID)
    with pytest.raises(ReleaseFault):
        approved_rules(signed_off.shelf, signed_off.shelf.active() or ID)


def test_the_right_key_is_needed(signed_off: Desk, tmp_path: Path) -> None:
    folder = signed_off.shelf.root / ID
    with pytest.raises(NoRelease, match="does not hold"):
        read_manifest(folder, keys("x"))
    with pytest.raises(NoRelease, match="does not hold"):
        read_release(folder, Believed([]))
    other = tmp_path / "other.pem"
    other.write_bytes(keys("x").public_pem)
    with pytest.raises(NoRelease, match="does not hold"):
        read_release(folder, believed_in(other))
    for text in (b"nonsense", b""):
        other.write_bytes(text)
        with pytest.raises(ReleaseFault, match="cannot be read as a public key"):
            believed_in(other)


def test_anybody_can_verify_a_copy_with_the_public_key(signed_off: Desk, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(signed_off.shelf.root / ID, tmp_path / "copy"))
    believed = believed_in(signed_off.shelf.root / "release-key.pem")
    assert any("files and 4 steps" in line for line in proven(read_release(copy, believed), believed))


def test_an_older_key_is_believed_as_long_as_it_is_listed(signed_off: Desk) -> None:
    rotated = Shelf(signed_off.shelf.root, ReleaseKeys([b"n" * 32, b"k" * 32]))
    assert approved_rules(rotated, ID)
    with pytest.raises(NoRelease):
        approved_rules(Shelf(signed_off.shelf.root, ReleaseKeys([b"n" * 32])), ID)


def test_a_manifest_with_the_key_but_two_people_is_refused(signed_off: Desk) -> None:
    """Somebody with the key makes Carl approve what he checked: every signature holds, and still it is refused."""
    release, shelf = signed_off.shelf.release(ID), signed_off.shelf
    manifest = read_manifest(release.folder, shelf.keys)
    forged = json.loads((release.folder / "manifest.json").read_bytes())
    forged["approver"]["name"] = "CARL  LINNÉ"
    body = json.dumps(forged).encode()
    (release.folder / "manifest.json").write_bytes(body)
    (release.folder / "manifest.sig").write_bytes(shelf.keys.sign(body))
    approval = release.events[-1]
    details = {"manifest": __import__("hashlib").sha256(body).hexdigest()}
    step = type(approval)(
        **{**{f: getattr(approval, f) for f in approval.__struct_fields__}, "by": "CARL  LINNÉ", "details": details}
    )
    (release.folder / "events" / "0004.json").write_bytes(sealed(step, shelf.keys))
    assert manifest.approver.name == ANN
    with pytest.raises(NoRelease, match="not three people"):
        approved_rules(shelf, ID)


def test_a_release_passes_for_no_other(signed_off: Desk) -> None:
    shutil.copytree(signed_off.shelf.root / ID, signed_off.shelf.root / "r0002")
    with pytest.raises(NoRelease):
        activate(signed_off, "r0002", ANN)


def test_an_old_pointer_put_back_is_noticed(signed_off: Desk) -> None:
    activate(signed_off, ID, ANN)
    pointer = signed_off.shelf.root / "active"
    old = pointer.read_bytes()
    roll_back(signed_off, "shipped", ANN, "it shouted")
    assert signed_off.shelf.active() == ""
    pointer.write_bytes(old)
    with pytest.raises(NoRelease, match="not the latest"):
        signed_off.shelf.active()
    pointer.unlink()
    with pytest.raises(NoRelease, match="not the latest"):
        signed_off.shelf.active()


def test_a_pointer_that_was_changed_is_refused(signed_off: Desk) -> None:
    begin_trial(signed_off, ID, CARL)
    pointer = signed_off.shelf.root / "trial"
    pointer.write_bytes(pointer.read_bytes().replace(b'"to":"r0001"', b'"to":"r0009"'))
    with pytest.raises(NoRelease, match="does not hold"):
        signed_off.shelf.trial()


def test_a_manifest_is_made_of_signed_steps_alone(drafted: Desk) -> None:
    from cds.releases.manifest import Signer

    release = drafted.shelf.release(ID)
    assert release.last(Step.SIGNED) is None
    assert link_of(release.stored[0]) != ""
    with pytest.raises(ReleaseFault, match="is not signed"):
        manifest_of(release, Signer(ANN, ""), drafted.shelf.keys)
