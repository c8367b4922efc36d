"""The signed manifest of an approved release: what it holds, what was checked, who answers for it. It can be verified
anywhere, with the public key and the folder alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from cds.releases.difference import known_as
from cds.releases.event import Event, Step, link_of
from cds.releases.fault import NoRelease, ReleaseFault
from cds.releases.keys import Believed, ReleaseKeys
from cds.releases.people import same_person
from cds.releases.release import CHANGES, DIFF, MANIFEST, SIGNATURE, Release, hash_of
from cds.ruleset.fault import RuleFault
from cds.ruleset.folder import read_folder

FORMAT: Final = "bone-cds release manifest 1"
_ENCODE: Final = msgspec.json.Encoder(order="sorted").encode


class Signer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who answers for the release."""

    name: str
    at: str
    note: str = ""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``files``: every file's hash; ``rules``: every rule's version; ``steps`` binds everything before the approval."""

    format: str
    release: str
    title: str
    product: str
    version: str
    fingerprint: str
    content: str
    base: dict[str, str]
    files: dict[str, str]
    rules: dict[str, int]
    changes: dict[str, Any]
    checks: dict[str, Any]
    impact: list[dict[str, Any]]
    author: Signer
    checker: Signer
    approver: Signer
    steps: str
    key: str


def manifest_of(release: Release, approver: Signer, keys: ReleaseKeys) -> bytes:
    """The manifest of the release as that person approves it."""
    said, check, signed = release.said, release.last(Step.CHECKED), release.signature
    if check is None or signed is None:
        raise ReleaseFault(f"{release.id} is not signed", f"it is {release.state}", "check it, then sign it")
    manifest = Manifest(
        format=FORMAT,
        release=release.id,
        title=release.title,
        product=product(),
        version=said["version"],
        fingerprint=said["fingerprint"],
        content=release.content,
        base=said["base"],
        files=said["files"],
        rules=rule_versions(release.rules),
        changes={**said["summary"], DIFF: said[DIFF], CHANGES: said[CHANGES]},
        checks={**_brief(check.details), "by": check.by, "at": check.moment},
        impact=[{**each.details, "by": each.by, "at": each.moment} for each in release.every(Step.IMPACT)],
        author=_signer(release.proposal),
        checker=_signer(signed),
        approver=approver,
        steps=link_of(release.stored[-1]),
        key=keys.newest,
    )
    return bytes(msgspec.json.format(_ENCODE(manifest), indent=2)) + b"\n"


def product() -> str:
    """This program and its version."""
    return f"bone-cds {version('bone-cds')}"


def rule_versions(rules: Path) -> dict[str, int]:
    """Each rule's version."""
    faults: list[RuleFault] = []
    return {each.it.id: each.it.version for each in read_folder(rules, faults).rules}


def _brief(details: Mapping[str, Any]) -> dict[str, Any]:
    """What a check came to; its findings stand in its step."""
    return {name: value for name, value in details.items() if name != "findings"}


def _signer(event: Event) -> Signer:
    return Signer(event.by, event.moment, event.note)


def read_manifest(folder: Path, believed: Believed) -> Manifest:
    """The manifest in the folder, signed by a key that is believed. Raises NoRelease."""
    try:
        body, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    except OSError as wrong:
        raise NoRelease(f"{folder.name} has no signed manifest", wrong.strerror or "", "approve it first") from None
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.MsgspecError as wrong:
        raise NoRelease(f"the manifest of {folder.name} cannot be read", str(wrong), "use a copy") from None
    if not believed.signed(manifest.key, signature, body):
        why = "it was changed since, or signed with a key that is not believed here"
        raise NoRelease(f"the signature of the manifest of {folder.name} does not hold", why, "use a copy")
    return manifest


def insist_on_manifest(release: Release, believed: Believed) -> Manifest:
    """The manifest, which fits the release in every point. Raises NoRelease with all that does not fit."""
    manifest = read_manifest(release.folder, believed)
    wrong = [*_differences(release, manifest)]
    if wrong:
        raise NoRelease(f"{release.id} is not what its manifest says", "; ".join(wrong), "use a copy, or propose again")
    return manifest


def _differences(release: Release, manifest: Manifest) -> Iterator[str]:
    """Each point in which release and manifest differ."""
    approved = release.last(Step.APPROVED)
    if manifest.format != FORMAT:
        yield f"its format is {manifest.format}"
    if manifest.release != release.id:
        yield f"it is the manifest of {manifest.release}"
    try:
        release.insist()
    except NoRelease as touched:
        yield f"{touched.what}: {touched.why}"
        return
    if (manifest.files, manifest.content) != (release.said["files"], release.content):
        yield "it lists other files"
    if known_as(release.rules) != (manifest.version, manifest.fingerprint):
        yield "the rule book has another version or fingerprint"
    if approved is None or approved.details["manifest"] != hash_of(release.folder / MANIFEST):
        yield "it is not the manifest that was approved"
        return
    if manifest.steps != approved.previous:
        yield "other steps went before the approval"
    people = (manifest.author, manifest.checker, manifest.approver)
    recorded = (release.proposal, release.signature, approved)
    if [each.name for each in people] != [each.by for each in recorded if each]:
        yield "other people signed"
    if not are_three([each.name for each in people]):
        yield "author, checker and approver are not three people"


def are_three(names: list[str]) -> bool:
    """Whether these are three different people."""
    pairs = ((one, other) for place, one in enumerate(names) for other in names[place + 1 :])
    return len(names) == len(("author", "checker", "approver")) and not any(same_person(*pair) for pair in pairs)


def sha(data: bytes) -> str:
    """The hash of these bytes."""
    return sha256(data).hexdigest()
