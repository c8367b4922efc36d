"""A release proven: what was held against what, in sentences. The first thing that does not fit raises."""

from __future__ import annotations

from collections.abc import Iterator

from cds.releases.event import Step
from cds.releases.fault import ReleaseFault
from cds.releases.keys import Believed
from cds.releases.manifest import insist_on_manifest
from cds.releases.release import Release


def proven(release: Release, believed: Believed) -> Iterator[str]:
    """What holds. Raises NoRelease if something does not, ReleaseFault if it was never approved."""
    if release.last(Step.APPROVED) is None:
        why = f"it is {release.state}, so there is no manifest"
        raise ReleaseFault(f"{release.id} is not approved", why, "a checker signs it, a third person approves it")
    manifest = insist_on_manifest(release, believed)
    people = (manifest.author, manifest.checker, manifest.approver)
    yield f"{release.id}: {manifest.title} – rule book {manifest.version}, {manifest.fingerprint[:12]}"
    yield f"signed with the key {manifest.key}, {manifest.product}"
    yield f"{len(manifest.files)} files and {len(release.events)} steps are as they were signed"
    for role, each in zip(("author", "checker", "approver"), people, strict=True):
        yield f"{role}: {each.name}, {each.at}"
    checks = manifest.checks
    counts = ", ".join(f"{checks[name]} {name}" for name in ("cases", "errors", "warnings"))
    yield f"checked as on {checks['as_of']}: {counts}"
